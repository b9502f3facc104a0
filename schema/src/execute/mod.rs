//! Running a plan: steps are asked, answers merged, errors put into the
//! client's terms, and the whole completed by the public schema.

mod blame;
mod complete;
mod entities;
mod tree;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_graphql::{
    Name, ServerError, Value, Variables,
    parser::types::{Directive, Selection as Selected, SelectionSet},
};
use futures_util::{
    FutureExt as _,
    future::{BoxFuture, join_all},
};
use kit::RequestScope;

use crate::{
    document::shape::{Field, Selection},
    error,
    planner::{EntityBatch, Fetch, Planner, Step},
    transport::{SubAnswer, Transport},
};

/// Errors that a run keeps; an answer names far fewer, and looking through them
/// must stay cheap.
pub(crate) const MAX_ERRORS: usize = 1_000;

/// Under which of a field's names its value stands in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keys {
    /// The planner's.
    Planned,
    /// The client's own: one module answered the client's own operation.
    Client,
}

impl Keys {
    /// The key of a field's value.
    pub(crate) const fn of(self, field: &Field) -> &Name {
        match self {
            Self::Planned => &field.planned,
            Self::Client => &field.key,
        }
    }
}

/// Whether the variables let a field into the answer.
pub(crate) fn is_included(field: &Field, variables: &Variables) -> bool {
    field.when.is_empty()
        || field.when.iter().any(|conditions| {
            conditions
                .iter()
                .all(|condition| is_true(variables, &condition.variable) == condition.wanted)
        })
}

fn is_true(variables: &Variables, name: &Name) -> bool {
    matches!(variables.get(name), Some(Value::Boolean(true)))
}

/// What a plan is run with.
pub(crate) struct Run<'r> {
    pub(crate) planner: &'r dyn Planner,
    pub(crate) transports: &'r HashMap<String, Arc<dyn Transport>>,
    pub(crate) variables: &'r Variables,
    pub(crate) scope: &'r RequestScope,
    data: Mutex<Value>,
    errors: Mutex<Vec<ServerError>>,
}

impl<'r> Run<'r> {
    /// A run that starts from this answer.
    pub(crate) fn new(
        planner: &'r dyn Planner,
        transports: &'r HashMap<String, Arc<dyn Transport>>,
        variables: &'r Variables,
        scope: &'r RequestScope,
    ) -> Self {
        let data = Mutex::new(Value::Object(tree::Object::new()));
        Self { planner, transports, variables, scope, data, errors: Mutex::default() }
    }

    /// Takes the answer of a root step: a fetch, or one event of a subscription.
    pub(crate) fn take(&self, fetch: &Fetch, mut answer: SubAnswer) {
        answer.errors.truncate(MAX_ERRORS);
        let transport = self.transports.get(&*fetch.subgraph);
        if transport.is_some_and(|transport| transport.is_local()) {
            for error in &answer.errors {
                tree::revive(&mut answer.data, &error.path);
            }
        }
        for change in &fetch.output {
            tree::rewrite(self.planner, change, &mut answer.data);
        }
        for error in &mut answer.errors {
            error.locations.clear();
            error.path = blame::client_path(&error.path, &fetch.output);
        }
        tree::merge(&mut self.data(), answer.data);
        self.keep(answer.errors);
    }

    /// Puts a value of the engine's own at the root.
    pub(crate) fn insert(&self, key: Name, value: Value) {
        if let Value::Object(object) = &mut *self.data() {
            object.insert(key, value);
        }
    }

    /// Changes the value of a root field, if it is there.
    pub(crate) fn change(&self, key: &Name, change: impl FnOnce(&mut Value)) {
        if let Value::Object(object) = &mut *self.data()
            && let Some(value) = object.get_mut(key)
        {
            change(value);
        }
    }

    /// The tree and the errors so far, completed by the shape; the tree is
    /// `None` when nothing of it may stand.
    pub(crate) fn finish(self, shape: &Selection, keys: Keys) -> (Option<Value>, Vec<ServerError>) {
        let mut data = self.data.into_inner().expect("no code panics while it holds this lock");
        let mut errors = self.errors.into_inner().expect("no code panics while it holds this lock");
        // A module that answers the client's own operation without an error
        // has nothing to complete.
        let is_complete = keys == Keys::Client && errors.is_empty();
        errors.retain(|error| blame::is_asked(shape, &error.path, self.variables));
        blame::locate(shape, &mut errors);
        let stands =
            is_complete || complete::complete(&mut data, shape, keys, self.variables, &mut errors);
        (stands.then_some(data), errors)
    }

    /// Runs a step and all below it.
    pub(crate) fn step<'s>(&'s self, step: &'s Step) -> BoxFuture<'s, ()> {
        async move {
            match step {
                Step::Fetch(fetch) => self.fetch(fetch).await,
                Step::Entities { fetch, batches } => self.entities(fetch, batches).await,
                Step::Sequence(steps) => {
                    for step in steps {
                        self.step(step).await;
                    }
                }
                Step::Parallel(steps) => drop(join_all(steps.iter().map(|step| self.step(step))).await),
                Step::Condition { variable, then, otherwise } => {
                    let branch = if is_true(self.variables, variable) { then } else { otherwise };
                    if let Some(step) = branch {
                        self.step(step).await;
                    }
                }
                // Events are taken one by one before the rest of the plan runs.
                Step::Subscribe(_) => {}
            }
        }
        .boxed()
    }

