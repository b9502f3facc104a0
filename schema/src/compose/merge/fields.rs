//! Merging the fields of objects and interfaces.

use apollo_compiler::{
    Name, Node,
    ast::{Directive, FieldDefinition, Type},
    name,
};
use indexmap::IndexSet;

use super::{Merge, TypeSource, arguments::listed, join::Join, overrides::OverrideState};
use crate::compose::subgraph::{Subgraph, SubgraphField, SubgraphType, TypeKind};

/// A field as one subgraph declares it.
pub(super) struct FieldSource<'a> {
    pub(super) subgraph: &'a Subgraph,
    pub(super) definition: &'a SubgraphType,
    pub(super) field: &'a SubgraphField,
    /// Named by a federation directive or an interface of the subgraph.
    pub(super) is_used: bool,
    pub(super) is_key: bool,
    pub(super) is_provided: bool,
}

impl FieldSource<'_> {
    pub(super) fn is_shareable(&self) -> bool {
        self.field.is_shareable || self.is_key || self.is_provided && self.field.is_external
    }
}

/// Every field that any subgraph resolves, in the order in which the subgraphs
/// first name them.
pub(super) fn merge_fields(
    merge: &mut Merge,
    name: &Name,
    kind: TypeKind,
    sources: &[TypeSource],
) -> Vec<Node<FieldDefinition>> {
    let names: IndexSet<&Name> =
        sources.iter().flat_map(|source| source.definition.fields.keys()).collect();
    let mut merged = Vec::new();
    for field in names {
        let sources = field_sources(merge, name, field, sources);
        merged.extend(merge.field(name, field, kind, &sources));
    }
    merged
}

fn field_sources<'a>(
    merge: &Merge,
    parent: &Name,
    name: &Name,
    sources: &[TypeSource<'a>],
) -> Vec<FieldSource<'a>> {
    let coordinate = (parent.clone(), name.clone());
    sources
        .iter()
        .filter_map(|source| {
            let usage = &merge.usages[source.index];
            Some(FieldSource {
                subgraph: source.subgraph,
                definition: source.definition,
                field: source.definition.fields.get(name)?,
                is_used: usage.used.contains(&coordinate),
                is_key: usage.keys.contains(&coordinate),
                is_provided: usage.provided.contains(&coordinate),
            })
        })
        .collect()
}

impl Merge<'_> {
    fn field(
        &mut self,
        parent: &Name,
        name: &Name,
        kind: TypeKind,
        sources: &[FieldSource],
    ) -> Option<Node<FieldDefinition>> {
        let coordinate = format!("{parent}.{name}");
        let resolved: Vec<&FieldSource> = sources.iter().filter(|it| !it.field.is_external).collect();
        if resolved.is_empty() {
            if self.through_interface_objects(parent, name).is_empty() {
                let subgraphs = sources.iter().map(|source| source.subgraph);
                let message = "the field is @external in every subgraph that has it".to_owned();
                self.refuse("EXTERNAL_MISSING_ON_BASE", subgraphs, &coordinate, message);
            }
            return None;
        }
        let states = self.override_states(&coordinate, sources);
        if kind == TypeKind::Object {
            self.check_sharing(parent, name, sources, &states);
        }
        let ty = self.field_type(&coordinate, &resolved);
        let arguments = self.arguments(&coordinate, &resolved);
        self.check_external_types(&coordinate, &ty, sources);
        self.check_external_arguments(&coordinate, &arguments_of(&arguments), sources);
        let decorations: Vec<_> = resolved.iter().map(|it| &it.field.decoration).collect();
        let decoration = self.decoration(&decorations);
        let is_mixed = sources.iter().any(|source| source.field.ty != ty);
        let joins = sources
            .iter()
            .zip(&states)
            .filter(|(_, state)| !state.is_removed())
            .map(|(source, state)| self.join_field(source, state, is_mixed));
        Some(Node::new(FieldDefinition {
            description: decoration.description,
            name: name.clone(),
            arguments,
            directives: joins.chain(decoration.directives).collect(),
            ty,
        }))
    }

    fn field_type(&mut self, coordinate: &str, sources: &[&FieldSource]) -> Type {
        let types: Vec<_> = sources.iter().map(|source| &source.field.ty).collect();
        self.output_type(&types).unwrap_or_else(|| {
            let message = format!("the types differ: {}", listed(types.iter()));
            let subgraphs = sources.iter().map(|source| source.subgraph);
            self.refuse("FIELD_TYPE_MISMATCH", subgraphs, coordinate, message);
            types[0].clone()
        })
    }

    /// The types are spelled out as soon as they are mixed.
    fn join_field(
        &self,
        source: &FieldSource,
        state: &OverrideState,
        is_mixed: bool,
    ) -> Node<Directive> {
        let field = source.field;
        let overrides = field
            .overrides
            .as_ref()
            .map(|it| &it.from)
            .filter(|from| self.subgraphs.iter().any(|it| it.name == **from));
        let is_used_overridden = state.is_overridden && state.is_used;
        Join::of(name!("join__field"), source.subgraph)
            .optional_text(name!("requires"), field.requires.as_ref())
            .optional_text(name!("provides"), field.provides.as_ref())
            .optional_text(name!("type"), is_mixed.then_some(&field.ty))
            .flag(name!("external"), field.is_external, false)
            .optional_text(name!("override"), overrides)
            .flag(name!("usedOverridden"), is_used_overridden, false)
            .optional_text(name!("overrideLabel"), state.label.as_ref())
            .build()
    }

    /// An external declaration promises no more than what the others resolve.
    fn check_external_types(&mut self, coordinate: &str, ty: &Type, sources: &[FieldSource]) {
        let (external, resolved): (Vec<_>, Vec<_>) =
            sources.iter().partition(|source| source.field.is_external);
        let is_mixed = resolved.iter().any(|source| source.field.ty != *ty);
        for source in external {
            let own = &source.field.ty;
            if own == ty || is_mixed && self.is_output_subtype(own, ty) {
                continue;
            }
            let message = format!("the field is @external of type {own}, but resolved as {ty}");
            let subgraphs = [source.subgraph];
            self.refuse("EXTERNAL_TYPE_MISMATCH", subgraphs, coordinate, message);
        }
    }

    /// An external declaration takes the arguments of the field it refers to.
    fn check_external_arguments(
        &mut self,
        coordinate: &str,
        arguments: &[(Name, Type)],
        sources: &[FieldSource],
    ) {
        for source in sources.iter().filter(|source| source.field.is_external) {
            for (name, ty) in arguments {
                let coordinate = format!("{coordinate}({name}:)");
                let own = source.field.arguments.get(name).map(|argument| &argument.ty);
                let (code, message) = match own {
                    None => (
                        "EXTERNAL_ARGUMENT_MISSING",
                        "the @external field lacks the argument".to_owned(),
                    ),
                    Some(own) if self.output_type(&[own, ty]).as_ref() != Some(own) && own != ty => (
                        "EXTERNAL_ARGUMENT_TYPE_MISMATCH",
                        format!("the argument of the @external field is of type {own} instead of {ty}"),
                    ),
                    Some(_) => continue,
                };
                self.refuse(code, [source.subgraph], &coordinate, message);
            }
        }
    }
}

fn arguments_of(arguments: &[Node<apollo_compiler::ast::InputValueDefinition>]) -> Vec<(Name, Type)> {
    arguments.iter().map(|argument| (argument.name.clone(), (*argument.ty).clone())).collect()
}
