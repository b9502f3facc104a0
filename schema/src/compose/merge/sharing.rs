//! `@shareable`: a field that several subgraphs resolve has to say so in all
//! of them.

use apollo_compiler::Name;

use super::{Merge, fields::FieldSource, overrides::OverrideState};
use crate::compose::subgraph::{Subgraph, TypeKind};

impl<'a> Merge<'a> {
    /// Refuses an object's field that several subgraphs resolve, unless each of
    /// them declares it `@shareable` or uses it in a `@key`. Fields that are
    /// overridden or `@external` do not count, except for external ones that
    /// the subgraph does resolve below a `@provides`. See
    /// <https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/sharing-types>.
    pub(super) fn check_sharing(
        &mut self,
        parent: &Name,
        field: &Name,
        sources: &[FieldSource],
        states: &[OverrideState],
    ) {
        let mut resolving: Vec<(&Subgraph, bool)> = Vec::new();
        for (source, state) in sources.iter().zip(states) {
            let is_resolving = !source.field.is_external || source.is_provided;
            if is_resolving && !state.is_overridden {
                resolving.push((source.subgraph, source.is_shareable()));
            }
        }
        resolving.extend(self.through_interface_objects(parent, field));
        if resolving.len() < 2 || resolving.iter().all(|(_, is_shareable)| *is_shareable) {
            return;
        }
        let names = |only_unshareable: bool| {
            resolving
                .iter()
                .filter(|(_, is_shareable)| !only_unshareable || !is_shareable)
                .map(|(subgraph, _)| subgraph.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let message =
            format!("the field is resolved by {}, but not @shareable in {}", names(false), names(true));
        let subgraphs = resolving.iter().map(|(subgraph, _)| *subgraph);
        let coordinate = format!("{parent}.{field}");
        self.refuse("INVALID_FIELD_SHARING", subgraphs, &coordinate, message);
    }

    /// The subgraphs that resolve a field of an object through an
    /// `@interfaceObject`, and whether it is shareable there.
    pub(super) fn through_interface_objects(
        &self,
        parent: &Name,
        field: &Name,
    ) -> Vec<(&'a Subgraph, bool)> {
        let mut found = Vec::new();
        for (name, source) in &self.interface_objects {
            let knows_object =
                source.subgraph.types.get(parent).is_some_and(|it| it.kind == TypeKind::Object);
            let is_above = self.subtypes.get(name).is_some_and(|it| it.contains(parent));
            if knows_object || !is_above {
                continue;
            }
            if let Some(declared) = source.definition.fields.get(field)
                && !declared.is_external
            {
                let coordinate = ((*name).clone(), field.clone());
                let is_key = self.usages[source.index].keys.contains(&coordinate);
                found.push((source.subgraph, declared.is_shareable || is_key));
            }
        }
        found
    }
}
