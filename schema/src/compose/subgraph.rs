//! One subgraph as the composer sees it: types without syntax, directives by
//! the names the specification gives them.

use std::collections::{HashMap, HashSet};

use apollo_compiler::{
    Name, Node,
    ast::{Directive, DirectiveDefinition, Type, Value},
};
use indexmap::{IndexMap, IndexSet};

use super::{
    field_set::{FieldSet, implementations},
    link::{Link, Links},
};

/// The root operation types, by the names they have in the supergraph.
pub(super) const ROOT_TYPES: [&str; 3] = ["Query", "Mutation", "Subscription"];

/// A type and one of its fields.
pub(super) type Coordinate = (Name, Name);

pub(super) struct Subgraph {
    pub(super) name: String,
    pub(super) url: String,
    /// Its value in the enum `join__Graph`.
    pub(super) graph: Name,
    pub(super) links: Links,
    pub(super) types: IndexMap<Name, SubgraphType>,
    pub(super) directive_definitions: IndexMap<Name, Node<DirectiveDefinition>>,
    /// What `@composeDirective` names, without `@`.
    pub(super) composed_directives: IndexMap<Name, Link>,
    /// Types that bear the usual name of a root type without being it.
    pub(super) shadowed_root_names: Vec<Name>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TypeKind {
    Object,
    Interface,
    Union,
    Enum,
    InputObject,
    Scalar,
}

/// A type definition together with all of its extensions.
#[derive(Debug, Clone)]
pub(super) struct SubgraphType {
    pub(super) kind: TypeKind,
    /// Whether the subgraph only extends the type (`extend type`, `@extends`).
    pub(super) is_extension: bool,
    pub(super) is_interface_object: bool,
    pub(super) is_external: bool,
    pub(super) keys: Vec<Key>,
    pub(super) implements: IndexSet<Name>,
    pub(super) fields: IndexMap<Name, SubgraphField>,
    pub(super) members: IndexSet<Name>,
    pub(super) values: IndexMap<Name, Decoration>,
    pub(super) input_fields: IndexMap<Name, SubgraphInput>,
    pub(super) decoration: Decoration,
}

#[derive(Debug, Clone)]
pub(super) struct Key {
    pub(super) fields: FieldSet,
    pub(super) is_resolvable: bool,
    pub(super) is_on_extension: bool,
}

#[derive(Debug, Clone)]
pub(super) struct SubgraphField {
    pub(super) ty: Type,
    pub(super) arguments: IndexMap<Name, SubgraphInput>,
    pub(super) is_external: bool,
    /// `@shareable` on the field or on the declaration around it.
    pub(super) is_shareable: bool,
    pub(super) requires: Option<FieldSet>,
    pub(super) provides: Option<FieldSet>,
    pub(super) overrides: Option<Override>,
    pub(super) decoration: Decoration,
}

/// An argument or an input field.
#[derive(Debug, Clone)]
pub(super) struct SubgraphInput {
    pub(super) ty: Type,
    pub(super) default_value: Option<Node<Value>>,
    pub(super) decoration: Decoration,
}

/// `@override(from:, label:)`.
#[derive(Debug, Clone)]
pub(super) struct Override {
    pub(super) from: String,
    pub(super) label: Option<String>,
}

/// What a schema element says about itself: its description and those of its
/// directives that go into the supergraph.
#[derive(Debug, Clone, Default)]
pub(super) struct Decoration {
    pub(super) description: Option<Node<str>>,
    pub(super) directives: Vec<Node<Directive>>,
}

impl Decoration {
    pub(super) fn has(&self, directive: &str) -> bool {
        self.directives.iter().any(|one| one.name == directive)
    }
}

impl SubgraphInput {
    /// Whether a caller must give a value.
    pub(super) fn is_required(&self) -> bool {
        self.ty.is_non_null() && self.default_value.is_none()
    }
}

impl SubgraphType {
    /// Whether it has a field, an input field or an enum value of that name.
    pub(super) fn declares(&self, name: &str) -> bool {
        self.fields.contains_key(name)
            || self.input_fields.contains_key(name)
            || self.values.contains_key(name)
    }

    pub(super) fn is_composite(&self) -> bool {
        matches!(self.kind, TypeKind::Object | TypeKind::Interface | TypeKind::Union)
    }
}

/// Which fields of a subgraph its federation directives mention.
#[derive(Default)]
pub(super) struct FieldUsage {
    /// In `@key`, `@requires`, `@provides`, or because an interface asks for it.
    pub(super) used: HashSet<Coordinate>,
    pub(super) keys: HashSet<Coordinate>,
    pub(super) provided: HashSet<Coordinate>,
}

impl FieldUsage {
    pub(super) fn of(types: &IndexMap<Name, SubgraphType>) -> Self {
        let mut usage = Self::default();
        for (name, definition) in types {
            for key in &definition.keys {
                key.fields.for_each_field(types, name, &mut |parent, field| {
                    usage.keys.insert((parent.clone(), field.clone()));
                });
            }
            for field in definition.fields.values() {
                usage.add_field(types, name, field);
            }
            if definition.kind == TypeKind::Interface {
                for (implementation, _) in implementations(types, name) {
                    for field in definition.fields.keys() {
                        usage.used.insert((implementation.clone(), field.clone()));
                    }
                }
            }
        }
        usage.used.extend(usage.keys.iter().cloned());
        usage.used.extend(usage.provided.iter().cloned());
        usage
    }

    fn add_field(&mut self, types: &IndexMap<Name, SubgraphType>, parent: &Name, field: &SubgraphField) {
        if let Some(requires) = &field.requires {
            requires.for_each_field(types, parent, &mut |parent, field| {
                self.used.insert((parent.clone(), field.clone()));
            });
        }
        if let Some(provides) = &field.provides {
            let parent = field.ty.inner_named_type();
            provides.for_each_field(types, parent, &mut |parent, field| {
                self.provided.insert((parent.clone(), field.clone()));
            });
        }
    }
}

/// Gives every subgraph a value of `join__Graph`: its name in capitals, made a
/// GraphQL name, with a number where two would be equal.
pub(super) fn graph_names<'a>(subgraphs: impl IntoIterator<Item = &'a str>) -> Vec<Name> {
    let names: Vec<String> = subgraphs.into_iter().map(graph_name).collect();
    let mut taken: HashSet<String> = HashSet::new();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut unique = Vec::new();
    for name in &names {
        let count = seen.entry(name).or_default();
        let mut candidate = name.clone();
        while !taken.insert(candidate.clone()) {
            *count += 1;
            candidate = format!("{name}_{count}");
        }
        unique.push(Name::new_unchecked(&candidate));
    }
    unique
}

/// The value of `join__Graph` of a subgraph whose name no other one takes.
pub(crate) fn graph_name(subgraph: &str) -> String {
    let mut name: String = subgraph
        .chars()
        .map(|letter| match letter.is_ascii_alphanumeric() {
            true => letter.to_ascii_uppercase(),
            false => '_',
        })
        .collect();
    // Names that start with two underscores are reserved, and no name starts
    // with a digit.
    if !name.starts_with(|letter: char| letter.is_ascii_uppercase()) {
        name.insert_str(0, "GRAPH_");
    }
    name
}
