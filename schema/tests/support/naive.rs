//! The specification's ExecuteSelectionSet and CompleteValue, written down as
//! they stand, over an SDL and JSON data.
//!
//! The data is one object. Under the name of a root type stand its fields.
//! Under the name of any other type stand its records: an object of that type
//! is completed by the first record that agrees with it in every field both
//! have; where no record does, a representation is missing and answers null.
//!
//! A string may hold `{$argument}` and `{field}` of the same object.
//! `{ "$error": "message" }` stands for a resolver that errs.

use apollo_compiler::ast::{OperationType, Type};
use async_graphql::{
    ErrorExtensionValues, Name, PathSegment, Positioned, ServerError, Value, Variables,
    parser::types::{self, DocumentOperations, ExecutableDocument, Selection, SelectionSet},
};
use indexmap::IndexMap;

use super::types::Types;

pub(crate) type Object = IndexMap<Name, Value>;

/// A schema and its data.
pub(crate) struct Naive {
    pub(crate) types: Types,
    pub(crate) data: Object,
}

/// What an operation comes to; `data` is null when a null reached the root.
pub(crate) struct Outcome {
    pub(crate) data: Value,
    pub(crate) errors: Vec<ServerError>,
}

impl Naive {
    pub(crate) fn new(sdl: &str, data: Value) -> Self {
        let Value::Object(data) = data else { panic!("the data is one object") };
        Self { types: Types::of(sdl), data }
    }

    /// Runs the only operation of a document.
    pub(crate) fn execute(&self, document: &ExecutableDocument, variables: &Variables) -> Outcome {
        let root = self.types.root(operation(document).0);
        let object = match self.data.get(root) {
            Some(Value::Object(object)) => object.clone(),
            _ => Object::new(),
        };
        self.execute_on(document, variables, &object)
    }

    /// Runs it on a root object: one event of a subscription.
    pub(crate) fn execute_on(
        &self,
        document: &ExecutableDocument,
        variables: &Variables,
        object: &Object,
    ) -> Outcome {
        let (kind, set) = operation(document);
        let mut run = Run { naive: self, document, variables, errors: Vec::new(), path: Vec::new() };
        let data = run.object(self.types.root(kind), object, &[set]);
        Outcome { data: data.unwrap_or_default(), errors: run.errors }
    }

    /// The object with what its record knows; `None` when no record agrees.
    fn complete(&self, ty: &str, object: &Object) -> Option<Object> {
        let Some(Value::List(records)) = self.data.get(ty) else { return Some(object.clone()) };
        let record = records.iter().find_map(|record| match record {
            Value::Object(record) if agrees(record, object) => Some(record),
            _ => None,
        })?;
        let mut known = object.clone();
        for (key, value) in record {
            // A record of an interface knows the object's own type.
            if key == "__typename" || !known.contains_key(key) {
                known.insert(key.clone(), value.clone());
            }
        }
        Some(known)
    }
}

fn agrees(record: &Object, object: &Object) -> bool {
    let mut shared = object.iter().filter(|(key, _)| *key != "__typename" && record.contains_key(*key));
    let mut is_known = false;
    shared.all(|(key, value)| {
        is_known = true;
        record[key] == *value
    }) && is_known
}

/// Kind and selection of the only operation.
pub(crate) fn operation(document: &ExecutableDocument) -> (OperationType, &SelectionSet) {
    let operation = match &document.operations {
        DocumentOperations::Single(operation) => operation,
        DocumentOperations::Multiple(many) => many.values().next().expect("a document has an operation"),
    };
    let kind = match operation.node.ty {
        types::OperationType::Query => OperationType::Query,
        types::OperationType::Mutation => OperationType::Mutation,
        types::OperationType::Subscription => OperationType::Subscription,
    };
    (kind, &operation.node.selection_set.node)
}

/// An error that was reported already; it nulls what is around it.
struct Raised;

/// A variable without a value.
#[derive(PartialEq)]
struct Missing;

struct Run<'r> {
    naive: &'r Naive,
    document: &'r ExecutableDocument,
    variables: &'r Variables,
    errors: Vec<ServerError>,
    path: Vec<PathSegment>,
}

type Fields<'r> = IndexMap<&'r Name, Vec<&'r types::Field>>;

