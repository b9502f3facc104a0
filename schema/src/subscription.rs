//! Following a subscription: one answer for every event of its stream, shared
//! with whoever follows the same.

use std::sync::{Arc, atomic::Ordering};

use async_graphql::Variables;
use futures_util::{StreamExt as _, stream::BoxStream};
use kit::{Batches, Mark, RequestScope, drive, drive_stream};

use crate::{
    Answer, Engine, GraphQLRequest, Kind, Prepared, SubAnswer, error, execute::Run, fanout,
    planner::Step,
};

/// The answers of a stream, each with where the stream stands behind it.
pub(crate) type Evaluation = BoxStream<'static, (Mark, Answer)>;

impl Engine {
    /// Follows a subscription: one answer for every event. A query or mutation
    /// is answered once.
    pub fn subscribe(&self, request: GraphQLRequest, scope: RequestScope) -> BoxStream<'static, Answer> {
        let engine = self.clone();
        let start = async move {
            let GraphQLRequest { query, operation_name, variables } = request;
            match engine.prepare(&query, operation_name.as_deref()).await {
                Ok(prepared) => engine.follow(prepared, variables, scope),
                Err(errors) => once(Answer::refused(errors)),
            }
        };
        futures_util::stream::once(start).flatten().boxed()
    }

    /// As [`subscribe`](Self::subscribe), for a prepared operation.
    ///
    /// An event is evaluated once for all who follow the same operation with the
    /// same variables and see the same; they share the bytes of its answer.
    #[must_use]
    pub fn follow(
        &self,
        prepared: Arc<Prepared>,
        given: Variables,
        scope: RequestScope,
    ) -> BoxStream<'static, Answer> {
        if prepared.kind != Kind::Subscription {
            let engine = self.clone();
            let answer = async move { engine.run(prepared, given, scope).await };
            return futures_util::stream::once(answer).boxed();
        }
        if !prepared.is_guarded() {
            return self.follow_allowed(prepared, given, scope);
        }
        let engine = self.clone();
        let start = async move {
            match engine.allowed(prepared, &given, &scope).await {
                Ok(prepared) => engine.follow_allowed(prepared, given, scope),
                Err(errors) => once(Answer::refused(errors)),
            }
        };
        futures_util::stream::once(start).flatten().boxed()
    }

    /// Follows what a viewer may see of a subscription.
    fn follow_allowed(
        &self,
        prepared: Arc<Prepared>,
        given: Variables,
        scope: RequestScope,
    ) -> BoxStream<'static, Answer> {
        let variables = match self.0.affordable(&prepared, given) {
            Ok(variables) => variables,
            Err(errors) => return once(Answer::refused(errors)),
        };
        match fanout::join(self, &prepared, &variables, &scope) {
            Some(shared) => shared,
            None => {
                let own = self.evaluate(prepared, Arc::new(variables), scope);
                own.map(|(_, answer)| answer).boxed()
            }
        }
    }

    /// How many events have been evaluated for subscribers so far: for many who
    /// share a stream, once.
    #[must_use]
    pub fn evaluations(&self) -> u64 {
        self.0.fanout.evaluations.load(Ordering::Relaxed)
    }

    /// How many subscribers share streams at present, those left out that wait
    /// for one to begin.
    #[must_use]
    pub fn followers(&self) -> usize {
        self.0.fanout.followers.load(Ordering::Relaxed)
    }

    /// How many streams are shared at present.
    #[must_use]
    pub fn shared_streams(&self) -> usize {
        self.0.fanout.streams()
    }

    /// Runs a subscription.
    pub(crate) fn evaluate(
        &self,
        prepared: Arc<Prepared>,
        variables: Arc<Variables>,
        scope: RequestScope,
    ) -> Evaluation {
        let refused = |code, message: &str| {
            let answer = Answer::refused(vec![error::coded(code, message)]);
            once((Mark::default(), answer))
        };
        if prepared.is_refused() {
            let run = Run::new(self.0.planner.as_ref(), &self.0.transports, &variables, &scope);
            let (value, errors) = self.0.finish(run, &prepared, &variables);
            let answer = Answer::new(value, errors, prepared, Variables::clone(&variables));
            return once((Mark::default(), answer));
        }
        let Some(fetch) = prepared.subscription() else {
            return refused(error::BAD_REQUEST, "the subscription has no field to follow");
        };
        let Some(transport) = self.0.transports.get(&*fetch.subgraph) else {
            return refused(error::INTERNAL, "internal error");
        };
        // The stream outlives every event, so its own loaders must not remember.
        let scope = RequestScope { batches: Batches::forgetting(), ..scope };
        let root = Run::new(self.0.planner.as_ref(), &self.0.transports, &variables, &scope);
        let events = transport.subscribe(&fetch.operation, root.variables_of(fetch), &scope);
        let events = drive_stream(scope.batches.clone(), events);
        let engine = self.clone();
        events
            .then(move |event| {
                // The stream goes on only when this answer is there.
                let mark = scope.stream.as_ref().map(kit::StreamControl::mark).unwrap_or_default();
                let (engine, prepared, variables) =
                    (engine.clone(), prepared.clone(), variables.clone());
                let scope = RequestScope { batches: Batches::default(), ..scope.clone() };
                async move { (mark, engine.event(&prepared, event, &variables, &scope).await) }
            })
            .boxed()
    }

    async fn event(
        &self,
        prepared: &Arc<Prepared>,
        event: SubAnswer,
        variables: &Variables,
        scope: &RequestScope,
    ) -> Answer {
        self.0.fanout.evaluations.fetch_add(1, Ordering::Relaxed);
        let run = Run::new(self.0.planner.as_ref(), &self.0.transports, variables, scope);
        if let Some(fetch) = prepared.subscription() {
            run.take(fetch, event);
        }
        if let Some(Step::Sequence(steps)) = &prepared.plan.root {
            let rest = async {
                for step in &steps[1..] {
                    run.step(step).await;
                }
            };
            drive(scope.batches.clone(), rest).await;
        }
        let (value, errors) = self.0.finish(run, prepared, variables);
        Answer::new(value, errors, prepared.clone(), variables.clone())
    }
}

fn once<T: Send + 'static>(item: T) -> BoxStream<'static, T> {
    futures_util::stream::once(std::future::ready(item)).boxed()
}
