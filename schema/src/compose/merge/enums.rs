//! Merging enum values.

use apollo_compiler::{Name, Node, ast::EnumValueDefinition};
use indexmap::IndexSet;

use super::{Merge, TypeSource, join::join_enum_value};

/// A value is in the supergraph when any subgraph may return it; when the enum
/// is only used for input, when all subgraphs accept it. An enum used for both
/// has to be the same everywhere, except for `@inaccessible` values.
pub(super) fn merge_values(
    merge: &mut Merge,
    name: &Name,
    sources: &[TypeSource],
) -> Vec<Node<EnumValueDefinition>> {
    let is_input = merge.used_as_input.contains(name);
    let is_output = merge.used_as_output.contains(name);
    let names: IndexSet<&Name> =
        sources.iter().flat_map(|source| source.definition.values.keys()).collect();
    let mut merged = Vec::new();
    for value in names {
        let (with, without): (Vec<&TypeSource>, Vec<&TypeSource>) =
            sources.iter().partition(|source| source.definition.values.contains_key(value));
        let decorations: Vec<_> = with.iter().map(|source| &source.definition.values[value]).collect();
        let decoration = merge.decoration(&decorations);
        let must_agree = is_input && !without.is_empty() && !decoration.has("inaccessible");
        if must_agree && is_output {
            let message = format!(
                "{name} is used for input and for output, but not every subgraph has the value {value}"
            );
            let subgraphs = without.iter().map(|source| source.subgraph);
            merge.refuse("ENUM_VALUE_MISMATCH", subgraphs, &format!("{name}.{value}"), message);
        }
        if must_agree {
            continue;
        }
        let joins = with.iter().map(|source| join_enum_value(source.subgraph));
        merged.push(Node::new(EnumValueDefinition {
            description: decoration.description,
            value: value.clone(),
            directives: joins.chain(decoration.directives).collect(),
        }));
    }
    if merged.is_empty() && !(is_input && is_output) {
        let subgraphs = sources.iter().map(|source| source.subgraph);
        let message = format!("the subgraphs have no value of {name} in common");
        merge.refuse("EMPTY_MERGED_ENUM_TYPE", subgraphs, name, message);
    }
    merged
}
