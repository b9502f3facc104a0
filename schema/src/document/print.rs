//! An operation as text for the planner, or for the one module that answers it
//! alone: fragments spread in place, repeated fields merged, introspection left
//! out.

use std::{collections::HashMap, fmt::Write as _};

use apollo_compiler::{
    ExecutableDocument, Name, Node,
    ast::{DirectiveList, VariableDefinition},
    executable::{self, Operation, Selection as Selected, SelectionSet},
};
use async_graphql::{Name as Key, ServerError};
use indexmap::IndexMap;

use crate::{
    PublicSchema,
    document::shape::{self, Condition, Conditions, SHIELD},
    error,
    guards::Refusing,
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

/// An operation as text.
pub(crate) struct Printed {
    pub(crate) text: String,
    /// Further names of variables that conditions depend on, each with the
    /// client's own. The planner asks for a field in spite of its condition when
    /// a later step has the same one, so no two places share a variable.
    pub(crate) conditions: Vec<(Key, Key)>,
}

/// Prints an operation, or only one field of it by its response key, without what
/// is refused; `None` when nothing but introspection is asked.
pub(crate) fn operation<'d>(
    public: &'d PublicSchema,
    witnesses: &Witnesses,
    document: &'d ExecutableDocument,
    operation: &'d Operation,
    names: Names,
    only: Option<&str>,
    refusing: Option<Refusing<'d>>,
) -> Result<Option<Printed>, Vec<ServerError>> {
    let mut printer = Printer {
        public,
        document,
        declared: &operation.variables,
        names,
        refusing,
        text: String::new(),
        occurrences: HashMap::new(),
        conditions: Vec::new(),
    };
    let is_mutation = operation.is_mutation();
    let root = shape::collect(
        public,
        document,
        &operation.selection_set.ty,
        &[(&operation.selection_set, Vec::new())],
    );
    for (key, occurrences) in root {
        let (first, _) = occurrences[0];
        let is_refused =
            refusing.is_some_and(|it| it.keeps_out(&operation.selection_set.ty, &first.name));
        if first.name.starts_with("__") || only.is_some_and(|only| key != only) || is_refused {
            continue;
        }
        let witness = witnesses.selection(&first.name, refusing);
        printer.root_field(&occurrences, is_mutation, &witness)?;
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
        .chain(printer.conditions.iter().map(|(name, _)| format!("${name}: Boolean!")))
        .collect();
    if !used.is_empty() {
        let _ = write!(text, "({})", used.join(", "));
    }
    let _ = write!(text, " {{{}}}", printer.text);
    Ok(Some(Printed { text, conditions: printer.conditions }))
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
    declared: &'d [Node<VariableDefinition>],
    names: Names,
    /// What is not asked, because the viewer may not see it.
    refusing: Option<Refusing<'d>>,
    text: String,
    /// In how many places a condition depends on a variable.
    occurrences: HashMap<Key, usize>,
    conditions: Vec<(Key, Key)>,
}

/// Selections of one composite type.
#[derive(Default)]
struct Merged<'d> {
    fields: IndexMap<&'d Name, Vec<&'d executable::Field>>,
    fragments: IndexMap<(Option<&'d Name>, Conditions), Part<'d>>,
}

/// What of them stands under the same type condition and conditions.
#[derive(Default)]
struct Part<'d> {
    fields: Vec<&'d executable::Field>,
    sets: Vec<&'d SelectionSet>,
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
            self.open(conditions);
            self.field(&fields, witness);
            self.text.push_str(&"} ".repeat(conditions.len()));
            return Ok(());
        }
        let is_certain = occurrences.iter().any(|(_, conditions)| conditions.is_empty());
        if !is_certain && is_mutation {
            let message =
                format!("the mutation field {} is repeated under different conditions", first.name);
            return Err(vec![error::coded(error::VALIDATION, message)]);
        }
        self.head(first);
        if !first.selection_set.selections.is_empty() {
            self.text.push('{');
            for (field, conditions) in occurrences {
                self.open(conditions);
                self.text.push_str("...");
                let part = Part { fields: Vec::new(), sets: vec![&field.selection_set] };
                self.block(&field.selection_set.ty, &part);
                self.text.push_str(&"}".repeat(conditions.len()));
            }
            self.text.push_str(witness);
            self.text.push('}');
        }
        self.text.push(' ');
        Ok(())
    }

    /// Opens a fragment for every condition: a directive may stand only once in
    /// a place.
    fn open(&mut self, conditions: &[Condition]) {
        for condition in conditions {
            self.text.push_str("...");
            self.directive(condition);
            self.text.push_str(" {");
        }
    }

    fn directive(&mut self, condition: &Condition) {
        let variable = &condition.variable;
        let earlier = self.occurrences.entry(variable.clone()).or_default();
        *earlier += 1;
        let mut name = variable.to_string();
        if *earlier > 1 && self.names == Names::Shielded {
            name = format!("{SHIELD}{earlier}_{variable}");
            while self.declared.iter().any(|declared| declared.name == name.as_str()) {
                name.push('_');
            }
            self.conditions.push((Key::new(&name), variable.clone()));
        }
        let directive = if condition.wanted { "include" } else { "skip" };
        let _ = write!(self.text, " @{directive}(if: ${name})");
    }

    /// A field once, however often it stands there; `extra` ends its selection.
    fn field(&mut self, fields: &[&'d executable::Field], extra: &str) {
        let first = fields[0];
        self.head(first);
        if !first.selection_set.selections.is_empty() {
            let sets: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
            self.block(&first.selection_set.ty, &Part { fields: Vec::new(), sets });
            if !extra.is_empty() {
                self.text.pop();
                self.text.push_str(extra);
                self.text.push('}');
            }
        }
        self.text.push(' ');
    }

    fn head(&mut self, field: &executable::Field) {
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
    }

    fn block(&mut self, ty: &'d Name, part: &Part<'d>) {
        let mut merged = Merged::default();
        for field in &part.fields {
            self.add(ty, field, &mut merged);
        }
        for set in &part.sets {
            self.merge(ty, set, &mut merged);
        }
        self.text.push('{');
        // An object of a hidden or refused type must be known as one.
        let needs_type =
            self.names == Names::Client || self.public.hides_values || self.refusing.is_some();
        if needs_type && self.public.schema.get_object(ty).is_none() {
            self.text.push_str("__typename ");
        }
        for fields in merged.fields.values() {
            self.field(fields, "");
        }
        for ((condition, conditions), part) in &merged.fragments {
            self.text.push_str("...");
            if let Some(condition) = condition {
                let _ = write!(self.text, " on {condition}");
            }
            // The planner may lose a condition beside a type condition or another.
            let mut end = String::new();
            for (depth, one) in conditions.iter().enumerate() {
                if depth > 0 || condition.is_some() {
                    self.text.push_str("{...");
                    end.push('}');
                }
                self.directive(one);
            }
            self.block(condition.unwrap_or(ty), part);
            self.text.push_str(&end);
        }
        if self.text.ends_with('{') {
            // Everything below is skipped for good.
            self.text.push_str("__typename");
        }
        self.text.push('}');
    }

    /// Adds a field of this type. Of an abstract type, some of whose objects refuse
    /// it, it is asked of the others.
    fn add(&self, ty: &'d Name, field: &'d executable::Field, merged: &mut Merged<'d>) {
        let possible = self.public.possible_types(ty);
        let is_asked = |ty: &&Name| !self.refusing.is_some_and(|it| it.keeps_out(ty, &field.name));
        if possible.iter().all(|ty| is_asked(&ty)) {
            merged.fields.entry(field.response_key()).or_default().push(field);
            return;
        }
        for object in possible.iter().filter(is_asked) {
            let place = merged.fragments.entry((Some(object), Conditions::new())).or_default();
            place.fields.push(field);
        }
    }

    fn merge(&self, ty: &'d Name, set: &'d SelectionSet, merged: &mut Merged<'d>) {
        for selected in &set.selections {
            let Some(conditions) = conditions(selected.directives()) else {
                continue;
            };
            let inner = match selected {
                Selected::Field(field) if conditions.is_empty() => {
                    self.add(ty, field, merged);
                    continue;
                }
                Selected::Field(field) => {
                    merged.fragments.entry((None, conditions)).or_default().fields.push(field);
                    continue;
                }
                Selected::InlineFragment(fragment) => Some(&fragment.selection_set),
                Selected::FragmentSpread(spread) => self
                    .document
                    .fragments
                    .get(&spread.fragment_name)
                    .map(|fragment| &fragment.selection_set),
            };
            let Some(inner) = inner.filter(|inner| self.overlap(ty, &inner.ty)) else { continue };
            if conditions.is_empty() && (inner.ty == *ty || self.public.schema.is_subtype(&inner.ty, ty))
            {
                self.merge(ty, inner, merged);
            } else {
                let condition = (inner.ty != *ty).then_some(&inner.ty);
                merged.fragments.entry((condition, conditions)).or_default().sets.push(inner);
            }
        }
    }

    /// Whether an object can be of both types.
    fn overlap(&self, ty: &str, other: &str) -> bool {
        self.public.possible_types(ty).iter().any(|object| self.public.satisfies(object, other))
    }
}

/// The conditions of a selection, constants left out; `None` when a constant
/// keeps it out for good.
fn conditions(list: &DirectiveList) -> Option<Conditions> {
    use apollo_compiler::ast::Value;

    let mut conditions = Conditions::new();
    for directive in list.iter() {
        let wanted = match directive.name.as_str() {
            "include" => true,
            "skip" => false,
            _ => continue,
        };
        match directive.specified_argument_by_name("if").map(AsRef::as_ref) {
            Some(Value::Boolean(value)) if *value != wanted => return None,
            Some(Value::Variable(variable)) => {
                conditions.push(Condition { variable: Key::new(variable.as_str()), wanted });
            }
            _ => {}
        }
    }
    Some(conditions)
}
