//! Whether a subgraph puts its federation directives where they mean
//! something.

use apollo_compiler::{Name, Node, ast::Directive};

use crate::compose::{
    error::CompositionError,
    subgraph::{FieldUsage, ROOT_TYPES, Subgraph, SubgraphField, SubgraphType, TypeKind},
};

/// Checks one subgraph.
pub(super) fn check(subgraph: &Subgraph, errors: &mut Vec<CompositionError>) {
    let usage = FieldUsage::of(&subgraph.types);
    for (name, definition) in &subgraph.types {
        let mut refuse = |code, coordinate: &str, message: &str| {
            errors.push(CompositionError::at(code, &subgraph.name, coordinate, message));
        };
        if definition.is_interface_object && definition.keys.is_empty() {
            let message = "@interfaceObject needs a @key on the same type";
            refuse("INTERFACE_OBJECT_USAGE_ERROR", name, message);
        }
        check_costs(name, &definition.decoration.directives, &mut refuse);
        for (field_name, field) in &definition.fields {
            let coordinate = format!("{name}.{field_name}");
            let is_used = usage.used.contains(&(name.clone(), field_name.clone()));
            check_external(&coordinate, definition, field, is_used, &mut refuse);
            check_field(&coordinate, definition, field, &mut refuse);
        }
        for (field_name, field) in &definition.input_fields {
            let coordinate = format!("{name}.{field_name}");
            check_costs(&coordinate, &field.decoration.directives, &mut refuse);
        }
    }
    check_interface_keys(subgraph, errors);
    check_root_names(subgraph, errors);
}

type Refuse<'a> = dyn FnMut(&'static str, &str, &str) + 'a;

fn check_external(
    coordinate: &str,
    parent: &SubgraphType,
    field: &SubgraphField,
    is_used: bool,
    refuse: &mut Refuse,
) {
    if !field.is_external {
        return;
    }
    if parent.kind == TypeKind::Interface {
        let message = "fields of interfaces cannot be @external";
        return refuse("EXTERNAL_ON_INTERFACE", coordinate, message);
    }
    if !is_used && !parent.is_external {
        let message = "the field is @external, but no @key, @requires, @provides or interface uses it";
        refuse("EXTERNAL_UNUSED", coordinate, message);
    }
    if field.decoration.has("tag") || field.decoration.has("inaccessible") {
        let message = "@tag and @inaccessible belong to the subgraph that resolves the field";
        refuse("MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL", coordinate, message);
    }
}

fn check_field(coordinate: &str, parent: &SubgraphType, field: &SubgraphField, refuse: &mut Refuse) {
    let is_interface = parent.kind == TypeKind::Interface;
    if is_interface && field.is_shareable {
        let message = "@shareable has no meaning on fields of interfaces";
        refuse("INVALID_SHAREABLE_USAGE", coordinate, message);
    }
    if let Some(overrides) = &field.overrides {
        if is_interface {
            let message = "@override is not supported on fields of interfaces";
            refuse("OVERRIDE_ON_INTERFACE", coordinate, message);
        }
        if let Some(label) = &overrides.label
            && !is_override_label(label)
        {
            let message = "the label of @override is a word, or percent(0) to percent(100)";
            refuse("OVERRIDE_LABEL_INVALID", coordinate, message);
        }
    }
    let directives = &field.decoration.directives;
    check_costs(coordinate, directives, refuse);
    if is_interface && field.decoration.has("cost") {
        let message = "@cost belongs to the fields that implement the interface's";
        refuse("COST_APPLIED_TO_INTERFACE_FIELD", coordinate, message);
    }
    if field.decoration.has("listSize") && !field.ty.is_list() && !names_sized_fields(directives) {
        let message = "@listSize needs a list, or sizedFields";
        refuse("LIST_SIZE_APPLIED_TO_NON_LIST", coordinate, message);
    }
    for (name, argument) in &field.arguments {
        let coordinate = format!("{coordinate}({name}:)");
        check_costs(&coordinate, &argument.decoration.directives, refuse);
    }
}

