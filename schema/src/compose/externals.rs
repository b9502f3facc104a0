//! Which fields a subgraph really does not resolve: the meaning of
//! `@external`, and the older rules of Federation 1.

use apollo_compiler::{Name, ast::Selection};
use indexmap::IndexMap;

use super::{
    field_set::FieldSet,
    subgraph::{Coordinate, FieldUsage, Subgraph, SubgraphField, SubgraphType, TypeKind},
};

/// Settles `is_external` and `is_shareable` of every field.
///
/// `@external` on a type is `@external` on its fields. The key fields of a type
/// extension are not external even when they say so: Federation 1 asked for
/// the directive there.
pub(super) fn settle(subgraphs: &mut [Subgraph]) {
    for subgraph in subgraphs.iter_mut() {
        for definition in subgraph.types.values_mut().filter(|it| it.is_external) {
            for field in definition.fields.values_mut() {
                field.is_external = true;
            }
        }
        let coordinates = keys_of_extensions(&subgraph.types);
        clear_external(subgraph, &coordinates);
    }
    upgrade_from_federation_one(subgraphs);
}

fn keys_of_extensions(types: &IndexMap<Name, SubgraphType>) -> Vec<Coordinate> {
    let mut coordinates = Vec::new();
    for (name, definition) in types {
        for key in definition.keys.iter().filter(|key| key.is_on_extension) {
            key.fields.for_each_field(types, name, &mut |parent, field| {
                coordinates.push((parent.clone(), field.clone()));
            });
        }
    }
    coordinates
}

fn clear_external(subgraph: &mut Subgraph, coordinates: &[Coordinate]) {
    for (parent, field) in coordinates {
        let definition = subgraph.types.get_mut(parent);
        if let Some(field) = definition.and_then(|it| it.fields.get_mut(field)) {
            field.is_external = false;
        }
    }
}

/// Reads Federation 1 subgraphs as if they were written for Federation 2.
///
/// The rules are those of
/// <https://www.apollographql.com/docs/graphos/reference/migration/to-federation-version-2>:
/// every field may be resolved by several subgraphs, directives without an
/// effect are dropped, and so are external fields that nothing uses.
fn upgrade_from_federation_one(subgraphs: &mut [Subgraph]) {
    for index in 0..subgraphs.len() {
        if subgraphs[index].links.is_federation_two() {
            continue;
        }
        let foreign_keys = foreign_keys_of_extensions(subgraphs, index);
        let subgraph = &mut subgraphs[index];
        clear_external(subgraph, &foreign_keys);
        drop_directives_without_effect(subgraph);
        drop_unused_externals(subgraph);
        for (name, definition) in &mut subgraph.types {
            for field in definition.fields.values_mut() {
                field.is_shareable = name != "Subscription";
            }
            for key in &mut definition.keys {
                key.is_on_extension = false;
            }
        }
    }
}

/// The key fields, by other subgraphs, of types that a subgraph extends
/// without a key of its own.
fn foreign_keys_of_extensions(subgraphs: &[Subgraph], index: usize) -> Vec<Coordinate> {
    let mut coordinates = Vec::new();
    for (name, definition) in &subgraphs[index].types {
        if !definition.is_extension || !definition.keys.is_empty() {
            continue;
        }
        let others = subgraphs.iter().enumerate().filter(|(other, _)| *other != index);
        for (_, other) in others {
            let key = other.types.get(name).and_then(|it| it.keys.first());
            if let Some(key) = key {
                key.fields.for_each_field(&other.types, name, &mut |parent, field| {
                    if parent == name {
                        coordinates.push((parent.clone(), field.clone()));
                    }
                });
            }
        }
    }
    coordinates
}

fn drop_directives_without_effect(subgraph: &mut Subgraph) {
    let types = subgraph.types.clone();
    for (name, definition) in &mut subgraph.types {
        let is_interface = definition.kind == TypeKind::Interface;
        if is_interface {
            definition.keys.clear();
        }
        for field in definition.fields.values_mut() {
            if is_interface {
                field.is_external = false;
                field.requires = None;
                field.provides = None;
            }
            field.requires =
                field.requires.take().and_then(|requires| only_external(requires, &types, name));
            let returned = field.ty.inner_named_type().clone();
            field.provides = field
                .provides
                .take()
                .filter(|_| types.get(&returned).is_some_and(SubgraphType::is_composite))
                .and_then(|provides| only_external(provides, &types, &returned));
        }
    }
}

/// The part of a field set that the subgraph does not resolve by itself.
fn only_external(
    fields: FieldSet,
    types: &IndexMap<Name, SubgraphType>,
    parent: &Name,
) -> Option<FieldSet> {
    let selections = external_selections(&fields.selections, types, parent);
    (!selections.is_empty()).then_some(FieldSet { selections })
}

fn external_selections(
    selections: &[Selection],
    types: &IndexMap<Name, SubgraphType>,
    parent: &Name,
) -> Vec<Selection> {
    selections
        .iter()
        .filter_map(|selection| match selection {
            Selection::Field(field) => {
                let definition = types.get(parent).and_then(|it| it.fields.get(&field.name));
                let Some(definition) = definition else {
                    // Left for the checks to complain about.
                    return Some(selection.clone());
                };
                if definition.is_external {
                    return Some(selection.clone());
                }
                let inner = definition.ty.inner_named_type();
                let nested = external_selections(&field.selection_set, types, inner);
                let mut field = field.clone();
                field.make_mut().selection_set = nested;
                (!field.selection_set.is_empty()).then_some(Selection::Field(field))
            }
            Selection::InlineFragment(fragment) => {
                let inner = fragment.type_condition.as_ref().unwrap_or(parent);
                let nested = external_selections(&fragment.selection_set, types, inner);
                let mut fragment = fragment.clone();
                fragment.make_mut().selection_set = nested;
                (!fragment.selection_set.is_empty()).then_some(Selection::InlineFragment(fragment))
            }
            Selection::FragmentSpread(_) => Some(selection.clone()),
        })
        .collect()
}

fn drop_unused_externals(subgraph: &mut Subgraph) {
    let usage = FieldUsage::of(&subgraph.types);
    let is_kept = |parent: &Name, name: &Name, field: &SubgraphField| {
        !field.is_external || usage.used.contains(&(parent.clone(), name.clone()))
    };
    for (parent, definition) in &mut subgraph.types {
        definition.fields.retain(|name, field| is_kept(parent, name, field));
    }
    subgraph.types.retain(|name, definition| {
        let has_fields = matches!(definition.kind, TypeKind::Object | TypeKind::Interface);
        name == "Query" || !has_fields || !definition.fields.is_empty()
    });
}
