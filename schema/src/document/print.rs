//! An operation as text for the planner, or for the one module that answers it
//! alone: fragments spread in place, repeated fields merged, introspection left
//! out.

use std::fmt::Write as _;

use apollo_compiler::{
    ExecutableDocument, Name,
    ast::DirectiveList,
    executable::{self, Operation, Selection as Selected, SelectionSet},
};
use async_graphql::ServerError;
use indexmap::IndexMap;

use crate::{
    PublicSchema,
    document::shape::{self, Condition, SHIELD},
    error,
    witness::Witnesses,
};

/// For whom the operation is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// For the planner: client aliases under reserved names.
    Shielded,
    /// For a module: the client's own names, `__typename` wherever the type of
    /// a value is open.
    Client,
}

/// Prints an operation, or only one field of it by its response key; `None` when
/// nothing but introspection is asked.
pub(crate) fn operation(
    public: &PublicSchema,
    witnesses: &Witnesses,
    document: &ExecutableDocument,
    operation: &Operation,
    names: Names,
    only: Option<&str>,
) -> Result<Option<String>, Vec<ServerError>> {
    let mut printer = Printer { public, document, names, text: String::new() };
    let is_mutation = operation.is_mutation();
    let root = shape::collect(
        public,
        document,
        &operation.selection_set.ty,
        &[(&operation.selection_set, Vec::new())],
    );
    for (key, occurrences) in root {
        let (first, _) = occurrences[0];
        if first.name.starts_with("__") || only.is_some_and(|only| key != only) {
            continue;
        }
        printer.root_field(&occurrences, is_mutation, &witnesses.selection(&first.name))?;
    }
    if printer.text.is_empty() {
        return Ok(None);
    }
    let mut text = operation.operation_type.name().to_owned();
    // The field texts name the variables that are really used.
    let used: Vec<String> = operation
        .variables
        .iter()
        .filter(|variable| uses(&printer.text, &variable.name))
        // The default stays: it lets a nullable variable stand where null may not.
        .map(|variable| variable.serialize().no_indent().to_string())
        .collect();
    if !used.is_empty() {
        let _ = write!(text, "({})", used.join(", "));
    }
    let _ = write!(text, " {{{}}}", printer.text);
    Ok(Some(text))
}

/// Whether the text names this variable.
fn uses(text: &str, variable: &Name) -> bool {
    text.match_indices(&format!("${variable}")).any(|(at, found)| {
        let next = text.as_bytes().get(at + found.len());
        !next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
    })
}

struct Printer<'d> {
    public: &'d PublicSchema,
    document: &'d ExecutableDocument,
    names: Names,
    text: String,
}

