//! Telling a found object of `node(id)` from a mere reference.
//!
//! The `node` subgraph answers a reference to any well-formed id; whether the
//! object exists, and whether the viewer may see it, only the owning subgraph
//! knows. So one field that the owner alone resolves and that is never null,
//! the witness, is always asked along: an object without it is not there.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
};

use apollo_compiler::ast::{self, Definition, Document, Type, Value as Literal};
use async_graphql::{Name, Value};

use crate::{
    compose::graph_name,
    document::shape::Field,
    execute::Run,
    guards::{Guards, Refusing},
    transport::NODE_SUBGRAPH,
};

/// The witness's name in the tree. No client's alias is planned under it: those
/// begin with [`SHIELD`](crate::document::shape::SHIELD).
const WITNESS: &str = "_gwwitness";

/// The witness of every type that `node` can answer.
#[derive(Debug, Default)]
pub(crate) struct Witnesses(BTreeMap<String, String>);

impl Witnesses {
    /// Chooses a witness for every type of the `node` subgraph.
    pub(crate) fn of(supergraph: &str, guards: &Guards) -> Self {
        let Ok(document) = Document::parse(supergraph, "supergraph.graphql") else {
            return Self::default();
        };
        let composite: HashSet<&str> = document
            .definitions
            .iter()
            .filter(|definition| {
                matches!(
                    definition,
                    Definition::ObjectTypeDefinition(_)
                        | Definition::InterfaceTypeDefinition(_)
                        | Definition::UnionTypeDefinition(_)
                )
            })
            .filter_map(|definition| definition.name().map(AsRef::as_ref))
            .collect();
        let node = graph_name(NODE_SUBGRAPH);
        let mut witnesses = BTreeMap::new();
        for definition in &document.definitions {
            let Definition::ObjectTypeDefinition(object) = definition else { continue };
            let is_node =
                object.directives.iter().any(|directive| is_in(directive, "join__type", &node));
            if object.name == "Query" || !is_node {
                continue;
            }
            let witnesses_of = || object.fields.iter().filter(|field| is_witness(field, &composite));
            // One that everybody may see: a refused one tells nothing.
            let open = witnesses_of().find(|field| !guards.has(&object.name, &field.name));
            if let Some(field) = open.or_else(|| witnesses_of().next()) {
                witnesses.insert(object.name.to_string(), field.name.to_string());
            }
        }
        Self(witnesses)
    }

    /// What is asked along with a root field; nothing but for `node` and `nodes`,
    /// and nothing of what is refused.
    pub(crate) fn selection(&self, root_field: &str, refusing: Option<Refusing<'_>>) -> String {
        if !is_node_field(root_field) {
            return String::new();
        }
        let asked =
            self.0.iter().filter(|(ty, field)| !refusing.is_some_and(|it| it.keeps_out(ty, field)));
        asked.fold(String::new(), |mut text, (ty, field)| {
            let _ = write!(text, "... on {ty} {{{WITNESS}: {field}}} ");
            text
        })
    }

    /// Nulls the objects of `node` and `nodes` that came without their witness.
    pub(crate) fn drop_missing(&self, field: &Field, run: &Run<'_>) {
        if !self.0.is_empty() && is_node_field(&field.name) {
            run.change(&field.planned, |value| match value {
                Value::List(items) => items.iter_mut().for_each(|item| self.check(item, field)),
                value => self.check(value, field),
            });
        }
    }

    fn check(&self, value: &mut Value, field: &Field) {
        let Value::Object(object) = &*value else { return };
        let needs_witness = match object.get("__typename") {
            // What may not be seen is refused alike whether or not it is there.
            Some(Value::String(name)) => self.0.contains_key(name) && !is_refused(field, name),
            _ => false,
        };
        let has_witness = object.get(&Name::new(WITNESS)).is_some_and(|witness| *witness != Value::Null);
        if needs_witness && !has_witness {
            *value = Value::Null;
        }
    }
}

/// Whether objects of this type may not be seen at all.
fn is_refused(field: &Field, ty: &str) -> bool {
    let variant = field.selection.as_ref().and_then(|selection| selection.variant(Some(ty)));
    variant.is_some_and(|variant| variant.refused.is_some())
}

fn is_node_field(name: &str) -> bool {
    name == "node" || name == "nodes"
}

fn is_in(directive: &ast::Directive, name: &str, graph: &str) -> bool {
    let given = directive.specified_argument_by_name("graph");
    directive.name == name
        && matches!(given.map(AsRef::as_ref), Some(Literal::Enum(name)) if name == graph)
}

fn is_witness(field: &ast::FieldDefinition, composite: &HashSet<&str>) -> bool {
    let joins: Vec<_> =
        field.directives.iter().filter(|directive| directive.name == "join__field").collect();
    let is_external = |directive: &ast::Directive| {
        ["external", "requires", "override"]
            .iter()
            .any(|name| directive.specified_argument_by_name(name).is_some())
    };
    matches!(field.ty, Type::NonNullNamed(_))
        && !composite.contains(field.ty.inner_named_type().as_str())
        && field.arguments.is_empty()
        && joins.len() == 1
        && !joins.iter().any(|directive| is_external(directive))
}
