//! Merging: one definition of every type, with `join` directives that say
//! which subgraph contributes what.

mod arguments;
mod composed;
mod decorations;
mod enums;
mod fields;
mod inputs;
mod interface_objects;
mod join;
mod overrides;
mod references;
mod sharing;
mod types;

use std::collections::{BTreeSet, HashMap, HashSet};

use apollo_compiler::{Name, Node, ast};
use indexmap::IndexMap;

use super::{
    error::CompositionError,
    subgraph::{FieldUsage, ROOT_TYPES, Subgraph, SubgraphType, TypeKind},
};

pub(super) use composed::ComposedDirective;

/// The merged schema, without what the join specification adds.
pub(super) struct Merged {
    /// Sorted by name.
    pub(super) types: Vec<ast::Definition>,
    pub(super) composed: IndexMap<Name, ComposedDirective>,
    /// Directives for operations that every subgraph defines.
    pub(super) executable_directives: Vec<Node<ast::DirectiveDefinition>>,
}

/// What merging one type has to know about all of them.
struct Merge<'a> {
    subgraphs: &'a [Subgraph],
    usages: Vec<FieldUsage>,
    composed: IndexMap<Name, ComposedDirective>,
    /// Interface or union, and the types below it in any subgraph.
    subtypes: HashMap<&'a Name, HashSet<&'a Name>>,
    /// Every `@interfaceObject` of any subgraph.
    interface_objects: Vec<(&'a Name, TypeSource<'a>)>,
    used_as_input: HashSet<&'a Name>,
    used_as_output: HashSet<&'a Name>,
    errors: &'a mut Vec<CompositionError>,
}

/// A type as one subgraph declares it.
#[derive(Clone, Copy)]
struct TypeSource<'a> {
    /// Position among the subgraphs.
    index: usize,
    subgraph: &'a Subgraph,
    definition: &'a SubgraphType,
}

/// Merges all types by the rules of
/// <https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/composition>.
pub(super) fn merge(subgraphs: &[Subgraph], errors: &mut Vec<CompositionError>) -> Merged {
    let composed = composed::merge(subgraphs, errors);
    let mut merge = Merge {
        subgraphs,
        usages: subgraphs.iter().map(|it| FieldUsage::of(&it.types)).collect(),
        composed,
        subtypes: subtypes(subgraphs),
        interface_objects: interface_objects(subgraphs),
        used_as_input: used_as_input(subgraphs),
        used_as_output: used_as_output(subgraphs),
        errors,
    };
    let names: BTreeSet<&Name> = subgraphs.iter().flat_map(|it| it.types.keys()).collect();
    let mut types = IndexMap::new();
    for name in names {
        if let Some(definition) = types::merge(&mut merge, name) {
            types.insert(name.clone(), definition);
        }
    }
    if !types.contains_key("Query") {
        let message = "no subgraph has a query".to_owned();
        merge.refuse("NO_QUERIES", subgraphs, "Query", message);
    }
    interface_objects::complete_implementations(&merge, &mut types);
    Merged {
        types: types.into_values().collect(),
        executable_directives: composed::executable(subgraphs),
        composed: merge.composed,
    }
}

impl<'a> Merge<'a> {
    fn sources(&self, name: &Name) -> Vec<TypeSource<'a>> {
        self.subgraphs
            .iter()
            .enumerate()
            .filter_map(|(index, subgraph)| {
                Some(TypeSource { index, subgraph, definition: subgraph.types.get(name)? })
            })
            .collect()
    }

    fn refuse<'s>(
        &mut self,
        code: &'static str,
        subgraphs: impl IntoIterator<Item = &'s Subgraph>,
        coordinate: &str,
        message: String,
    ) {
        let names = subgraphs.into_iter().map(|it| it.name.as_str());
        self.errors.push(CompositionError::between(code, names, coordinate, message));
    }
}

fn subtypes(subgraphs: &[Subgraph]) -> HashMap<&Name, HashSet<&Name>> {
    let mut subtypes: HashMap<&Name, HashSet<&Name>> = HashMap::new();
    for (name, definition) in subgraphs.iter().flat_map(|it| &it.types) {
        for interface in &definition.implements {
            subtypes.entry(interface).or_default().insert(name);
        }
        if definition.kind == TypeKind::Union {
            subtypes.entry(name).or_default().extend(&definition.members);
        }
    }
    subtypes
}

fn interface_objects(subgraphs: &[Subgraph]) -> Vec<(&Name, TypeSource<'_>)> {
    let mut found = Vec::new();
    for (index, subgraph) in subgraphs.iter().enumerate() {
        for (name, definition) in &subgraph.types {
            if definition.is_interface_object {
                found.push((name, TypeSource { index, subgraph, definition }));
            }
        }
    }
    found
}

fn used_as_input(subgraphs: &[Subgraph]) -> HashSet<&Name> {
    let definitions = || subgraphs.iter().flat_map(|it| it.types.values());
    let arguments =
        definitions().flat_map(|it| it.fields.values()).flat_map(|field| field.arguments.values());
    definitions()
        .flat_map(|it| it.input_fields.values())
        .chain(arguments)
        .map(|input| input.ty.inner_named_type())
        .collect()
}

fn used_as_output(subgraphs: &[Subgraph]) -> HashSet<&Name> {
    subgraphs
        .iter()
        .flat_map(|it| it.types.values())
        .flat_map(|it| it.fields.values())
        .map(|field| field.ty.inner_named_type())
        .collect()
}

fn is_root(name: &Name) -> bool {
    ROOT_TYPES.contains(&name.as_str())
}
