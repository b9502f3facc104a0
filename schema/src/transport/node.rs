//! `node(id)` and `nodes(ids)`: the engine's own subgraph. It looks at an id's
//! prefix and answers a reference; the owning subgraph fills it in.
//!
//! A type takes part when it implements `Node` and one subgraph tags it with
//! its prefix, `@tag(name: "id/prod")`. The tag travels in the SDL, so a
//! subgraph in another process takes part just the same.

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    sync::Arc,
};

use apollo_compiler::ast::{Definition, Directive, Document};
use async_graphql::{
    Name, Positioned, Value, Variables,
    parser::types::{Field, FragmentDefinition, Selection, SelectionSet},
};
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::BoxStream};
use indexmap::IndexMap;
use kit::RequestScope;

use super::{SubAnswer, Transport};
use crate::{
    compose::SubgraphSdl,
    error::{self, BAD_USER_INPUT},
    planner::SubOperation,
};

/// The subgraph's name.
pub(crate) const NODE_SUBGRAPH: &str = "node";
/// The most ids that `nodes` takes.
const MAX_IDS: usize = 100;

/// Routes ids by their prefix.
#[derive(Debug, Clone)]
pub(crate) struct NodeSubgraph {
    /// Object type by id prefix.
    types: Arc<BTreeMap<String, Name>>,
}

impl NodeSubgraph {
    /// The routes that the subgraphs' SDLs declare; `None` when there are none.
    pub(crate) fn of(subgraphs: &[SubgraphSdl]) -> Option<Self> {
        let mut types = BTreeMap::new();
        for subgraph in subgraphs {
            // What does not parse is named by the composer.
            let Ok(document) = Document::parse(subgraph.sdl.as_str(), "subgraph.graphql") else {
                continue;
            };
            for definition in &document.definitions {
                if let Some(prefix) = prefix(definition)
                    && let Some(name) = definition.name()
                {
                    types.insert(prefix, Name::new(name.as_str()));
                }
            }
        }
        (!types.is_empty()).then(|| Self { types: Arc::new(types) })
    }

    /// Its share of the graph.
    pub(crate) fn sdl(&self) -> SubgraphSdl {
        let mut sdl = format!(
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@key\"])\n\
             type Query {{\n\
             \"The object with this global id, or null.\"\n\
             node(\"Global opaque id.\" id: ID!): Node\n\
             \"The objects with these global ids, in their order, null for the missing; at most {MAX_IDS}.\"\n\
             nodes(\"Global opaque ids.\" ids: [ID!]!): [Node]!\n}}\n\
             interface Node {{ id: ID! }}\n"
        );
        for name in self.types.values() {
            let _ = writeln!(
                sdl,
                "type {name} implements Node @key(fields: \"id\", resolvable: false) {{ id: ID! }}"
            );
        }
        SubgraphSdl { name: NODE_SUBGRAPH.to_owned(), url: String::new(), sdl }
    }

    /// What of a reference is asked, under the names that are asked for.
    fn reference(&self, id: &str, asked: &Asked<'_>) -> Value {
        let name = id.split_once('_').and_then(|(prefix, _)| self.types.get(prefix));
        let Some(name) = name else { return Value::Null };
        let mut reference = IndexMap::new();
        reference.insert(Name::new("__typename"), Value::String(name.to_string()));
        asked.collect(&asked.field.selection_set.node, name, &mut |field| {
            let value = match field.name.node.as_str() {
                "__typename" => name.to_string(),
                _ => id.to_owned(),
            };
            reference.insert(field.response_key().node.clone(), Value::String(value));
        });
        Value::Object(reference)
    }

