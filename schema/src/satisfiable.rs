//! Whether every field of the public schema can be resolved from everywhere it
//! is offered: each field that leads to a composite type is planned with all
//! fields of that type below it.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Write as _,
    time::Duration,
};

use apollo_compiler::{
    Name,
    schema::{ExtendedType, FieldDefinition},
};

use crate::{EngineError, PublicSchema, planner::Planner};

/// Plans a probe for every field.
///
/// # Errors
/// The coordinates that no plan reaches.
pub(crate) fn check(
    public: &PublicSchema,
    planner: &dyn Planner,
    deadline: Duration,
) -> Result<(), EngineError> {
    let prober = Prober { public, planner, deadline };
    let mut problems = Vec::new();
    for (operation, root) in [
        ("query", &public.schema.schema_definition.query),
        ("mutation", &public.schema.schema_definition.mutation),
        ("subscription", &public.schema.schema_definition.subscription),
    ] {
        if let Some(root) = root {
            prober.root(operation, &root.name, &mut problems);
        }
    }
    problems.sort();
    problems.dedup();
    if problems.is_empty() { Ok(()) } else { Err(EngineError::Unsatisfiable(problems.join("\n"))) }
}

struct Prober<'s> {
    public: &'s PublicSchema,
    planner: &'s dyn Planner,
    deadline: Duration,
}

/// How a type is reached: text around a selection on it, and variables.
#[derive(Clone, Default)]
struct Way {
    before: String,
    after: String,
    variables: Vec<String>,
}

impl<'s> Prober<'s> {
    fn root(&self, operation: &str, root: &Name, problems: &mut Vec<String>) {
        let mut ways: HashMap<&'s Name, Way> = HashMap::new();
        let mut queue = VecDeque::new();
        let Some((root, _)) = self.public.schema.types.get_key_value(root) else { return };
        ways.insert(root, Way::default());
        queue.push_back(root);
        while let Some(ty) = queue.pop_front() {
            let way = ways[ty].clone();
            // An operation other than a query asks one root field at a time.
            let fields = self.fields(ty);
            if operation == "query" {
                self.probe(operation, ty, &way, &fields, problems);
            } else if ty == root {
                for field in &fields {
                    self.probe(operation, ty, &way, std::slice::from_ref(field), problems);
                }
                return;
            }
            for field in fields {
                let inner = field.ty.inner_named_type();
                for target in self.public.possible_types(inner) {
                    if let Some((target, _)) = self.public.schema.types.get_key_value(target)
                        && !ways.contains_key(target)
                    {
                        ways.insert(target, way.further(field, inner, target));
                        queue.push_back(target);
                    }
                }
            }
        }
    }

    fn fields(&self, ty: &str) -> Vec<&'s FieldDefinition> {
        match self.public.schema.types.get(ty) {
            Some(ExtendedType::Object(object)) => object
                .fields
                .values()
                .map(|field| field.as_ref())
                .filter(|field| !field.name.starts_with("__"))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Plans the fields together; when that fails, one by one to name the culprit.
    fn probe(
        &self,
        operation: &str,
        ty: &Name,
        way: &Way,
        fields: &[&FieldDefinition],
        problems: &mut Vec<String>,
    ) {
        if fields.is_empty() || self.plan(operation, way, fields, None).is_ok() {
            return;
        }
        for field in fields {
            if self.plan(operation, way, &[field], None).is_ok() {
                continue;
            }
            let mut has_culprit = false;
            for target in self.public.possible_types(field.ty.inner_named_type()) {
                for inner in self.fields(target) {
                    if let Err(reason) = self.plan(operation, way, &[field], Some((target, inner))) {
                        has_culprit = true;
                        problems.push(format!(
                            "{target}.{} under {ty}.{}: {reason}",
                            inner.name, field.name
                        ));
                    }
                }
            }
            if !has_culprit {
                problems.push(format!("{ty}.{}", field.name));
            }
        }
    }

    /// Plans these fields with all fields of their types, or with only one.
    fn plan(
        &self,
        operation: &str,
        way: &Way,
        fields: &[&FieldDefinition],
        only: Option<(&Name, &FieldDefinition)>,
    ) -> Result<(), String> {
        let mut variables = way.variables.clone();
        let mut text = String::new();
        for field in fields {
            text += &call(field, &mut variables);
            let inner = field.ty.inner_named_type();
            if !self.public.possible_types(inner).is_empty() {
                let _ = write!(text, "{{{}}}", self.below(inner, only, &mut variables));
            }
            text.push(' ');
        }
        let head =
            if variables.is_empty() { String::new() } else { format!("({})", variables.join(", ")) };
        let document = format!("{operation}{head} {{{}{text}{}}}", way.before, way.after);
        self.planner.plan(&document, self.deadline).map(drop).map_err(|error| error.to_string())
    }

    /// All leaf fields of a type, and its composite fields by `__typename`.
    fn below(
        &self,
        ty: &Name,
        only: Option<(&Name, &FieldDefinition)>,
        variables: &mut Vec<String>,
    ) -> String {
        let mut text = "__typename ".to_owned();
        for object in self.public.possible_types(ty) {
            let mut inner = String::new();
            for field in self.fields(object) {
                let is_wanted =
                    only.is_none_or(|(wanted, one)| wanted == object && one.name == field.name);
                if !is_wanted {
                    continue;
                }
                inner += &call(field, variables);
                if !self.public.possible_types(field.ty.inner_named_type()).is_empty() {
                    inner += "{__typename}";
                }
                inner.push(' ');
            }
            if !inner.is_empty() {
                let _ = write!(text, "... on {object} {{{inner}}} ");
            }
        }
        text
    }
}

impl Way {
    /// One field further.
    fn further(&self, field: &FieldDefinition, inner: &Name, target: &Name) -> Self {
        let mut variables = self.variables.clone();
        let call = call(field, &mut variables);
        let (condition, end) =
            if inner == target { (String::new(), "}") } else { (format!("... on {target} {{"), "}}") };
        Self {
            before: format!("{}{call}{{{condition}", self.before),
            after: format!("{end}{}", self.after),
            variables,
        }
    }
}

/// A field with its required arguments as variables, under a name of its own:
/// two types may have fields of one name and different arguments.
fn call(field: &FieldDefinition, variables: &mut Vec<String>) -> String {
    let mut arguments = Vec::new();
    for argument in field.arguments.iter().filter(|argument| argument.is_required()) {
        let variable = format!("$v{}", variables.len());
        arguments.push(format!("{}: {variable}", argument.name));
        variables.push(format!("{variable}: {}", argument.ty));
    }
    if arguments.is_empty() {
        return field.name.to_string();
    }
    format!("p{}: {}({})", variables.len(), field.name, arguments.join(", "))
}
