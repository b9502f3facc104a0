//! Descriptions and carried directives of an element that several subgraphs
//! declare.

use std::collections::BTreeSet;

use apollo_compiler::{
    Name, Node,
    ast::{Argument, Directive, IntValue, Value},
    name,
};
use indexmap::IndexMap;

use super::Merge;
use crate::compose::subgraph::Decoration;

impl Merge<'_> {
    /// The longest description, and every directive merged by its own rule.
    /// What is chosen does not depend on the order of the subgraphs.
    pub(super) fn decoration(&self, sources: &[&Decoration]) -> Decoration {
        let description =
            sources.iter().filter_map(|source| source.description.clone()).max_by(|one, other| {
                let by_length = one.len().cmp(&other.len());
                by_length.then_with(|| other.as_str().cmp(one.as_str()))
            });
        let mut applications: IndexMap<&Name, Vec<&Node<Directive>>> = IndexMap::new();
        for directive in sources.iter().flat_map(|source| &source.directives) {
            let same_name = applications.entry(&directive.name).or_default();
            if !same_name.contains(&directive) {
                same_name.push(directive);
            }
        }
        applications.sort_unstable_keys();
        Decoration {
            description,
            directives: applications
                .into_values()
                .flat_map(|applications| self.directive(applications))
                .collect(),
        }
    }

    /// Merges the different applications of one directive.
    fn directive(&self, mut applications: Vec<&Node<Directive>>) -> Vec<Node<Directive>> {
        applications.sort_by_cached_key(|directive| directive.to_string());
        let Some(first) = applications.first() else {
            return Vec::new();
        };
        let is_repeatable = |name: &Name| {
            let composed = self.composed.get(name);
            composed.is_some_and(|it| it.definition.repeatable)
        };
        match first.name.as_str() {
            _ if applications.len() == 1 => vec![(*first).clone()],
            "requiresScopes" => vec![conjunction(&applications, name!("scopes"))],
            "policy" => vec![conjunction(&applications, name!("policies"))],
            "cost" => vec![greatest_cost(&applications)],
            "listSize" => vec![merged_list_size(&applications)],
            "tag" => applications.into_iter().cloned().collect(),
            name if is_repeatable(&Name::new_unchecked(name)) => {
                applications.into_iter().cloned().collect()
            }
            // The one that says most; for `@deprecated` the longest reason.
            _ => applications
                .into_iter()
                .max_by_key(|directive| directive.to_string().len())
                .cloned()
                .into_iter()
                .collect(),
        }
    }
}

/// Whoever may see the field has to satisfy every subgraph. Each directive is
/// a list of alternatives, so all combinations of alternatives are listed.
fn conjunction(applications: &[&Node<Directive>], argument: Name) -> Node<Directive> {
    let mut alternatives: BTreeSet<BTreeSet<&str>> = BTreeSet::from([BTreeSet::new()]);
    for application in applications {
        let additional = alternatives_of(application, &argument);
        alternatives = alternatives
            .iter()
            .flat_map(|one| additional.iter().map(move |other| one | other))
            .collect();
    }
    // An alternative that asks for more than another one is superfluous.
    let smallest: Vec<_> = alternatives
        .iter()
        .filter(|one| !alternatives.iter().any(|other| other != *one && other.is_subset(one)))
        .map(|one| list(one.iter().map(|text| Value::String((*text).to_owned()))))
        .collect();
    let mut directive = (**applications[0]).clone();
    set_argument(&mut directive, argument, list(smallest));
    Node::new(directive)
}

fn alternatives_of<'a>(application: &'a Directive, argument: &Name) -> Vec<BTreeSet<&'a str>> {
    let value = application.specified_argument_by_name(argument);
    let alternatives = value.and_then(|it| it.as_list()).unwrap_or_default();
    let mut sets: Vec<_> = alternatives
        .iter()
        .map(|it| {
            let texts = it.as_list().unwrap_or_default();
            texts.iter().filter_map(|text| text.as_str()).collect()
        })
        .collect();
    // No alternative at all asks for nothing.
    if sets.is_empty() {
        sets.push(BTreeSet::new());
    }
    sets
}

fn greatest_cost(applications: &[&Node<Directive>]) -> Node<Directive> {
    let mut directive = (**applications[0]).clone();
    if let Some(weight) = greatest(applications, "weight") {
        set_argument(&mut directive, name!("weight"), weight);
    }
    Node::new(directive)
}

/// The greatest size, all arguments that any subgraph names, and one slicing
/// argument required only where all require it.
fn merged_list_size(applications: &[&Node<Directive>]) -> Node<Directive> {
    let mut directive = Directive::new(name!("listSize"));
    if let Some(size) = greatest(applications, "assumedSize") {
        set_argument(&mut directive, name!("assumedSize"), size);
    }
    for argument in [name!("slicingArguments"), name!("sizedFields")] {
        let texts: BTreeSet<&str> = applications
            .iter()
            .filter_map(|it| it.specified_argument_by_name(&argument))
            .filter_map(|value| value.as_list())
            .flatten()
            .filter_map(|text| text.as_str())
            .collect();
        if !texts.is_empty() {
            let texts = texts.into_iter().map(|text| Value::String(text.to_owned()));
            set_argument(&mut directive, argument, list(texts));
        }
    }
    let is_optional = applications.iter().any(|it| {
        let value = it.specified_argument_by_name("requireOneSlicingArgument");
        value.and_then(|it| it.to_bool()) == Some(false)
    });
    if is_optional {
        let argument = name!("requireOneSlicingArgument");
        set_argument(&mut directive, argument, Value::Boolean(false));
    }
    Node::new(directive)
}

fn greatest(applications: &[&Node<Directive>], argument: &str) -> Option<Value> {
    applications
        .iter()
        .filter_map(|it| it.specified_argument_by_name(argument)?.to_i32())
        .max()
        .map(|number| Value::Int(IntValue::from(number)))
}

fn list(items: impl IntoIterator<Item = Value>) -> Value {
    Value::List(items.into_iter().map(Node::new).collect())
}

fn set_argument(directive: &mut Directive, name: Name, value: Value) {
    let value = Node::new(value);
    directive.arguments.retain(|argument| argument.name != name);
    directive.arguments.push(Node::new(Argument { name, value }));
}
