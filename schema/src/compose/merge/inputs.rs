//! Merging input objects.

use apollo_compiler::{Name, Node, ast::InputValueDefinition, name};
use indexmap::IndexSet;

use super::{
    Merge, TypeSource,
    arguments::{InputCodes, InputSource},
    join::Join,
};

const CODES: InputCodes = InputCodes {
    type_mismatch: "FIELD_TYPE_MISMATCH",
    default_mismatch: "INPUT_FIELD_DEFAULT_MISMATCH",
    required_missing: "REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH",
};

/// An input object has the fields that all subgraphs know.
pub(super) fn merge_fields(
    merge: &mut Merge,
    name: &Name,
    sources: &[TypeSource],
) -> Vec<Node<InputValueDefinition>> {
    let names: IndexSet<&Name> =
        sources.iter().flat_map(|source| source.definition.input_fields.keys()).collect();
    let mut merged = Vec::new();
    let mut has_mistake = false;
    for field in names {
        let inputs: Vec<InputSource> = sources
            .iter()
            .map(|source| InputSource {
                subgraph: source.subgraph,
                input: source.definition.input_fields.get(field),
            })
            .collect();
        let coordinate = format!("{name}.{field}");
        has_mistake |= InputSource::is_missing_though_required(&inputs);
        let Some(mut definition) = merge.input(field, &coordinate, &inputs, &CODES) else {
            continue;
        };
        let is_mixed =
            inputs.iter().any(|source| source.input.is_some_and(|it| it.ty != *definition.ty));
        let joins = inputs.iter().filter_map(|source| {
            let ty = &source.input?.ty;
            let join = Join::of(name!("join__field"), source.subgraph)
                .optional_text(name!("type"), is_mixed.then_some(ty));
            Some(join.build())
        });
        definition.directives = joins.chain(definition.directives.0.clone()).collect();
        merged.push(Node::new(definition));
    }
    if merged.is_empty() && !has_mistake {
        let subgraphs = sources.iter().map(|source| source.subgraph);
        let message = format!("the subgraphs have no field of {name} in common");
        merge.refuse("EMPTY_MERGED_INPUT_TYPE", subgraphs, name, message);
    }
    merged
}
