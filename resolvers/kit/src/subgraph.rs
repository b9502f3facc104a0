//! A module's schema with its Rust types erased, so that the engine can hold
//! local and remote subgraphs in one list and compiles none of their resolvers.

use std::sync::Arc;

use async_graphql::{
    ObjectType, Request, Response, SDLExportOptions, Schema, SchemaBuilder, SubscriptionType,
    ValidationMode,
};
use futures_util::{StreamExt as _, future::BoxFuture, stream::BoxStream};

use crate::error::present;

/// The engine refuses deeper documents; the library's own bound is lower.
const MAX_DEPTH: usize = 128;

/// A subgraph in this process.
pub trait Subgraph: Send + Sync {
    /// Its Federation v2 SDL.
    fn sdl(&self) -> String;

    /// Runs a query or mutation; the request carries a
    /// [`RequestScope`](crate::RequestScope) and is already validated.
    fn execute(&self, request: Request) -> BoxFuture<'_, Response>;

    /// Runs a subscription: one answer for every event.
    fn subscribe(&self, request: Request) -> BoxStream<'static, Response>;
}

/// Finishes a module's schema: federation on, bounds set, types erased.
pub fn finish<Q, M, S>(builder: SchemaBuilder<Q, M, S>) -> Arc<dyn Subgraph>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    erase(
        builder
            .enable_federation()
            .enable_subscription_in_federation()
            // The engine has validated the client's document against the public schema.
            .validation_mode(ValidationMode::Fast)
            .limit_recursive_depth(MAX_DEPTH)
            .finish(),
    )
}

/// Erases a finished schema.
pub fn erase<Q, M, S>(schema: Schema<Q, M, S>) -> Arc<dyn Subgraph>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    Arc::new(schema)
}

impl<Q, M, S> Subgraph for Schema<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    fn sdl(&self) -> String {
        let options = SDLExportOptions::new()
            .federation()
            .include_specified_by()
            .prefer_single_line_descriptions()
            .use_space_ident();
        complete_imports(&self.sdl_with_options(options))
    }

    fn execute(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(async move {
            let mut response = Schema::execute(self, request).await;
            present(&mut response);
            response
        })
    }

    fn subscribe(&self, request: Request) -> BoxStream<'static, Response> {
        let stream = self.execute_stream(request);
        stream
            .map(|mut response| {
                present(&mut response);
                response
            })
            .boxed()
    }
}

/// The library's `@link` leaves out `@authenticated`, which our guards publish.
fn complete_imports(sdl: &str) -> String {
    let mut kept = String::with_capacity(sdl.len());
    for line in sdl.lines().filter(|line| !line.starts_with("directive @authenticated")) {
        kept.push_str(line);
        kept.push('\n');
    }
    if sdl.contains("@authenticated") {
        kept = kept.replace("\"@requiresScopes\"]", "\"@requiresScopes\", \"@authenticated\"]");
    }
    kept
}