impl<'r> Run<'r> {
    fn object(&mut self, ty: &str, object: &Object, sets: &[&'r SelectionSet]) -> Result<Value, Raised> {
        let mut fields = Fields::new();
        for set in sets {
            self.collect(ty, set, &mut fields);
        }
        let mut answer = Object::new();
        let mut is_raised = false;
        // Siblings run on after an error, so that every error is reported.
        for (key, fields) in fields {
            self.path.push(PathSegment::Field(key.to_string()));
            match self.field(ty, object, &fields) {
                Ok(value) => drop(answer.insert(key.clone(), value)),
                Err(Raised) => is_raised = true,
            }
            self.path.pop();
        }
        if is_raised { Err(Raised) } else { Ok(Value::Object(answer)) }
    }

    fn collect(&self, ty: &str, set: &'r SelectionSet, fields: &mut Fields<'r>) {
        for selection in &set.items {
            if !self.is_included(selection.node.directives()) {
                continue;
            }
            match &selection.node {
                Selection::Field(field) => {
                    fields.entry(&field.node.response_key().node).or_default().push(&field.node);
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref().map(|on| &on.node.on.node);
                    if condition.is_none_or(|on| self.naive.types.satisfies(ty, on)) {
                        self.collect(ty, &fragment.node.selection_set.node, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.document.fragments[&spread.node.fragment_name.node].node;
                    if self.naive.types.satisfies(ty, &fragment.type_condition.node.on.node) {
                        self.collect(ty, &fragment.selection_set.node, fields);
                    }
                }
            }
        }
    }

    fn is_included(&self, directives: &[Positioned<types::Directive>]) -> bool {
        directives.iter().all(|directive| {
            let directive = &directive.node;
            let holds = || {
                let value = directive.get_argument("if").expect("a condition has an argument");
                let value = value.node.clone().into_const_with(|name| self.variable(&name));
                value == Ok(Value::Boolean(true))
            };
            match directive.name.node.as_str() {
                "include" => holds(),
                "skip" => !holds(),
                _ => true,
            }
        })
    }

    fn field(
        &mut self,
        ty: &str,
        object: &Object,
        fields: &[&'r types::Field],
    ) -> Result<Value, Raised> {
        let first = fields[0];
        let name = first.name.node.as_str();
        if name == "__typename" {
            return Ok(Value::String(ty.to_owned()));
        }
        let sets: Vec<_> = fields.iter().map(|field| &field.selection_set.node).collect();
        if name == "_entities" {
            return self.entities(first, &sets);
        }
        let Some(definition) = self.naive.types.field(ty, name) else {
            return self.raise(&format!("there is no field {ty}.{name} here"), "INTERNAL_SERVER_ERROR");
        };
        let mut arguments: Object = definition.defaults.iter().cloned().collect();
        for (name, value) in &first.arguments {
            // An argument by a variable that has no value is not given.
            if let Ok(value) = value.node.clone().into_const_with(|name| self.variable(&name)) {
                arguments.insert(name.node.clone(), value);
            }
        }
        let value = object.get(name).map(|value| filled_in(value, &arguments, object));
        self.typed(&definition.ty, &value.unwrap_or_default(), &sets)
    }

    fn entities(&mut self, field: &'r types::Field, sets: &[&'r SelectionSet]) -> Result<Value, Raised> {
        let given = field.get_argument("representations").expect("an entity fetch has representations");
        let given = given.node.clone().into_const_with(|name| self.variable(&name));
        let Ok(Value::List(representations)) = given else { panic!("representations are a list") };
        let mut entities = Vec::new();
        for (index, representation) in representations.iter().enumerate() {
            self.path.push(PathSegment::Index(index));
            entities.push(self.entity(representation, sets).unwrap_or_default());
            self.path.pop();
        }
        Ok(Value::List(entities))
    }

    fn entity(&mut self, given: &Value, sets: &[&'r SelectionSet]) -> Result<Value, Raised> {
        let Value::Object(given) = given else { panic!("a representation is an object") };
        let Some(ty) = typename(given) else {
            return self.raise("this representation has no type", "INTERNAL_SERVER_ERROR");
        };
        if !self.naive.types.is_composite(ty) {
            return self.raise(&format!("there is no type {ty} here"), "INTERNAL_SERVER_ERROR");
        }
        let Some(object) = self.naive.complete(ty, given) else { return Ok(Value::Null) };
        if let Some((message, code)) = error(&object) {
            return self.raise(message, code);
        }
        self.object(typename(&object).unwrap_or(ty), &object, sets)
    }

    /// CompleteValue for a type that may or may not be null.
    fn typed(&mut self, ty: &Type, value: &Value, sets: &[&'r SelectionSet]) -> Result<Value, Raised> {
        let inner = match ty {
            Type::Named(name) | Type::NonNullNamed(name) => self.named(name, value, sets),
            Type::List(item) | Type::NonNullList(item) => self.list(item, value, sets),
        };
        match inner {
            Ok(Value::Null) if ty.is_non_null() => {
                self.raise("null where none may be", "INTERNAL_SERVER_ERROR")
            }
            Err(Raised) if !ty.is_non_null() => Ok(Value::Null),
            inner => inner,
        }
    }

    fn list(&mut self, item: &Type, value: &Value, sets: &[&'r SelectionSet]) -> Result<Value, Raised> {
        let items = match value {
            Value::Null => return Ok(Value::Null),
            Value::List(items) => items,
            Value::Object(object) if error(object).is_some() => {
                let (message, code) = error(object).expect("it is one");
                return self.raise(message, code);
            }
            _ => return self.raise("no list", "INTERNAL_SERVER_ERROR"),
        };
        let mut answer = Vec::new();
        let mut is_raised = false;
        for (index, value) in items.iter().enumerate() {
            self.path.push(PathSegment::Index(index));
            match self.typed(item, value, sets) {
                Ok(value) => answer.push(value),
                Err(Raised) => is_raised = true,
            }
            self.path.pop();
        }
        if is_raised { Err(Raised) } else { Ok(Value::List(answer)) }
    }

    fn named(&mut self, ty: &str, value: &Value, sets: &[&'r SelectionSet]) -> Result<Value, Raised> {
        match value {
            Value::Object(object) if error(object).is_some() => {
                let (message, code) = error(object).expect("it is one");
                self.raise(message, code)
            }
            Value::Object(object) if self.naive.types.is_composite(ty) => {
                let concrete = typename(object).unwrap_or(ty);
                let known = self.naive.complete(concrete, object).unwrap_or_else(|| object.clone());
                self.object(concrete, &known, sets)
            }
            leaf => Ok(leaf.clone()),
        }
    }

    fn variable(&self, name: &Name) -> Result<Value, Missing> {
        self.variables.get(name).cloned().ok_or(Missing)
    }

    fn raise(&mut self, message: &str, code: &str) -> Result<Value, Raised> {
        let mut error = ServerError::new(message, None);
        error.path.clone_from(&self.path);
        error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
        self.errors.push(error);
        Err(Raised)
    }
}

fn typename(object: &Object) -> Option<&str> {
    match object.get("__typename") {
        Some(Value::String(name)) => Some(name),
        _ => None,
    }
}

/// Message and code of an object that stands for an error.
fn error(object: &Object) -> Option<(&str, &str)> {
    match (object.get("$error"), object.get("code")) {
        (Some(Value::String(message)), Some(Value::String(code))) => Some((message, code)),
        (Some(Value::String(message)), _) => Some((message, "INTERNAL_SERVER_ERROR")),
        _ => None,
    }
}

/// A value with its placeholders replaced; a string that is nothing but one
/// becomes the value itself.
fn filled_in(value: &Value, arguments: &Object, object: &Object) -> Value {
    match value {
        Value::String(text) => match pieces(text).as_slice() {
            [Piece::Hole(name)] => look_up(name, arguments, object),
            pieces => Value::String(
                pieces
                    .iter()
                    .map(|piece| match piece {
                        Piece::Text(text) => (*text).to_owned(),
                        Piece::Hole(name) => match look_up(name, arguments, object) {
                            Value::String(text) => text,
                            value => super::json::line(&value),
                        },
                    })
                    .collect(),
            ),
        },
        Value::List(items) => {
            Value::List(items.iter().map(|item| filled_in(item, arguments, object)).collect())
        }
        Value::Object(inner) => Value::Object(
            // Placeholders of an object's own fields are filled in when they are asked.
            inner
                .iter()
                .map(|(key, value)| match value {
                    Value::String(text) if text.starts_with("{$") => {
                        (key.clone(), filled_in(value, arguments, object))
                    }
                    value => (key.clone(), value.clone()),
                })
                .collect(),
        ),
        value => value.clone(),
    }
}

enum Piece<'t> {
    Text(&'t str),
    Hole(&'t str),
}

fn pieces(mut text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some((before, (hole, after))) =
        text.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Hole(hole));
        text = after;
    }
    if !text.is_empty() || pieces.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

fn look_up(name: &str, arguments: &Object, object: &Object) -> Value {
    let (mut value, path) = match name.strip_prefix('$') {
        Some(name) => (Value::Object(arguments.clone()), name),
        None => (Value::Object(object.clone()), name),
    };
    for piece in path.split('.') {
        value = match value {
            Value::Object(object) => object.get(piece).cloned().unwrap_or_default(),
            _ => Value::Null,
        };
    }
    value
}