    /// Runs a step that asks one subgraph and nothing else.
    pub(crate) async fn fetch(&self, fetch: &Fetch) {
        if !asks_anything(fetch, self.variables) {
            return;
        }
        let answer = self.ask(fetch, self.variables_of(fetch)).await;
        self.take(fetch, answer);
    }

    async fn entities(&self, fetch: &Fetch, batches: &[EntityBatch]) {
        let mut variables = self.variables_of(fetch);
        let mut targets = Vec::with_capacity(batches.len());
        let mut is_empty = true;
        {
            let data = self.data();
            for batch in batches {
                let gathered = entities::gather(self.planner, &data, batch);
                is_empty &= gathered.list.is_empty();
                variables.insert(batch.variable.clone(), Value::List(gathered.list));
                targets.push(gathered.targets);
            }
        }
        if is_empty {
            return;
        }
        let answer = self.ask(fetch, variables).await;
        self.take_entities(batches, &targets, answer);
    }

    fn take_entities(
        &self,
        batches: &[EntityBatch],
        targets: &[Vec<Vec<Option<usize>>>],
        answer: SubAnswer,
    ) {
        let SubAnswer { data: answered, mut errors } = answer;
        errors.truncate(MAX_ERRORS);
        errors.iter_mut().for_each(|error| error.locations.clear());
        let mut answered = match answered {
            Value::Object(object) => object,
            _ => tree::Object::new(),
        };
        let mut data = self.data();
        for (batch, targets) in batches.iter().zip(targets) {
            let entities = match answered.swap_remove(&batch.key) {
                Some(Value::List(entities)) => entities,
                _ => Vec::new(),
            };
            if !errors.is_empty() {
                let (mine, others) =
                    errors.into_iter().partition(|error| is_of(error, batch, batches.len()));
                errors = others;
                let blamed = blame::of_entities(self.planner, &data, batch, targets, &entities, mine);
                self.keep(blamed);
            }
            entities::scatter(self.planner, &mut data, batch, targets, entities);
        }
        self.keep(errors);
    }

    /// Adds errors as long as there is room for more.
    fn keep(&self, more: Vec<ServerError>) {
        let mut errors = self.errors();
        let room = MAX_ERRORS.saturating_sub(errors.len());
        errors.extend(more.into_iter().take(room));
    }

    async fn ask(&self, fetch: &Fetch, variables: Variables) -> SubAnswer {
        match self.transports.get(&*fetch.subgraph) {
            Some(transport) => transport.execute(&fetch.operation, variables, self.scope).await,
            None => {
                let message = format!("the subgraph {} is not configured", fetch.subgraph);
                SubAnswer::failed(error::coded(error::INTERNAL, message))
            }
        }
    }

    pub(crate) fn variables_of(&self, fetch: &Fetch) -> Variables {
        let mut variables = Variables::default();
        for name in &fetch.variables {
            if let Some(value) = self.variables.get(name) {
                variables.insert(name.clone(), value.clone());
            }
        }
        variables
    }

    fn data(&self) -> MutexGuard<'_, Value> {
        self.data.lock().expect("no code panics while it holds this lock")
    }

    fn errors(&self) -> MutexGuard<'_, Vec<ServerError>> {
        self.errors.lock().expect("no code panics while it holds this lock")
    }
}

/// Whether the variables leave any field of the operation itself.
fn asks_anything(fetch: &Fetch, variables: &Variables) -> bool {
    let mut operations = fetch.operation.document.operations.iter();
    operations.any(|(_, operation)| has_field(&operation.node.selection_set.node, variables))
}

fn has_field(set: &SelectionSet, variables: &Variables) -> bool {
    set.items.iter().any(|item| {
        let directives = item.node.directives();
        directives.iter().all(|directive| lets_in(&directive.node, variables))
            && match &item.node {
                Selected::InlineFragment(fragment) => {
                    has_field(&fragment.node.selection_set.node, variables)
                }
                _ => true,
            }
    })
}

fn lets_in(directive: &Directive, variables: &Variables) -> bool {
    let condition = directive.get_argument("if").and_then(|value| {
        value.node.clone().into_const_with(|name| variables.get(&name).cloned().ok_or(())).ok()
    });
    match directive.name.node.as_str() {
        "skip" => condition != Some(Value::Boolean(true)),
        "include" => condition != Some(Value::Boolean(false)),
        _ => true,
    }
}

/// Whether an error of a batched answer belongs to this list.
fn is_of(error: &ServerError, batch: &EntityBatch, batches: usize) -> bool {
    use async_graphql::PathSegment;

    batches == 1
        || matches!(error.path.first(), Some(PathSegment::Field(key)) if *key == batch.key.as_str())
}
