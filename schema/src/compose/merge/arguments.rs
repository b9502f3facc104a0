//! Merging what callers give: arguments and input fields.

use apollo_compiler::{Name, Node, ast::InputValueDefinition};
use indexmap::IndexSet;

use super::{Merge, fields::FieldSource, references::input_type};
use crate::compose::subgraph::{Subgraph, SubgraphInput};

/// The names of the mistakes, which differ between arguments and input fields.
pub(super) struct InputCodes {
    pub(super) type_mismatch: &'static str,
    pub(super) default_mismatch: &'static str,
    pub(super) required_missing: &'static str,
}

const ARGUMENT_CODES: InputCodes = InputCodes {
    type_mismatch: "FIELD_ARGUMENT_TYPE_MISMATCH",
    default_mismatch: "FIELD_ARGUMENT_DEFAULT_MISMATCH",
    required_missing: "REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH",
};

/// What one subgraph that declares the field or the input object says about
/// one of its inputs.
pub(super) struct InputSource<'a> {
    pub(super) subgraph: &'a Subgraph,
    pub(super) input: Option<&'a SubgraphInput>,
}

impl InputSource<'_> {
    pub(super) fn is_missing_though_required(sources: &[Self]) -> bool {
        sources.iter().any(|source| source.input.is_none())
            && sources.iter().any(|source| source.input.is_some_and(|it| it.is_required()))
    }
}

impl Merge<'_> {
    /// The arguments that every subgraph resolving the field accepts.
    pub(super) fn arguments(
        &mut self,
        coordinate: &str,
        sources: &[&FieldSource],
    ) -> Vec<Node<InputValueDefinition>> {
        let names: IndexSet<&Name> =
            sources.iter().flat_map(|source| source.field.arguments.keys()).collect();
        let mut merged = Vec::new();
        for name in names {
            let inputs: Vec<InputSource> = sources
                .iter()
                .map(|source| InputSource {
                    subgraph: source.subgraph,
                    input: source.field.arguments.get(name),
                })
                .collect();
            let coordinate = format!("{coordinate}({name}:)");
            let argument = self.input(name, &coordinate, &inputs, &ARGUMENT_CODES);
            merged.extend(argument.map(Node::new));
        }
        merged
    }

    /// Merges one argument or input field; None when some subgraph does not
    /// know it, which is a mistake if another one requires it.
    pub(super) fn input(
        &mut self,
        name: &Name,
        coordinate: &str,
        sources: &[InputSource],
        codes: &InputCodes,
    ) -> Option<InputValueDefinition> {
        if InputSource::is_missing_though_required(sources) {
            let missing = sources.iter().filter(|it| it.input.is_none());
            let message = format!("{coordinate} is required in some subgraphs, but unknown here");
            let subgraphs = missing.map(|source| source.subgraph);
            self.refuse(codes.required_missing, subgraphs, coordinate, message);
            return None;
        }
        let inputs: Option<Vec<&SubgraphInput>> = sources.iter().map(|it| it.input).collect();
        let inputs = inputs?;
        let first = *inputs.first()?;

        let types: Vec<_> = inputs.iter().map(|input| &input.ty).collect();
        let ty = input_type(&types).unwrap_or_else(|| {
            let message = format!("the types differ: {}", listed(types.iter()));
            let subgraphs = sources.iter().map(|source| source.subgraph);
            self.refuse(codes.type_mismatch, subgraphs, coordinate, message);
            first.ty.clone()
        });

        let defaults: Vec<_> = inputs.iter().filter_map(|it| it.default_value.as_ref()).collect();
        let agreed_default = defaults.first().copied();
        if defaults.iter().any(|value| Some(*value) != agreed_default) {
            let message = format!("the default values differ: {}", listed(defaults.iter()));
            let subgraphs = sources.iter().map(|source| source.subgraph);
            self.refuse(codes.default_mismatch, subgraphs, coordinate, message);
        }
        // A default that only some subgraphs have is left to them.
        let is_default_everywhere = defaults.len() == inputs.len();

        let decorations: Vec<_> = inputs.iter().map(|input| &input.decoration).collect();
        let decoration = self.decoration(&decorations);
        Some(InputValueDefinition {
            description: decoration.description,
            name: name.clone(),
            ty: Node::new(ty),
            default_value: agreed_default.filter(|_| is_default_everywhere).cloned(),
            directives: decoration.directives.into_iter().collect(),
        })
    }
}

/// Lists what differs, every value once.
pub(super) fn listed<T: ToString>(items: impl Iterator<Item = T>) -> String {
    let texts: IndexSet<String> = items.map(|item| item.to_string()).collect();
    texts.into_iter().collect::<Vec<_>>().join(", ")
}
