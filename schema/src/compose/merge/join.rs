//! Builders for the directives of <https://specs.apollo.dev/join/v0.4/>.

use apollo_compiler::{
    Name, Node,
    ast::{Argument, Directive, Value},
    name,
};

use crate::compose::subgraph::{Key, Subgraph};

/// A directive under construction; arguments keep the order they are added in.
pub(super) struct Join(Directive);

impl Join {
    pub(super) fn new(name: Name) -> Self {
        Self(Directive::new(name))
    }

    pub(super) fn of(name: Name, subgraph: &Subgraph) -> Self {
        Self::new(name).with(name!("graph"), Value::Enum(subgraph.graph.clone()))
    }

    pub(super) fn with(mut self, name: Name, value: Value) -> Self {
        let value = Node::new(value);
        self.0.arguments.push(Node::new(Argument { name, value }));
        self
    }

    pub(super) fn text(self, name: Name, value: impl ToString) -> Self {
        self.with(name, Value::String(value.to_string()))
    }

    pub(super) fn optional_text(self, name: Name, value: Option<impl ToString>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self,
        }
    }

    /// Adds `name: value`, unless the value is the default.
    pub(super) fn flag(self, name: Name, value: bool, default: bool) -> Self {
        match value == default {
            true => self,
            false => self.with(name, Value::Boolean(value)),
        }
    }

    pub(super) fn build(self) -> Node<Directive> {
        Node::new(self.0)
    }
}

/// `@join__type` of one subgraph; a type with several keys has several.
pub(super) fn join_type(
    subgraph: &Subgraph,
    key: Option<&Key>,
    is_interface_object: bool,
) -> Node<Directive> {
    let mut join = Join::of(name!("join__type"), subgraph);
    if let Some(key) = key {
        join = join
            .text(name!("key"), &key.fields)
            .flag(name!("extension"), key.is_on_extension, false)
            .flag(name!("resolvable"), key.is_resolvable, true);
    }
    join.flag(name!("isInterfaceObject"), is_interface_object, false).build()
}

pub(super) fn join_implements(subgraph: &Subgraph, interface: &Name) -> Node<Directive> {
    Join::of(name!("join__implements"), subgraph).text(name!("interface"), interface).build()
}

pub(super) fn join_union_member(subgraph: &Subgraph, member: &Name) -> Node<Directive> {
    Join::of(name!("join__unionMember"), subgraph).text(name!("member"), member).build()
}

pub(super) fn join_enum_value(subgraph: &Subgraph) -> Node<Directive> {
    Join::of(name!("join__enumValue"), subgraph).build()
}