fn names_sized_fields(directives: &[Node<Directive>]) -> bool {
    directives.iter().any(|it| it.specified_argument_by_name("sizedFields").is_some())
}

/// Planning needs costs and sizes that are not negative.
fn check_costs(coordinate: &str, directives: &[Node<Directive>], refuse: &mut Refuse) {
    for directive in directives {
        let is_negative = |argument| {
            let value = directive.specified_argument_by_name(argument);
            value.and_then(|it| it.to_i32()).is_some_and(|it| it < 0)
        };
        if directive.name == "cost" && is_negative("weight") {
            refuse("COST_INVALID_WEIGHT", coordinate, "the weight of @cost is negative");
        }
        if directive.name == "listSize" && is_negative("assumedSize") {
            let message = "the assumedSize of @listSize is negative";
            refuse("LIST_SIZE_INVALID_ASSUMED_SIZE", coordinate, message);
        }
    }
}

/// See <https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives#override>.
fn is_override_label(label: &str) -> bool {
    if let Some(percent) = label.strip_prefix("percent(") {
        let Some(number) = percent.strip_suffix(')') else {
            return false;
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let is_number =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        return number == "100"
            || is_number(whole) && whole.len() <= 2 && is_number(fraction) && fraction.len() <= 8;
    }
    label.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && label.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-:./".contains(letter))
}

/// An entity can only be asked for by an interface's key when every type that
/// implements the interface has that key.
fn check_interface_keys(subgraph: &Subgraph, errors: &mut Vec<CompositionError>) {
    let interfaces =
        subgraph.types.iter().filter(|(_, definition)| definition.kind == TypeKind::Interface);
    for (name, interface) in interfaces {
        for key in &interface.keys {
            for (implementation, definition) in
                crate::compose::field_set::implementations(&subgraph.types, name)
            {
                let has_key = definition.keys.iter().any(|it| {
                    it.fields.to_string() == key.fields.to_string()
                        && (it.is_resolvable || !key.is_resolvable)
                });
                if !has_key {
                    errors.push(CompositionError::at(
                        "INTERFACE_KEY_NOT_ON_IMPLEMENTATION",
                        &subgraph.name,
                        name.as_str(),
                        format!("{implementation} implements {name} without its key \"{}\"", key.fields),
                    ));
                }
            }
        }
    }
}

/// Root types get their usual names in the supergraph, so no other type may
/// have one of them.
fn check_root_names(subgraph: &Subgraph, errors: &mut Vec<CompositionError>) {
    let codes = ["ROOT_QUERY_USED", "ROOT_MUTATION_USED", "ROOT_SUBSCRIPTION_USED"];
    for (name, code) in ROOT_TYPES.into_iter().zip(codes) {
        let is_clash = subgraph.shadowed_root_names.contains(&Name::new_unchecked(name));
        if is_clash {
            let message =
                format!("{name} is an ordinary type here, but in the supergraph it is a root type");
            errors.push(CompositionError::at(code, &subgraph.name, name, message));
        }
    }
}

/// In Federation 1 somebody has to define what others extend.
pub(super) fn check_extensions(subgraphs: &[Subgraph], errors: &mut Vec<CompositionError>) {
    for subgraph in subgraphs.iter().filter(|it| !it.links.is_federation_two()) {
        for (name, definition) in &subgraph.types {
            let is_defined =
                subgraphs.iter().any(|other| other.types.get(name).is_some_and(|it| !it.is_extension));
            if definition.is_extension && !is_defined && !ROOT_TYPES.contains(&name.as_str()) {
                errors.push(CompositionError::at(
                    "EXTENSION_WITH_NO_BASE",
                    &subgraph.name,
                    name.as_str(),
                    format!("{name} is extended, but no subgraph defines it"),
                ));
            }
        }
    }
}
