//! Whether a schema still makes sense to clients, who do not see what is
//! `@inaccessible`.

use apollo_compiler::{
    Name, Schema,
    ast::{FieldDefinition, InputValueDefinition, Type, Value},
    schema::ExtendedType,
};

use crate::compose::error::CompositionError;

const DIRECTIVE: &str = "inaccessible";

/// Checks the rules of <https://specs.apollo.dev/inaccessible/v0.2/>.
pub(super) fn check(schema: &Schema, errors: &mut Vec<CompositionError>) {
    let mut check = Check { schema, errors };
    for (name, definition) in &schema.types {
        if !definition.is_built_in() && !definition.directives().has(DIRECTIVE) {
            check.visible_type(name, definition);
        }
    }
    if check.is_hidden("Query") {
        let message = "clients have to see the query type".to_owned();
        check.refuse("QUERY_ROOT_TYPE_INACCESSIBLE", "Query", message);
    }
}

struct Check<'a> {
    schema: &'a Schema,
    errors: &'a mut Vec<CompositionError>,
}

impl Check<'_> {
    fn visible_type(&mut self, name: &Name, definition: &ExtendedType) {
        let has_visible_children = match definition {
            ExtendedType::Object(it) => {
                it.fields.values().for_each(|field| self.field(name, field));
                for interface in &it.implements_interfaces {
                    self.implementation(name, definition, interface);
                }
                it.fields.values().any(|field| is_visible(field))
            }
            ExtendedType::Interface(it) => {
                it.fields.values().for_each(|field| self.field(name, field));
                for interface in &it.implements_interfaces {
                    self.implementation(name, definition, interface);
                }
                it.fields.values().any(|field| is_visible(field))
            }
            ExtendedType::InputObject(it) => {
                for field in it.fields.values() {
                    self.input(&format!("{name}.{}", field.name), field);
                }
                let mut fields = it.fields.values();
                fields.any(|field| !field.directives.has(DIRECTIVE))
            }
            ExtendedType::Enum(it) => {
                let mut values = it.values.values();
                values.any(|value| !value.directives.has(DIRECTIVE))
            }
            ExtendedType::Union(it) => it.members.iter().any(|member| !self.is_hidden(member)),
            ExtendedType::Scalar(_) => true,
        };
        if !has_visible_children {
            let message = format!("clients see {name}, but nothing in it");
            self.refuse("ONLY_INACCESSIBLE_CHILDREN", name, message);
        }
    }

    fn field(&mut self, parent: &Name, field: &FieldDefinition) {
        if !is_visible(field) {
            return;
        }
        let coordinate = format!("{parent}.{}", field.name);
        self.reference(&coordinate, &field.ty);
        for argument in &field.arguments {
            self.input(&format!("{coordinate}({}:)", argument.name), argument);
        }
    }

    fn input(&mut self, coordinate: &str, input: &InputValueDefinition) {
        if input.directives.has(DIRECTIVE) {
            if input.is_required() {
                let message = "what callers have to give cannot be hidden from them".to_owned();
                self.refuse("REQUIRED_INACCESSIBLE", coordinate, message);
            }
            return;
        }
        self.reference(coordinate, &input.ty);
        if let Some(value) = &input.default_value
            && self.uses_hidden(value, input.ty.inner_named_type())
        {
            let message = "the default value uses something that clients do not see".to_owned();
            self.refuse("DEFAULT_VALUE_USES_INACCESSIBLE", coordinate, message);
        }
    }

    fn reference(&mut self, coordinate: &str, ty: &Type) {
        let name = ty.inner_named_type();
        if self.is_hidden(name) {
            let message = format!("clients see {coordinate}, but not its type {name}");
            self.refuse("REFERENCED_INACCESSIBLE", coordinate, message);
        }
    }

    /// What an interface shows, its implementations show as well.
    fn implementation(&mut self, name: &Name, definition: &ExtendedType, interface: &Name) {
        let schema = self.schema;
        let Some(interface) = schema.get_interface(interface) else {
            return;
        };
        if interface.directives.has(DIRECTIVE) {
            return;
        }
        for shown in interface.fields.values().filter(|field| is_visible(field)) {
            let own = match definition {
                ExtendedType::Object(it) => it.fields.get(&shown.name),
                ExtendedType::Interface(it) => it.fields.get(&shown.name),
                _ => None,
            };
            let Some(own) = own else {
                continue;
            };
            let coordinate = format!("{name}.{}", own.name);
            if !is_visible(own) {
                let message = format!("clients see the field in interface {}", interface.name);
                self.refuse("IMPLEMENTED_BY_INACCESSIBLE", &coordinate, message);
            }
            for argument in &own.arguments {
                let is_shown = shown
                    .argument_by_name(&argument.name)
                    .is_some_and(|it| !it.directives.has(DIRECTIVE));
                if is_shown && argument.directives.has(DIRECTIVE) {
                    let coordinate = format!("{coordinate}({}:)", argument.name);
                    let message = format!("clients see the argument in interface {}", interface.name);
                    self.refuse("IMPLEMENTED_BY_INACCESSIBLE", &coordinate, message);
                }
            }
        }
    }

    fn uses_hidden(&self, value: &Value, ty: &Name) -> bool {
        match (value, self.schema.types.get(ty)) {
            (Value::List(items), _) => items.iter().any(|item| self.uses_hidden(item, ty)),
            (Value::Enum(name), Some(ExtendedType::Enum(definition))) => {
                definition.values.get(name).is_some_and(|value| value.directives.has(DIRECTIVE))
            }
            (Value::Object(entries), Some(ExtendedType::InputObject(definition))) => {
                entries.iter().any(|(name, value)| {
                    definition.fields.get(name).is_some_and(|field| {
                        field.directives.has(DIRECTIVE)
                            || self.uses_hidden(value, field.ty.inner_named_type())
                    })
                })
            }
            _ => false,
        }
    }

    fn is_hidden(&self, name: &str) -> bool {
        let definition = self.schema.types.get(name);
        definition.is_some_and(|it| it.directives().has(DIRECTIVE))
    }

    fn refuse(&mut self, code: &'static str, coordinate: &str, message: String) {
        self.errors.push(CompositionError::between(code, [], coordinate, message));
    }
}

fn is_visible(field: &FieldDefinition) -> bool {
    !field.directives.has(DIRECTIVE)
}
