//! Introspection (GraphQL specification, 4 "Introspection"), answered from the
//! public schema.

use std::cell::Cell;

use apollo_compiler::{
    Name as TypeName, Node,
    ast::{self, DirectiveDefinition, Type},
    schema::{Component, EnumValueDefinition, ExtendedType, FieldDefinition, InputValueDefinition},
};
use async_graphql::{Name, ServerError, Value, Variables};
use indexmap::IndexMap;

use crate::{
    PublicSchema,
    document::shape::{Field, Selection},
    error,
    execute::is_included,
    variables::literal,
};

/// The most objects one request reads of the schema; the standard query needs
/// far fewer.
const MAX_OBJECTS: usize = 50_000;

/// Something to introspect.
enum Meta<'s> {
    Schema,
    Named(&'s TypeName),
    Wrapped(&'s Type),
    Field(&'s FieldDefinition),
    Input(&'s InputValueDefinition),
    Value(&'s EnumValueDefinition),
    Directive(&'s DirectiveDefinition),
}

/// What a field of it holds.
enum Held<'s> {
    Leaf(Value),
    One(Option<Meta<'s>>),
    Many(Option<Vec<Meta<'s>>>),
}

/// Answers the introspection of one request.
pub(crate) struct Introspector<'s> {
    public: &'s PublicSchema,
    variables: &'s Variables,
    /// Objects that may still be read.
    left: Cell<usize>,
}

impl<'s> Introspector<'s> {
    pub(crate) const fn new(public: &'s PublicSchema, variables: &'s Variables) -> Self {
        Self { public, variables, left: Cell::new(MAX_OBJECTS) }
    }

    /// The value of `__schema` or `__type`, under the planner's keys.
    pub(crate) fn resolve(&self, field: &Field) -> Value {
        let meta = match field.name.as_str() {
            "__schema" => Some(Meta::Schema),
            _ => match self.argument(field, "name") {
                Some(Value::String(name)) => {
                    let types = &self.public.schema.types;
                    types.get_key_value(name.as_str()).map(|(name, _)| Meta::Named(name))
                }
                _ => None,
            },
        };
        self.maybe(meta, field)
    }

    /// Why the answer is not whole, if it is not.
    pub(crate) fn exhausted(&self) -> Option<ServerError> {
        (self.left.get() == 0).then(|| error::too_much("objects of the schema", MAX_OBJECTS))
    }

    fn maybe(&self, meta: Option<Meta<'s>>, field: &Field) -> Value {
        match (meta, &field.selection) {
            (Some(meta), Some(selection)) => self.object(&meta, selection),
            _ => Value::Null,
        }
    }

    fn object(&self, meta: &Meta<'s>, selection: &Selection) -> Value {
        let Some(left) = self.left.get().checked_sub(1) else { return Value::Null };
        self.left.set(left);
        let mut object = IndexMap::new();
        for field in selection.variants.iter().flat_map(|variant| &variant.fields) {
            if field.name == "__typename" || !is_included(field, self.variables) {
                continue;
            }
            let value = match self.held(meta, field) {
                Held::Leaf(value) => value,
                Held::One(meta) => self.maybe(meta, field),
                Held::Many(None) => Value::Null,
                Held::Many(Some(metas)) => {
                    Value::List(metas.into_iter().map(|meta| self.maybe(Some(meta), field)).collect())
                }
            };
            object.insert(field.planned.clone(), value);
        }
        Value::Object(object)
    }

    fn held(&self, meta: &Meta<'s>, field: &Field) -> Held<'s> {
        let name = field.name.as_str();
        match meta {
            Meta::Schema => self.of_schema(name),
            Meta::Named(ty) => match self.public.schema.types.get(*ty) {
                Some(definition) => self.of_type(definition, field),
                None => Held::Leaf(Value::Null),
            },
            Meta::Wrapped(ty) => self.of_wrapped(ty, field),
            Meta::Field(definition) => match name {
                "name" => text(&definition.name),
                "description" => description(definition.description.as_ref()),
                "args" => {
                    Held::Many(Some(self.inputs(definition.arguments.iter().map(AsRef::as_ref), field)))
                }
                "type" => Held::One(Some(wrapped(&definition.ty))),
                _ => deprecation(name, definition.directives.get("deprecated")),
            },
            Meta::Input(definition) => match name {
                "name" => text(&definition.name),
                "description" => description(definition.description.as_ref()),
                "type" => Held::One(Some(wrapped(&definition.ty))),
                "defaultValue" => {
                    Held::Leaf(definition.default_value.as_ref().map_or(Value::Null, |value| {
                        Value::String(value.serialize().no_indent().to_string())
                    }))
                }
                _ => deprecation(name, definition.directives.get("deprecated")),
            },
            Meta::Value(definition) => match name {
                "name" => text(&definition.value),
                "description" => description(definition.description.as_ref()),
                _ => deprecation(name, definition.directives.get("deprecated")),
            },
            Meta::Directive(definition) => match name {
                "name" => text(&definition.name),
                "description" => description(definition.description.as_ref()),
                "isRepeatable" => Held::Leaf(Value::Boolean(definition.repeatable)),
                "locations" => Held::Leaf(Value::List(
                    definition
                        .locations
                        .iter()
                        .map(|place| Value::Enum(Name::new(place.name())))
                        .collect(),
                )),
                _ => {
                    Held::Many(Some(self.inputs(definition.arguments.iter().map(AsRef::as_ref), field)))
                }
            },
        }
    }

    fn of_schema(&self, name: &str) -> Held<'s> {
        let schema = &self.public.schema;
        let definition = &schema.schema_definition;
        let root = |name: Option<&'s apollo_compiler::schema::ComponentName>| {
            Held::One(name.map(|name| Meta::Named(&name.name)))
        };
        match name {
            "description" => description(definition.description.as_ref()),
            "types" => Held::Many(Some(schema.types.keys().map(Meta::Named).collect())),
            "queryType" => root(definition.query.as_ref()),
            "mutationType" => root(definition.mutation.as_ref()),
            "subscriptionType" => root(definition.subscription.as_ref()),
            _ => Held::Many(Some(
                schema
                    .directive_definitions
                    .values()
                    .map(|directive| Meta::Directive(directive))
                    .collect(),
            )),
        }
    }

    fn of_type(&self, definition: &'s ExtendedType, field: &Field) -> Held<'s> {
        match field.name.as_str() {
            "kind" => Held::Leaf(Value::Enum(Name::new(match definition {
                ExtendedType::Scalar(_) => "SCALAR",
                ExtendedType::Object(_) => "OBJECT",
                ExtendedType::Interface(_) => "INTERFACE",
                ExtendedType::Union(_) => "UNION",
                ExtendedType::Enum(_) => "ENUM",
                ExtendedType::InputObject(_) => "INPUT_OBJECT",
            }))),
            "name" => text(definition.name()),
            "description" => description(definition.description()),
            "specifiedByURL" => Held::Leaf(match definition {
                ExtendedType::Scalar(scalar) => argument(scalar.directives.get("specifiedBy"), "url"),
                _ => Value::Null,
            }),
            "isOneOf" => Held::Leaf(match definition {
                ExtendedType::InputObject(input) => Value::Boolean(input.directives.has("oneOf")),
                _ => Value::Null,
            }),
            "fields" => Held::Many(match definition {
                ExtendedType::Object(object) => Some(self.fields(object.fields.values(), field)),
                ExtendedType::Interface(interface) => {
                    Some(self.fields(interface.fields.values(), field))
                }
                _ => None,
            }),
            "interfaces" => Held::Many(match definition {
                ExtendedType::Object(object) => Some(named(&object.implements_interfaces)),
                ExtendedType::Interface(interface) => Some(named(&interface.implements_interfaces)),
                _ => None,
            }),
            "possibleTypes" => Held::Many(match definition {
                ExtendedType::Interface(_) | ExtendedType::Union(_) => {
                    Some(self.public.possible_types(definition.name()).iter().map(Meta::Named).collect())
                }
                _ => None,
            }),
            "enumValues" => Held::Many(match definition {
                ExtendedType::Enum(definition) => {
                    let with_deprecated = self.wants_deprecated(field);
                    let shown = definition
                        .values
                        .values()
                        .filter(|value| with_deprecated || !value.directives.has("deprecated"));
                    Some(shown.map(|value| Meta::Value(value)).collect())
                }
                _ => None,
            }),
            "inputFields" => Held::Many(match definition {
                ExtendedType::InputObject(input) => {
                    Some(self.inputs(input.fields.values().map(|input| input.as_ref()), field))
                }
                _ => None,
            }),
            _ => Held::One(None),
        }
    }

    fn of_wrapped(&self, ty: &'s Type, field: &Field) -> Held<'s> {
        let (kind, inner) = match ty {
            Type::Named(name) => return self.held(&Meta::Named(name), field),
            Type::NonNullNamed(name) => ("NON_NULL", Meta::Named(name)),
            Type::List(inner) => ("LIST", wrapped(inner)),
            // A non-null list holds a list: its own `ofType` is that list.
            Type::NonNullList(_) => return self.of_non_null_list(ty, field),
        };
        match field.name.as_str() {
            "kind" => Held::Leaf(Value::Enum(Name::new(kind))),
            "ofType" => Held::One(Some(inner)),
            "fields" | "interfaces" | "possibleTypes" | "enumValues" | "inputFields" => Held::Many(None),
            _ => Held::Leaf(Value::Null),
        }
    }

    fn of_non_null_list(&self, ty: &'s Type, field: &Field) -> Held<'s> {
        match (field.name.as_str(), ty, &field.selection) {
            ("kind", ..) => Held::Leaf(Value::Enum(Name::new("NON_NULL"))),
            ("ofType", Type::NonNullList(inner), Some(selection)) => {
                Held::Leaf(self.list_of(inner, selection))
            }
            ("fields" | "interfaces" | "possibleTypes" | "enumValues" | "inputFields", ..) => {
                Held::Many(None)
            }
            _ => Held::Leaf(Value::Null),
        }
    }

    /// The nullable list inside a non-null one, which has no `Type` of its own
    /// to point at.
    fn list_of(&self, inner: &'s Type, selection: &Selection) -> Value {
        let mut object = IndexMap::new();
        for field in selection.variants.iter().flat_map(|variant| &variant.fields) {
            let value = match field.name.as_str() {
                "kind" => Value::Enum(Name::new("LIST")),
                "ofType" => self.maybe(Some(wrapped(inner)), field),
                _ => Value::Null,
            };
            object.insert(field.planned.clone(), value);
        }
        Value::Object(object)
    }

    fn fields(
        &self,
        fields: impl Iterator<Item = &'s Component<FieldDefinition>>,
        field: &Field,
    ) -> Vec<Meta<'s>> {
        let with_deprecated = self.wants_deprecated(field);
        fields
            .filter(|definition| !definition.name.starts_with("__"))
            .filter(|definition| with_deprecated || !definition.directives.has("deprecated"))
            .map(|definition| Meta::Field(definition))
            .collect()
    }

    fn inputs(
        &self,
        inputs: impl Iterator<Item = &'s InputValueDefinition>,
        field: &Field,
    ) -> Vec<Meta<'s>> {
        let with_deprecated = self.wants_deprecated(field);
        inputs
            .filter(|input| with_deprecated || !input.directives.has("deprecated"))
            .map(Meta::Input)
            .collect()
    }

    fn wants_deprecated(&self, field: &Field) -> bool {
        self.argument(field, "includeDeprecated") == Some(Value::Boolean(true))
    }

    fn argument(&self, field: &Field, name: &str) -> Option<Value> {
        let (_, value) = field.arguments.iter().find(|(key, _)| key == name)?;
        match value {
            ast::Value::Variable(variable) => self.variables.get(&Name::new(variable.as_str())).cloned(),
            constant => Some(literal(constant)),
        }
    }
}

const fn wrapped(ty: &Type) -> Meta<'_> {
    match ty {
        Type::Named(name) => Meta::Named(name),
        ty => Meta::Wrapped(ty),
    }
}

fn named(
    names: &apollo_compiler::collections::IndexSet<apollo_compiler::schema::ComponentName>,
) -> Vec<Meta<'_>> {
    names.iter().map(|name| Meta::Named(&name.name)).collect()
}

fn text<'s>(name: &TypeName) -> Held<'s> {
    Held::Leaf(Value::String(name.to_string()))
}

fn description<'s>(description: Option<&Node<str>>) -> Held<'s> {
    Held::Leaf(description.map_or(Value::Null, |text| Value::String(text.to_string())))
}

fn deprecation<'s>(name: &str, directive: Option<&Node<ast::Directive>>) -> Held<'s> {
    Held::Leaf(match (name, directive) {
        ("isDeprecated", directive) => Value::Boolean(directive.is_some()),
        ("deprecationReason", Some(directive)) => match argument(Some(directive), "reason") {
            Value::Null => Value::String("No longer supported".to_owned()),
            reason => reason,
        },
        _ => Value::Null,
    })
}

fn argument<D: AsRef<ast::Directive>>(directive: Option<&D>, name: &str) -> Value {
    directive
        .and_then(|directive| directive.as_ref().specified_argument_by_name(name))
        .map_or(Value::Null, |value| literal(value))
}