/// Selections of one composite type that stand under the same conditions.
#[derive(Default)]
struct Merged<'d> {
    fields: IndexMap<(&'d Name, String), Vec<&'d executable::Field>>,
    fragments: IndexMap<(Option<&'d Name>, String), Vec<&'d SelectionSet>>,
}

impl<'d> Printer<'d> {
    /// A field of the operation itself. Repeated, it is printed once: its
    /// resolver must run once.
    fn root_field(
        &mut self,
        occurrences: &shape::Occurrences<'d>,
        is_mutation: bool,
        witness: &str,
    ) -> Result<(), Vec<ServerError>> {
        let (first, conditions) = &occurrences[0];
        if occurrences.iter().all(|(_, other)| other == conditions) {
            let fields: Vec<_> = occurrences.iter().map(|(field, _)| *field).collect();
            // A directive may stand only once in a place, so each has its own.
            for condition in conditions {
                let _ = write!(self.text, "...{} {{", directives(std::slice::from_ref(condition)));
            }
            self.field(&fields, "", witness);
            self.text.push_str(&"} ".repeat(conditions.len()));
            return Ok(());
        }
        let is_certain = occurrences.iter().any(|(_, conditions)| conditions.is_empty());
        if !is_certain && is_mutation {
            let message =
                format!("the mutation field {} is repeated under different conditions", first.name);
            return Err(vec![error::coded(error::VALIDATION, message)]);
        }
        self.head(first, "");
        if !first.selection_set.selections.is_empty() {
            self.text.push('{');
            for (field, conditions) in occurrences {
                for condition in conditions {
                    let _ = write!(self.text, "...{} {{", directives(std::slice::from_ref(condition)));
                }
                self.text.push_str("...");
                self.block(&field.selection_set.ty, &[&field.selection_set]);
                self.text.push_str(&"}".repeat(conditions.len()));
            }
            self.text.push_str(witness);
            self.text.push('}');
        }
        self.text.push(' ');
        Ok(())
    }

    /// A field once, however often it stands there; `extra` ends its selection.
    fn field(&mut self, fields: &[&'d executable::Field], directives: &str, extra: &str) {
        let first = fields[0];
        self.head(first, directives);
        if !first.selection_set.selections.is_empty() {
            let sets: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
            self.block(&first.selection_set.ty, &sets);
            if !extra.is_empty() {
                self.text.pop();
                self.text.push_str(extra);
                self.text.push('}');
            }
        }
        self.text.push(' ');
    }

    fn head(&mut self, field: &executable::Field, directives: &str) {
        // The type's name is read under its own key, whatever the client calls it.
        let keeps_name = field.name == "__typename" && self.names == Names::Shielded;
        let alias = field.alias.as_ref().filter(|alias| **alias != field.name && !keeps_name);
        if let Some(alias) = alias {
            let shield = if self.names == Names::Shielded { SHIELD } else { "" };
            let _ = write!(self.text, "{shield}{alias}: ");
        }
        let _ = write!(self.text, "{}", field.name);
        if !field.arguments.is_empty() {
            let arguments: Vec<_> = field
                .arguments
                .iter()
                .map(|argument| format!("{}: {}", argument.name, argument.value.serialize().no_indent()))
                .collect();
            let _ = write!(self.text, "({})", arguments.join(", "));
        }
        self.text.push_str(directives);
    }

    fn block(&mut self, ty: &'d Name, sets: &[&'d SelectionSet]) {
        let mut merged = Merged::default();
        for set in sets {
            self.merge(ty, set, &mut merged);
        }
        self.text.push('{');
        // An object of a hidden type must be known as one.
        let needs_type = self.names == Names::Client || self.public.hides_values;
        if needs_type && self.public.schema.get_object(ty).is_none() {
            self.text.push_str("__typename ");
        }
        for ((_, directives), fields) in &merged.fields {
            self.field(fields, directives, "");
        }
        for ((condition, directives), sets) in &merged.fragments {
            self.text.push_str("...");
            if let Some(condition) = condition {
                let _ = write!(self.text, " on {condition}");
            }
            self.text.push_str(directives);
            let ty = condition.unwrap_or(ty);
            self.block(ty, sets);
        }
        if self.text.ends_with('{') {
            // Everything below is skipped for good.
            self.text.push_str("__typename");
        }
        self.text.push('}');
    }

    fn merge(&self, ty: &'d Name, set: &'d SelectionSet, merged: &mut Merged<'d>) {
        for selected in &set.selections {
            let Some(directives) = constant_free(selected.directives()) else {
                continue;
            };
            let inner = match selected {
                Selected::Field(field) => {
                    merged.fields.entry((field.response_key(), directives)).or_default().push(field);
                    continue;
                }
                Selected::InlineFragment(fragment) => Some(&fragment.selection_set),
                Selected::FragmentSpread(spread) => self
                    .document
                    .fragments
                    .get(&spread.fragment_name)
                    .map(|fragment| &fragment.selection_set),
            };
            let Some(inner) = inner else { continue };
            if directives.is_empty() && (inner.ty == *ty || self.public.schema.is_subtype(&inner.ty, ty))
            {
                self.merge(ty, inner, merged);
            } else {
                let condition = (inner.ty != *ty).then_some(&inner.ty);
                merged.fragments.entry((condition, directives)).or_default().push(inner);
            }
        }
    }
}

/// The directives of a selection without constant conditions; `None` when a
/// constant condition leaves the selection out for good.
fn constant_free(list: &DirectiveList) -> Option<String> {
    use apollo_compiler::ast::Value;

    let mut conditions = Vec::new();
    for directive in list.iter() {
        let wanted = match directive.name.as_str() {
            "include" => true,
            "skip" => false,
            _ => continue,
        };
        match directive.specified_argument_by_name("if").map(AsRef::as_ref) {
            Some(Value::Boolean(value)) if *value != wanted => return None,
            Some(Value::Variable(variable)) => {
                conditions
                    .push(Condition { variable: async_graphql::Name::new(variable.as_str()), wanted });
            }
            _ => {}
        }
    }
    Some(directives(&conditions))
}

/// Conditions as directives.
fn directives(conditions: &[Condition]) -> String {
    conditions.iter().fold(String::new(), |mut text, condition| {
        let name = if condition.wanted { "include" } else { "skip" };
        let _ = write!(text, " @{name}(if: ${})", condition.variable);
        text
    })
}
