//! Coercing variables (GraphQL specification, 6.1.2 "Coercing Variable
//! Values"): defaults filled in, every value checked against its type.

use apollo_compiler::{
    Name as TypeName, Node,
    ast::{self, Type, VariableDefinition},
    schema::{ExtendedType, InputObjectType},
};
use async_graphql::{Name, ServerError, Value, Variables};
use indexmap::IndexMap;

use crate::{PublicSchema, error};

/// The values an operation runs with.
pub(crate) fn coerce(
    public: &PublicSchema,
    definitions: &[Node<VariableDefinition>],
    mut given: Variables,
) -> Result<Variables, Vec<ServerError>> {
    let mut coerced = Variables::default();
    let mut errors = Vec::new();
    for definition in definitions {
        let name = Name::new(definition.name.as_str());
        let value = given.remove(&name);
        match (value, &definition.default_value) {
            (Some(value), _) => match self::value(public, &definition.ty, value) {
                Ok(value) => drop(coerced.insert(name, value)),
                Err(problem) => errors.push(format!("Variable \"${name}\" got invalid value{problem}")),
            },
            (None, Some(default)) => drop(coerced.insert(name, literal(default))),
            (None, None) if definition.ty.is_non_null() => {
                let ty = &definition.ty;
                errors.push(format!("Variable \"${name}\" of required type \"{ty}\" was not provided."));
            }
            (None, None) => {}
        }
    }
    if errors.is_empty() {
        return Ok(coerced);
    }
    Err(errors.into_iter().map(|message| error::coded(error::BAD_USER_INPUT, message)).collect())
}

/// A constant of a document as a value.
pub(crate) fn literal(value: &ast::Value) -> Value {
    match value {
        ast::Value::Null | ast::Value::Variable(_) => Value::Null,
        ast::Value::Enum(name) => Value::Enum(Name::new(name.as_str())),
        ast::Value::String(text) => Value::String(text.clone()),
        ast::Value::Int(number) => number.try_to_i32().map_or_else(
            |_| number.as_str().parse::<serde_json::Number>().map_or(Value::Null, Value::Number),
            |number| Value::Number(number.into()),
        ),
        ast::Value::Float(number) => number
            .try_to_f64()
            .ok()
            .and_then(serde_json::Number::from_f64)
            .map_or(Value::Null, Value::Number),
        ast::Value::Boolean(flag) => Value::Boolean(*flag),
        ast::Value::List(items) => Value::List(items.iter().map(|item| literal(item)).collect()),
        ast::Value::Object(fields) => Value::Object(
            fields.iter().map(|(name, value)| (Name::new(name.as_str()), literal(value))).collect(),
        ),
    }
}

/// Where in the value, and what is wrong with it.
struct Problem {
    path: String,
    message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.path.as_str() {
            "" => write!(formatter, "; {}", self.message),
            path => write!(formatter, " at \"{}\"; {}", path.trim_start_matches('.'), self.message),
        }
    }
}

impl Problem {
    fn new(message: impl Into<String>) -> Self {
        Self { path: String::new(), message: message.into() }
    }

    fn below(mut self, piece: &str) -> Self {
        self.path.insert_str(0, piece);
        self
    }
}

fn value(public: &PublicSchema, ty: &Type, value: Value) -> Result<Value, Problem> {
    match (ty, value) {
        (Type::NonNullNamed(_) | Type::NonNullList(_), Value::Null) => {
            Err(Problem::new(format!("Expected non-nullable type \"{ty}\" not to be null.")))
        }
        (_, Value::Null) => Ok(Value::Null),
        (Type::List(inner) | Type::NonNullList(inner), Value::List(items)) => {
            let items = items.into_iter().enumerate().map(|(index, item)| {
                self::value(public, inner, item).map_err(|problem| problem.below(&format!("[{index}]")))
            });
            Ok(Value::List(items.collect::<Result<_, _>>()?))
        }
        // One value stands for a list of one.
        (Type::List(inner) | Type::NonNullList(inner), item) => {
            Ok(Value::List(vec![self::value(public, inner, item)?]))
        }
        (Type::Named(name) | Type::NonNullNamed(name), value) => named(public, name, value),
    }
}

