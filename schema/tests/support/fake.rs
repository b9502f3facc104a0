//! A subgraph that answers from JSON and writes down what it is asked.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use apollo_compiler::ast::OperationType;
use async_graphql::{ErrorExtensionValues, Name, ServerError, Value, Variables};
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::BoxStream};
use kit::RequestScope;
use schema::{SubAnswer, Transport, planner::SubOperation};

use super::{
    json,
    naive::{Naive, Object, operation},
};

/// What the subgraphs of a case were asked, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Sent>);

#[derive(Default)]
struct Sent {
    lines: Mutex<Vec<String>>,
    /// Mutations that are running right now.
    mutations: AtomicUsize,
}

/// The subgraph, and how it is reached.
pub(crate) struct Fake {
    pub(crate) name: String,
    pub(crate) naive: Arc<Naive>,
    /// Whether it pretends to run in this process.
    pub(crate) is_local: bool,
    /// Whether it answers nothing but one error.
    pub(crate) is_away: bool,
    pub(crate) log: Log,
}

impl Log {
    /// What was asked since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lines.lock().expect("no code panics while it holds this lock"))
    }

    fn note(&self, line: String) {
        self.0.lines.lock().expect("no code panics while it holds this lock").push(line);
    }

    async fn while_mutating(&self) {
        if self.0.mutations.fetch_add(1, Ordering::SeqCst) > 0 {
            self.note("two mutations ran at once".to_owned());
        }
        tokio::task::yield_now().await;
        self.0.mutations.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Fake {
    fn note(&self, operation: &SubOperation, variables: &Variables) {
        let mut line = format!("{}: {}", self.name, operation.text);
        if !variables.is_empty() {
            let variables = variables.iter().map(|(name, value)| (name.clone(), value.clone()));
            line += &format!(" {}", json::line(&Value::Object(variables.collect())));
        }
        self.log.note(line);
    }

    fn away(&self) -> SubAnswer {
        let mut error = ServerError::new(format!("{} is not available", self.name), None);
        error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", "UNAVAILABLE");
        SubAnswer::failed(error)
    }

    async fn answer(&self, asked: &SubOperation, variables: &Variables) -> SubAnswer {
        self.note(asked, variables);
        if operation(&asked.document).0 == OperationType::Mutation {
            self.log.while_mutating().await;
        }
        if self.is_away {
            return self.away();
        }
        let outcome = self.naive.execute(&asked.document, variables);
        SubAnswer { data: outcome.data, errors: outcome.errors }
    }

    /// One root object for every item of the lists under `Subscription`.
    fn events(&self) -> Vec<Object> {
        let Some(Value::Object(streams)) = self.naive.data.get("Subscription") else {
            return Vec::new();
        };
        let event = |name: &Name, value: &Value| Object::from_iter([(name.clone(), value.clone())]);
        streams
            .iter()
            .flat_map(|(name, events)| match events {
                Value::List(events) => events.iter().map(|value| event(name, value)).collect(),
                _ => Vec::new(),
            })
            .collect()
    }
}

impl Transport for Fake {
    fn execute<'a>(
        &'a self,
        operation: &'a SubOperation,
        variables: Variables,
        _: &'a RequestScope,
    ) -> BoxFuture<'a, SubAnswer> {
        async move { self.answer(operation, &variables).await }.boxed()
    }

    fn subscribe(
        &self,
        operation: &SubOperation,
        variables: Variables,
        _: &RequestScope,
    ) -> BoxStream<'static, SubAnswer> {
        self.note(operation, &variables);
        if self.is_away {
            return futures_util::stream::iter([self.away()]).boxed();
        }
        let answers: Vec<SubAnswer> = self
            .events()
            .iter()
            .map(|event| {
                let outcome = self.naive.execute_on(&operation.document, &variables, event);
                SubAnswer { data: outcome.data, errors: outcome.errors }
            })
            .collect();
        futures_util::stream::iter(answers).boxed()
    }

    fn is_local(&self) -> bool {
        self.is_local
    }

    fn place(&self) -> String {
        if self.is_local { "in this process".to_owned() } else { format!("at http://{}", self.name) }
    }
}
