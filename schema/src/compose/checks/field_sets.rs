//! Whether the field sets of `@key`, `@requires` and `@provides` select what
//! exists, and what they may.

use apollo_compiler::{
    Name,
    ast::{Field, Selection},
};

use crate::compose::{
    error::CompositionError,
    field_set::{FieldSet, implementations},
    subgraph::{Subgraph, SubgraphField, SubgraphType, TypeKind},
};

/// See the descriptions of the three directives in
/// <https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/directives>.
pub(super) fn check(subgraph: &Subgraph, errors: &mut Vec<CompositionError>) {
    for (name, definition) in &subgraph.types {
        for key in &definition.keys {
            let check = Check { subgraph, rules: &KEY, coordinate: name.to_string() };
            check.field_set(&key.fields, name, errors);
        }
        for (field_name, field) in &definition.fields {
            let check = |rules| Check { subgraph, rules, coordinate: format!("{name}.{field_name}") };
            let is_interface = definition.kind == TypeKind::Interface;
            if let Some(requires) = &field.requires {
                check(&REQUIRES).usage(is_interface, errors);
                check(&REQUIRES).field_set(requires, name, errors);
            }
            if let Some(provides) = &field.provides {
                check(&PROVIDES).usage(is_interface, errors);
                check(&PROVIDES).provides(field, provides, errors);
            }
        }
    }
}

/// The error codes of one directive, and what its field set may contain.
struct Rules {
    directive: &'static str,
    invalid_fields: &'static str,
    has_directives: &'static str,
    has_arguments: &'static str,
    missing_external: &'static str,
    unsupported_on_interface: &'static str,
    /// Whether the selected fields have to be `@external`.
    selects_external: bool,
    allows_arguments: bool,
}

const KEY: Rules = Rules {
    directive: "key",
    invalid_fields: "KEY_INVALID_FIELDS",
    has_directives: "KEY_DIRECTIVE_IN_FIELDS_ARG",
    has_arguments: "KEY_FIELDS_HAS_ARGS",
    missing_external: "KEY_INVALID_FIELDS",
    unsupported_on_interface: "KEY_UNSUPPORTED_ON_INTERFACE",
    selects_external: false,
    allows_arguments: false,
};

const REQUIRES: Rules = Rules {
    directive: "requires",
    invalid_fields: "REQUIRES_INVALID_FIELDS",
    has_directives: "REQUIRES_DIRECTIVE_IN_FIELDS_ARG",
    has_arguments: "REQUIRES_FIELDS_HAS_ARGS",
    missing_external: "REQUIRES_FIELDS_MISSING_EXTERNAL",
    unsupported_on_interface: "REQUIRES_UNSUPPORTED_ON_INTERFACE",
    selects_external: true,
    allows_arguments: true,
};

const PROVIDES: Rules = Rules {
    directive: "provides",
    invalid_fields: "PROVIDES_INVALID_FIELDS",
    has_directives: "PROVIDES_DIRECTIVE_IN_FIELDS_ARG",
    has_arguments: "PROVIDES_FIELDS_HAS_ARGS",
    missing_external: "PROVIDES_FIELDS_MISSING_EXTERNAL",
    unsupported_on_interface: "PROVIDES_UNSUPPORTED_ON_INTERFACE",
    selects_external: true,
    allows_arguments: false,
};

struct Check<'a> {
    subgraph: &'a Subgraph,
    rules: &'static Rules,
    /// Where the directive stands.
    coordinate: String,
}

