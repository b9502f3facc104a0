//! Merging one type.

use apollo_compiler::{
    Name, Node,
    ast::{
        Definition, Directive, EnumTypeDefinition, InputObjectTypeDefinition, InterfaceTypeDefinition,
        ObjectTypeDefinition, ScalarTypeDefinition, UnionTypeDefinition,
    },
};
use indexmap::IndexSet;

use super::{
    Merge, TypeSource, enums, fields, inputs, interface_objects, is_root,
    join::{join_implements, join_type, join_union_member},
};
use crate::compose::subgraph::{Decoration, TypeKind};

/// The definition of a type in the supergraph; None when it has a mistake, or
/// is a root type without fields.
pub(super) fn merge(merge: &mut Merge, name: &Name) -> Option<Definition> {
    let sources = merge.sources(name);
    let kind = kind(merge, name, &sources)?;
    let decorations: Vec<_> = sources.iter().map(|it| &it.definition.decoration).collect();
    let decoration = merge.decoration(&decorations);
    let name = name.clone();
    let definition = match kind {
        TypeKind::Object | TypeKind::Interface => {
            return merge_composite(merge, name, kind, &sources, decoration);
        }
        TypeKind::Union => Definition::UnionTypeDefinition(Node::new(UnionTypeDefinition {
            members: union_members(&sources),
            directives: type_directives(kind, &sources, &decoration).collect(),
            description: decoration.description,
            name,
        })),
        TypeKind::Enum => Definition::EnumTypeDefinition(Node::new(EnumTypeDefinition {
            values: enums::merge_values(merge, &name, &sources),
            directives: type_directives(kind, &sources, &decoration).collect(),
            description: decoration.description,
            name,
        })),
        TypeKind::InputObject => {
            Definition::InputObjectTypeDefinition(Node::new(InputObjectTypeDefinition {
                fields: inputs::merge_fields(merge, &name, &sources),
                directives: type_directives(kind, &sources, &decoration).collect(),
                description: decoration.description,
                name,
            }))
        }
        TypeKind::Scalar => Definition::ScalarTypeDefinition(Node::new(ScalarTypeDefinition {
            directives: type_directives(kind, &sources, &decoration).collect(),
            description: decoration.description,
            name,
        })),
    };
    Some(definition)
}

fn merge_composite(
    merge: &mut Merge,
    name: Name,
    kind: TypeKind,
    sources: &[TypeSource],
    decoration: Decoration,
) -> Option<Definition> {
    if kind == TypeKind::Interface {
        interface_objects::check(merge, &name, sources);
    }
    let fields = fields::merge_fields(merge, &name, kind, sources);
    if fields.is_empty() && is_root(&name) {
        return None;
    }
    let interfaces: IndexSet<&Name> =
        sources.iter().flat_map(|source| &source.definition.implements).collect();
    let implements_interfaces: Vec<Name> = interfaces.into_iter().cloned().collect();
    let directives = type_directives(kind, sources, &decoration).collect();
    let description = decoration.description;
    Some(match kind {
        TypeKind::Interface => Definition::InterfaceTypeDefinition(Node::new(InterfaceTypeDefinition {
            description,
            name,
            implements_interfaces,
            directives,
            fields,
        })),
        _ => Definition::ObjectTypeDefinition(Node::new(ObjectTypeDefinition {
            description,
            name,
            implements_interfaces,
            directives,
            fields,
        })),
    })
}

/// The kind that all subgraphs agree on. An `@interfaceObject` is an object in
/// its subgraph and an interface in the supergraph.
fn kind(merge: &mut Merge, name: &Name, sources: &[TypeSource]) -> Option<TypeKind> {
    let kind_in_supergraph = |source: &TypeSource| match source.definition.is_interface_object {
        true => TypeKind::Interface,
        false => source.definition.kind,
    };
    let kind = kind_in_supergraph(sources.first()?);
    if sources.iter().all(|source| kind_in_supergraph(source) == kind) {
        return Some(kind);
    }
    let kinds: Vec<String> = sources
        .iter()
        .map(|source| {
            let kind = described(kind_in_supergraph(source));
            format!("{kind} in {}", source.subgraph.name)
        })
        .collect();
    let message = format!("{name} is {}", kinds.join(", "));
    let subgraphs = sources.iter().map(|source| source.subgraph);
    merge.refuse("TYPE_KIND_MISMATCH", subgraphs, name, message);
    None
}

fn described(kind: TypeKind) -> &'static str {
    match kind {
        TypeKind::Object => "an object",
        TypeKind::Interface => "an interface",
        TypeKind::Union => "a union",
        TypeKind::Enum => "an enum",
        TypeKind::InputObject => "an input object",
        TypeKind::Scalar => "a scalar",
    }
}

fn union_members(sources: &[TypeSource]) -> Vec<Name> {
    let members: IndexSet<&Name> =
        sources.iter().flat_map(|source| &source.definition.members).collect();
    members.into_iter().cloned().collect()
}

/// The `join` directives of a type, and after them those that it carries.
fn type_directives(
    kind: TypeKind,
    sources: &[TypeSource],
    decoration: &Decoration,
) -> impl Iterator<Item = Node<Directive>> {
    let mut directives = Vec::new();
    for source in sources {
        let interfaces = &source.definition.implements;
        directives.extend(interfaces.iter().map(|it| join_implements(source.subgraph, it)));
    }
    for source in sources {
        let is_interface_object = source.definition.is_interface_object;
        let keys = &source.definition.keys;
        if keys.is_empty() {
            directives.push(join_type(source.subgraph, None, is_interface_object));
        }
        for key in keys {
            directives.push(join_type(source.subgraph, Some(key), is_interface_object));
        }
    }
    if kind == TypeKind::Union {
        for source in sources {
            let members = &source.definition.members;
            directives.extend(members.iter().map(|it| join_union_member(source.subgraph, it)));
        }
    }
    directives.into_iter().chain(decoration.directives.clone())
}
