//! Validation rules of the specification that the library does not hold yet:
//! unique input field names (5.6.3), `@oneOf` inputs (5.6.5 of the September
//! 2025 draft), and our bound on nested introspection.

use std::collections::HashSet;

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{self, Document, Value},
    executable::{Field, Selection, SelectionSet},
    introspection,
    schema::{ExtendedType, InputObjectType, InputValueDefinition},
    validation::Valid,
};
use async_graphql::ServerError;

use crate::{PublicSchema, document::position, error};

/// Lists of fields, types and the like that may be nested in an introspection
/// query; the bound of graphql-js' `MaxIntrospectionDepthRule`, which the library
/// holds.
const INTROSPECTION_DEPTH: usize = 3;

/// Checks the rules over a document that is valid otherwise.
pub(crate) fn check(
    public: &PublicSchema,
    document: &Document,
    executable: &Valid<ExecutableDocument>,
) -> Result<(), Vec<ServerError>> {
    let mut checker = Checker { public, document, variables: &[], errors: Vec::new() };
    for operation in executable.operations.iter() {
        checker.variables = &operation.variables;
        for variable in &operation.variables {
            if let Some(default) = &variable.default_value {
                checker.value(variable.ty.inner_named_type(), default);
            }
        }
        checker.set(executable, &operation.selection_set, &mut HashSet::new());
        if introspection::check_max_depth(executable, operation).is_err() {
            checker.errors.push(error::too_much("nested lists of introspection", INTROSPECTION_DEPTH));
        }
    }
    if checker.errors.is_empty() { Ok(()) } else { Err(checker.errors) }
}

struct Checker<'d> {
    public: &'d PublicSchema,
    document: &'d Document,
    /// Of the operation that is being checked.
    variables: &'d [Node<ast::VariableDefinition>],
    errors: Vec<ServerError>,
}

impl<'d> Checker<'d> {
    fn set(
        &mut self,
        executable: &'d ExecutableDocument,
        selections: &'d SelectionSet,
        seen: &mut HashSet<&'d Name>,
    ) {
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) => {
                    self.arguments(field);
                    self.set(executable, &field.selection_set, seen);
                }
                Selection::InlineFragment(fragment) => {
                    self.set(executable, &fragment.selection_set, seen)
                }
                Selection::FragmentSpread(spread) => {
                    if seen.insert(&spread.fragment_name)
                        && let Some(fragment) = executable.fragments.get(&spread.fragment_name)
                    {
                        self.set(executable, &fragment.selection_set, seen);
                    }
                }
            }
        }
    }

    fn arguments(&mut self, field: &Field) {
        for argument in &field.arguments {
            if let Some(definition) = field.definition.argument_by_name(&argument.name) {
                self.input(definition, &argument.value);
            }
        }
    }

    fn input(&mut self, definition: &InputValueDefinition, value: &Node<Value>) {
        self.value(definition.ty.inner_named_type(), value);
    }

    fn value(&mut self, ty: &Name, value: &Node<Value>) {
        match value.as_ref() {
            Value::List(items) => {
                for item in items {
                    self.value(ty, item);
                }
            }
            Value::Object(fields) => self.object(ty, value, fields),
            _ => {}
        }
    }

    fn object(&mut self, ty: &Name, value: &Node<Value>, fields: &[(Name, Node<Value>)]) {
        let mut names = HashSet::new();
        for (name, _) in fields {
            if !names.insert(name) {
                self.error(value, format!("There can be only one input field named \"{name}\"."));
            }
        }
        let public = self.public;
        let Some(ExtendedType::InputObject(input)) = public.schema.types.get(ty) else {
            return;
        };
        self.one_of(input, value, fields);
        for (name, field) in fields {
            if let Some(definition) = input.fields.get(name) {
                self.input(definition, field);
            }
        }
    }

    fn one_of(&mut self, input: &InputObjectType, value: &Node<Value>, fields: &[(Name, Node<Value>)]) {
        if !input.directives.has("oneOf") {
            return;
        }
        let name = &input.name;
        let [(key, field)] = fields else {
            return self
                .error(value, format!("OneOf Input Object \"{name}\" must specify exactly one key."));
        };
        match field.as_ref() {
            Value::Null => self.error(value, format!("Field \"{name}.{key}\" must be non-null.")),
            Value::Variable(variable) => {
                let declared = self.variables.iter().find(|definition| definition.name == *variable);
                if let Some(ty) = declared.map(|definition| &definition.ty)
                    && !ty.is_non_null()
                {
                    let message = format!(
                        "Variable \"${variable}\" is of type \"{ty}\" but must be non-nullable to be used for OneOf Input Object \"{name}\"."
                    );
                    self.error(value, message);
                }
            }
            _ => {}
        }
    }

    fn error(&mut self, value: &Node<Value>, message: String) {
        let mut error = error::coded(error::VALIDATION, message);
        error.locations.extend(position(value.location(), &self.document.sources));
        self.errors.push(error);
    }
}