fn named(public: &PublicSchema, name: &TypeName, value: Value) -> Result<Value, Problem> {
    let cannot = |what: &str| Err(Problem::new(format!("{name} cannot represent {what}")));
    match (name.as_str(), &value) {
        ("Int", Value::Number(number)) => match whole(number) {
            Some(whole) if i32::try_from(whole).is_ok() => Ok(Value::Number(whole.into())),
            Some(_) => cannot("non 32-bit signed integer value"),
            None => cannot("non-integer value"),
        },
        ("Int", _) => cannot("non-integer value"),
        ("Float", Value::Number(_))
        | ("String" | "ID", Value::String(_))
        | ("Boolean", Value::Boolean(_)) => Ok(value),
        ("ID", Value::Number(number)) if whole(number).is_some() => {
            Ok(Value::String(number.to_string()))
        }
        ("Float", _) => cannot("non numeric value"),
        ("String", _) => cannot("a non string value"),
        ("Boolean", _) => cannot("a non boolean value"),
        ("ID", _) => cannot("this value"),
        _ => match public.schema.types.get(name) {
            Some(ExtendedType::Enum(definition)) => match &value {
                Value::String(text) if definition.values.contains_key(text.as_str()) => {
                    Ok(Value::Enum(Name::new(text)))
                }
                Value::Enum(text) if definition.values.contains_key(text.as_str()) => Ok(value),
                Value::String(text) => {
                    Err(Problem::new(format!("Value \"{text}\" does not exist in \"{name}\" enum.")))
                }
                _ => Err(Problem::new(format!("Enum \"{name}\" cannot represent non-string value."))),
            },
            Some(ExtendedType::InputObject(input)) => match value {
                Value::Object(fields) => object(public, input, fields),
                _ => Err(Problem::new(format!("Expected type \"{name}\" to be an object."))),
            },
            // A custom scalar is read by the module that owns the argument.
            _ => Ok(value),
        },
    }
}

fn object(
    public: &PublicSchema,
    input: &InputObjectType,
    mut given: IndexMap<Name, Value>,
) -> Result<Value, Problem> {
    let name = &input.name;
    let mut coerced = IndexMap::with_capacity(given.len());
    for (key, field) in &input.fields {
        let key = Name::new(key.as_str());
        match (given.swap_remove(&key), &field.default_value) {
            (Some(value), _) => {
                let value = self::value(public, &field.ty, value)
                    .map_err(|problem| problem.below(&format!(".{key}")))?;
                coerced.insert(key, value);
            }
            (None, Some(default)) => drop(coerced.insert(key, literal(default))),
            (None, None) if field.ty.is_non_null() => {
                let ty = &field.ty;
                return Err(Problem::new(format!(
                    "Field \"{key}\" of required type \"{ty}\" was not provided."
                )));
            }
            (None, None) => {}
        }
    }
    if let Some(unknown) = given.keys().next() {
        return Err(Problem::new(format!("Field \"{unknown}\" is not defined by type \"{name}\".")));
    }
    if input.directives.has("oneOf") {
        let is_one = coerced.len() == 1 && !coerced.values().any(|value| *value == Value::Null);
        if !is_one {
            return Err(Problem::new(format!(
                "Exactly one key must be specified for OneOf type \"{name}\"."
            )));
        }
    }
    Ok(Value::Object(coerced))
}

fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        // JSON has one kind of number: 1.0 is the integer 1.
        number
            .as_f64()
            .filter(|float| float.fract() == 0.0 && float.abs() < 9e15)
            .map(|float| float as i64)
    })
}