    fn answer(&self, operation: &SubOperation, variables: &Variables) -> SubAnswer {
        let mut answer = IndexMap::new();
        let mut errors = Vec::new();
        let operation_document = &operation.document;
        for (_, operation) in operation_document.operations.iter() {
            for selection in &operation.node.selection_set.node.items {
                if let Selection::Field(field) = &selection.node {
                    let field = &field.node;
                    let key = field.response_key().node.clone();
                    if field.name.node == "__typename" {
                        answer.insert(key, Value::String("Query".to_owned()));
                        continue;
                    }
                    let asked = Asked { field, fragments: &operation_document.fragments };
                    match self.field(&asked, variables) {
                        Ok(value) => drop(answer.insert(key, value)),
                        Err(message) => {
                            let path = vec![async_graphql::PathSegment::Field(key.to_string())];
                            errors.push(error::at(BAD_USER_INPUT, message, path));
                        }
                    }
                }
            }
        }
        SubAnswer { data: Value::Object(answer), errors }
    }

    fn field(&self, asked: &Asked<'_>, variables: &Variables) -> Result<Value, String> {
        let field = asked.field;
        let (_, value) = field.arguments.first().ok_or("an id is missing")?;
        let given =
            value.node.clone().into_const_with(|name| variables.get(&name).cloned().ok_or("no value"));
        let is_list = field.name.node == "nodes";
        match given? {
            // One value stands for a list of one.
            Value::String(id) if is_list => Ok(Value::List(vec![self.reference(&id, asked)])),
            Value::Number(_) if is_list => Ok(Value::List(vec![Value::Null])),
            Value::String(id) => Ok(self.reference(&id, asked)),
            Value::Number(_) => Ok(Value::Null),
            Value::List(ids) if ids.len() > MAX_IDS => Err(format!("at most {MAX_IDS} ids at once")),
            Value::List(ids) => {
                let references = ids.iter().map(|id| match id {
                    Value::String(id) => self.reference(id, asked),
                    _ => Value::Null,
                });
                Ok(Value::List(references.collect()))
            }
            _ => Err("not an id".to_owned()),
        }
    }
}

/// A root field and the fragments of its document.
struct Asked<'d> {
    field: &'d Field,
    fragments: &'d HashMap<Name, Positioned<FragmentDefinition>>,
}

impl<'d> Asked<'d> {
    /// Visits the fields that are asked of an object of this type.
    fn collect(&self, set: &'d SelectionSet, ty: &str, found: &mut impl FnMut(&'d Field)) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => found(&field.node),
                Selection::InlineFragment(fragment) => {
                    let condition =
                        fragment.node.type_condition.as_ref().map(|condition| &condition.node.on.node);
                    if condition.is_none_or(|condition| is_of(ty, condition)) {
                        self.collect(&fragment.node.selection_set.node, ty, found);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node)
                        && is_of(ty, &fragment.node.type_condition.node.on.node)
                    {
                        self.collect(&fragment.node.selection_set.node, ty, found);
                    }
                }
            }
        }
    }
}

fn is_of(ty: &str, condition: &str) -> bool {
    condition == ty || condition == "Node"
}

impl Transport for NodeSubgraph {
    fn execute<'a>(
        &'a self,
        operation: &'a SubOperation,
        variables: Variables,
        _: &'a RequestScope,
    ) -> BoxFuture<'a, SubAnswer> {
        std::future::ready(self.answer(operation, &variables)).boxed()
    }

    fn subscribe(
        &self,
        _: &SubOperation,
        _: Variables,
        _: &RequestScope,
    ) -> BoxStream<'static, SubAnswer> {
        futures_util::stream::empty().boxed()
    }

    fn is_local(&self) -> bool {
        true
    }

    fn place(&self) -> String {
        "in this process".to_owned()
    }
}

/// The id prefix that a type's tag names.
fn prefix(definition: &Definition) -> Option<String> {
    let is_prefix = |directive: &Directive| {
        let name = directive.specified_argument_by_name("name")?.as_str()?;
        (directive.name == "tag").then(|| name.strip_prefix("id/").map(str::to_owned))?
    };
    definition.directives().iter().find_map(|directive| is_prefix(directive))
}