impl Check<'_> {
    fn usage(&self, is_interface: bool, errors: &mut Vec<CompositionError>) {
        if is_interface {
            let message = "the directive is not supported on fields of interfaces".to_owned();
            self.refuse(self.rules.unsupported_on_interface, message, errors);
        }
    }

    fn provides(&self, field: &SubgraphField, fields: &FieldSet, errors: &mut Vec<CompositionError>) {
        let returned = field.ty.inner_named_type();
        let definition = self.subgraph.types.get(returned);
        if definition.is_some_and(|it| it.is_composite()) {
            return self.field_set(fields, returned, errors);
        }
        let message = format!("{returned} has no fields to provide");
        self.refuse("PROVIDES_ON_NON_OBJECT_FIELD", message, errors);
    }

    fn field_set(&self, fields: &FieldSet, parent: &Name, errors: &mut Vec<CompositionError>) {
        self.selections(&fields.selections, parent, false, errors);
    }

    fn selections(
        &self,
        selections: &[Selection],
        parent: &Name,
        is_below_external: bool,
        errors: &mut Vec<CompositionError>,
    ) {
        for selection in selections {
            match selection {
                Selection::Field(field) => self.field(field, parent, is_below_external, errors),
                Selection::InlineFragment(fragment) => {
                    let inner = fragment.type_condition.as_ref().unwrap_or(parent);
                    let definition = self.subgraph.types.get(inner);
                    if !fragment.directives.is_empty() {
                        self.refuse_directives(errors);
                    }
                    if definition.is_some_and(|it| it.is_composite()) {
                        let nested = &fragment.selection_set;
                        self.selections(nested, inner, is_below_external, errors);
                    } else {
                        let message = format!("there is no type {inner} to select on");
                        self.refuse(self.rules.invalid_fields, message, errors);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let message = format!("fragment {} is not defined", spread.fragment_name);
                    self.refuse(self.rules.invalid_fields, message, errors);
                }
            }
        }
    }

    fn field(
        &self,
        field: &Field,
        parent: &Name,
        is_below_external: bool,
        errors: &mut Vec<CompositionError>,
    ) {
        let invalid = self.rules.invalid_fields;
        if !field.directives.is_empty() {
            self.refuse_directives(errors);
        }
        if let Some(alias) = &field.alias {
            let message = format!("alias {alias} is not allowed here");
            self.refuse(invalid, message, errors);
        }
        if field.name == "__typename" {
            return;
        }
        let definition = self.subgraph.types.get(parent);
        let Some(definition) = definition.and_then(|it| it.fields.get(&field.name)) else {
            let message = format!("there is no field {parent}.{}", field.name);
            return self.refuse(invalid, message, errors);
        };
        self.arguments(field, parent, definition, errors);

        if self.returned_type(field, parent, definition, errors) {
            self.external(field, parent, definition, is_below_external, errors);
        }
    }

    /// Whether a selection follows exactly where one has to.
    fn returned_type(
        &self,
        field: &Field,
        parent: &Name,
        definition: &SubgraphField,
        errors: &mut Vec<CompositionError>,
    ) -> bool {
        let returned = self.subgraph.types.get(definition.ty.inner_named_type());
        let is_composite = returned.is_some_and(|it| it.is_composite());
        let is_leaf = field.selection_set.is_empty();
        let coordinate = format!("{parent}.{}", field.name);
        let (code, message) = match (is_composite, is_leaf) {
            (true, true) => (self.rules.invalid_fields, "needs a selection of fields"),
            (false, false) => (self.rules.invalid_fields, "has no fields to select"),
            _ if self.rules.directive == "key" && returned.is_some_and(is_abstract) => {
                ("KEY_FIELDS_SELECT_INVALID_TYPE", "returns an interface or union")
            }
            _ => return true,
        };
        self.refuse(code, format!("{coordinate} {message}"), errors);
        false
    }

    /// Goes on below the field; at a leaf, something on the way was external.
    fn external(
        &self,
        field: &Field,
        parent: &Name,
        definition: &SubgraphField,
        is_below_external: bool,
        errors: &mut Vec<CompositionError>,
    ) {
        let is_external = is_below_external || definition.is_external;
        if !field.selection_set.is_empty() {
            let is_external = is_external || self.is_external_in_implementation(parent, &field.name);
            let returned = definition.ty.inner_named_type();
            self.selections(&field.selection_set, returned, is_external, errors);
        } else if self.rules.selects_external && !is_external {
            let message =
                format!("{parent}.{} is not @external: the subgraph resolves it itself", field.name);
            self.refuse(self.rules.missing_external, message, errors);
        }
    }

    fn arguments(
        &self,
        field: &Field,
        parent: &Name,
        definition: &SubgraphField,
        errors: &mut Vec<CompositionError>,
    ) {
        let coordinate = format!("{parent}.{}", field.name);
        if !self.rules.allows_arguments && !definition.arguments.is_empty() {
            let message = format!("{coordinate} has arguments");
            return self.refuse(self.rules.has_arguments, message, errors);
        }
        for (name, argument) in &definition.arguments {
            let is_given = field.arguments.iter().any(|given| given.name == *name);
            if argument.is_required() && !is_given {
                let message = format!("{coordinate} needs its argument {name}");
                self.refuse(self.rules.invalid_fields, message, errors);
            }
        }
        for given in &field.arguments {
            if !definition.arguments.contains_key(&given.name) {
                let message = format!("{coordinate} has no argument {}", given.name);
                self.refuse(self.rules.invalid_fields, message, errors);
            }
        }
    }

    fn is_external_in_implementation(&self, interface: &Name, field: &Name) -> bool {
        implementations(&self.subgraph.types, interface)
            .filter_map(|(_, definition)| definition.fields.get(field))
            .any(|field| field.is_external)
    }

    fn refuse_directives(&self, errors: &mut Vec<CompositionError>) {
        let message = "directives are not allowed here".to_owned();
        self.refuse(self.rules.has_directives, message, errors);
    }

    fn refuse(&self, code: &'static str, reason: String, errors: &mut Vec<CompositionError>) {
        errors.push(CompositionError::at(
            code,
            &self.subgraph.name,
            self.coordinate.as_str(),
            format!("@{}(fields:): {reason}", self.rules.directive),
        ));
    }
}

fn is_abstract(definition: &SubgraphType) -> bool {
    matches!(definition.kind, TypeKind::Interface | TypeKind::Union)
}
