//! `@override`: which subgraph hands a field over to which.

use super::{Merge, fields::FieldSource};

/// What `@override` does to one subgraph's declaration of a field.
#[derive(Debug, Clone, Default)]
pub(super) struct OverrideState {
    /// Another subgraph takes the field over, at least for part of the
    /// requests.
    pub(super) is_overridden: bool,
    /// The overridden declaration still serves a key, a requirement or an
    /// interface.
    pub(super) is_used: bool,
    pub(super) label: Option<String>,
}

impl OverrideState {
    /// Whether the declaration disappears from the supergraph.
    pub(super) fn is_removed(&self) -> bool {
        self.is_overridden && !self.is_used && self.label.is_none()
    }
}

impl Merge<'_> {
    /// Applies every `@override` of a field, by the rules of
    /// <https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#override>.
    ///
    /// A subgraph or field to take over from need not exist: the directive
    /// stays behind when the old field has been removed.
    pub(super) fn override_states(
        &mut self,
        coordinate: &str,
        sources: &[FieldSource],
    ) -> Vec<OverrideState> {
        let mut states = vec![OverrideState::default(); sources.len()];
        for (to, source) in sources.iter().enumerate() {
            let Some(overrides) = &source.field.overrides else {
                continue;
            };
            if overrides.from == source.subgraph.name {
                let message = "a subgraph cannot override its own field".to_owned();
                let subgraphs = [source.subgraph];
                self.refuse("OVERRIDE_FROM_SELF_ERROR", subgraphs, coordinate, message);
                continue;
            }
            let from = sources.iter().position(|it| it.subgraph.name == overrides.from);
            if let Some((code, message)) = conflict(source, from.map(|from| &sources[from])) {
                let other = from.map(|from| sources[from].subgraph);
                let subgraphs = [Some(source.subgraph), other];
                self.refuse(code, subgraphs.into_iter().flatten(), coordinate, message);
                continue;
            }
            let Some(from) = from.filter(|from| !sources[*from].field.is_external) else {
                continue;
            };
            states[from].is_overridden = true;
            states[from].is_used = sources[from].is_used;
            states[from].label = overrides.label.clone();
            states[to].label = overrides.label.clone();
        }
        states
    }
}

fn conflict(source: &FieldSource, from: Option<&FieldSource>) -> Option<(&'static str, String)> {
    let collision = |message: &str| {
        let code = "OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE";
        Some((code, message.to_owned()))
    };
    if source.definition.is_interface_object {
        return collision("@override is not supported on fields of an @interfaceObject type");
    }
    let from = from?;
    if from.field.overrides.is_some() {
        let message = "the overridden field is itself marked @override".to_owned();
        return Some(("OVERRIDE_SOURCE_HAS_OVERRIDE", message));
    }
    if source.field.is_external {
        return collision("a field cannot be @external and @override another one");
    }
    if from.field.requires.is_some() {
        return collision("the overridden field is marked @requires");
    }
    if from.field.provides.is_some() {
        return collision("the overridden field is marked @provides");
    }
    None
}
