//! Directives that are not federation's own: those that `@composeDirective`
//! carries to the supergraph, and those for operations.

use std::collections::BTreeMap;

use apollo_compiler::{
    Name, Node,
    ast::{DirectiveDefinition, DirectiveLocation},
};
use indexmap::IndexMap;

use crate::compose::{error::CompositionError, link::Link, subgraph::Subgraph};

/// A directive named by `@composeDirective`.
pub(in crate::compose) struct ComposedDirective {
    pub(in crate::compose) definition: Node<DirectiveDefinition>,
    /// The newest of the links through which subgraphs know the directive.
    pub(in crate::compose) link: Link,
}

/// Merges the composed directives by the rules of
/// <https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#composedirective>:
/// subgraphs agree on the name and on the major version of its specification;
/// the newest minor version defines the directive.
pub(super) fn merge(
    subgraphs: &[Subgraph],
    errors: &mut Vec<CompositionError>,
) -> IndexMap<Name, ComposedDirective> {
    let mut composed: IndexMap<Name, ComposedDirective> = IndexMap::new();
    for subgraph in subgraphs {
        for (name, link) in &subgraph.composed_directives {
            let Some(definition) = subgraph.directive_definitions.get(name) else {
                continue;
            };
            let known = composed.entry(name.clone()).or_insert_with(|| ComposedDirective {
                definition: definition.clone(),
                link: link.clone(),
            });
            if let Some(reason) = disagreement(name, &known.link, link) {
                errors.push(CompositionError::at(
                    "DIRECTIVE_COMPOSITION_ERROR",
                    &subgraph.name,
                    format!("@{name}"),
                    reason,
                ));
            } else if link.version > known.link.version {
                known.link = link.clone();
                known.definition = definition.clone();
            }
        }
    }
    composed.sort_unstable_keys();
    composed
}

fn disagreement(name: &Name, known: &Link, link: &Link) -> Option<String> {
    let original = |link: &Link| link.directives.get(name.as_str()).cloned();
    if known.identity != link.identity || original(known) != original(link) {
        return Some(format!("@{name} comes from {} here and from {} elsewhere", link.url, known.url));
    }
    (known.version.0 != link.version.0).then(|| {
        format!(
            "@{name} is of version {} here and of {} elsewhere: their major versions differ",
            link.url, known.url
        )
    })
}

/// Directives for operations: a client may use those that every subgraph
/// defines in the same way, where all of them allow it.
pub(super) fn executable(subgraphs: &[Subgraph]) -> Vec<Node<DirectiveDefinition>> {
    let Some((first, others)) = subgraphs.split_first() else {
        return Vec::new();
    };
    let mut common = BTreeMap::new();
    for (name, definition) in &first.directive_definitions {
        let is_specified = first.links.specified_name(name).is_some();
        if is_specified || matches!(name.as_str(), "skip" | "include" | "defer" | "stream") {
            continue;
        }
        let mut merged = (**definition).clone();
        merged.locations.retain(|it| is_executable(*it));
        let is_everywhere = others.iter().all(|subgraph| {
            let Some(other) = subgraph.directive_definitions.get(name) else {
                return false;
            };
            merged.locations.retain(|it| other.locations.contains(it));
            merged.repeatable == other.repeatable && has_same_arguments(&merged, other)
        });
        if is_everywhere && !merged.locations.is_empty() {
            common.insert(name.clone(), Node::new(merged));
        }
    }
    common.into_values().collect()
}

fn has_same_arguments(one: &DirectiveDefinition, other: &DirectiveDefinition) -> bool {
    one.arguments.len() == other.arguments.len()
        && one.arguments.iter().all(|argument| {
            other
                .argument_by_name(&argument.name)
                .is_some_and(|it| it.ty == argument.ty && it.default_value == argument.default_value)
        })
}

fn is_executable(location: DirectiveLocation) -> bool {
    use DirectiveLocation as L;
    matches!(
        location,
        L::Query
            | L::Mutation
            | L::Subscription
            | L::Field
            | L::FragmentDefinition
            | L::FragmentSpread
            | L::InlineFragment
            | L::VariableDefinition
    )
}
