//! `@interfaceObject`: a subgraph that adds fields to an interface without
//! knowing the types that implement it.

use std::collections::BTreeSet;

use apollo_compiler::{
    Name, Node,
    ast::{Definition, FieldDefinition},
    name,
};
use indexmap::IndexMap;

use super::{Merge, TypeSource, join::Join};
use crate::compose::{
    field_set::implementations,
    subgraph::{Subgraph, TypeKind},
};

/// Checks an interface by the rules of
/// <https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/entities/interfaces>.
pub(super) fn check(merge: &mut Merge, name: &Name, sources: &[TypeSource]) {
    let (objects, interfaces): (Vec<&TypeSource>, Vec<&TypeSource>) =
        sources.iter().partition(|source| source.definition.is_interface_object);
    let code = "INTERFACE_OBJECT_USAGE_ERROR";
    if interfaces.is_empty() {
        let message = format!("{name} is an @interfaceObject, but no subgraph defines the interface");
        merge.refuse(code, objects.iter().map(|it| it.subgraph), name, message);
        return;
    }
    for source in &objects {
        let known: Vec<&str> = source
            .subgraph
            .types
            .keys()
            .filter(|it| merge.subtypes.get(name).is_some_and(|subtypes| subtypes.contains(it)))
            .map(|it| it.as_str())
            .collect();
        if !known.is_empty() {
            let message = format!(
                "a subgraph with the @interfaceObject {name} cannot define its implementations: {}",
                known.join(", ")
            );
            merge.refuse(code, [source.subgraph], name, message);
        }
    }
    check_keyed_interfaces(merge, name, sources, &interfaces);
}

/// A subgraph that resolves an interface by key has to know every type that
/// implements it.
fn check_keyed_interfaces(
    merge: &mut Merge,
    name: &Name,
    sources: &[TypeSource],
    interfaces: &[&TypeSource],
) {
    let all: BTreeSet<&Name> = sources
        .iter()
        .flat_map(|source| implementations_in(source.subgraph, name))
        .chain(merge.subgraphs.iter().flat_map(|it| implementations_in(it, name)))
        .collect();
    for source in interfaces.iter().filter(|it| !it.definition.keys.is_empty()) {
        let own: BTreeSet<&Name> = implementations_in(source.subgraph, name).collect();
        let missing: Vec<&str> = all.difference(&own).map(|it| it.as_str()).collect();
        if missing.is_empty() {
            continue;
        }
        let message = format!(
            "the interface has a @key, so the subgraph has to define all of its implementations; \
             missing: {}",
            missing.join(", ")
        );
        let code = "INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE";
        merge.refuse(code, [source.subgraph], name, message);
    }
}

fn implementations_in<'a>(
    subgraph: &'a Subgraph,
    interface: &'a Name,
) -> impl Iterator<Item = &'a Name> {
    implementations(&subgraph.types, interface).map(|(name, _)| name)
}

/// Gives every implementation of an interface the fields that an
/// `@interfaceObject` adds. Their empty `@join__field` says that no subgraph
/// resolves them on the object itself.
pub(super) fn complete_implementations(merge: &Merge, types: &mut IndexMap<Name, Definition>) {
    let mut additions: Vec<(Name, Node<FieldDefinition>)> = Vec::new();
    for (name, definition) in types.iter() {
        let Definition::InterfaceTypeDefinition(interface) = definition else {
            continue;
        };
        for field in &interface.fields {
            if !is_added(merge, name, &field.name) {
                continue;
            }
            for (object, definition) in types.iter() {
                if let Definition::ObjectTypeDefinition(it) = definition
                    && it.implements_interfaces.contains(name)
                    && it.fields.iter().all(|own| own.name != field.name)
                {
                    additions.push((object.clone(), on_object(field)));
                }
            }
        }
    }
    for (object, field) in additions {
        if let Some(Definition::ObjectTypeDefinition(it)) = types.get_mut(&object) {
            let is_new = it.fields.iter().all(|own| own.name != field.name);
            if is_new {
                it.make_mut().fields.push(field);
            }
        }
    }
}

/// Whether some `@interfaceObject` resolves the field.
fn is_added(merge: &Merge, interface: &Name, field: &Name) -> bool {
    merge
        .subgraphs
        .iter()
        .filter_map(|subgraph| subgraph.types.get(interface))
        .filter(|it| it.is_interface_object && it.kind == TypeKind::Object)
        .filter_map(|it| it.fields.get(field))
        .any(|it| !it.is_external)
}

fn on_object(field: &Node<FieldDefinition>) -> Node<FieldDefinition> {
    let mut field = field.clone();
    let definition = field.make_mut();
    definition.directives.0.retain(|it| it.name != "join__field");
    let join = Join::new(name!("join__field")).build();
    definition.directives.0.insert(0, join);
    field
}
