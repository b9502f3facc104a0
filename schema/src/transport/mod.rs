//! How a step of the plan reaches its subgraph: in this process, over HTTP, or
//! the engine's own answer for `node` and `nodes`.

mod http;
mod local;
mod node;

use async_graphql::{ServerError, Value, Variables};
use futures_util::{future::BoxFuture, stream::BoxStream};
use kit::RequestScope;

pub use http::{HttpSubgraph, fetch_sdl};
pub use local::LocalSubgraph;
pub(crate) use node::{NODE_SUBGRAPH, NodeSubgraph};

use crate::planner::SubOperation;

/// What a subgraph answers.
#[derive(Debug, Default)]
pub struct SubAnswer {
    /// The value tree; `Null` when there is none.
    pub data: Value,
    /// Errors, with paths in the sub-operation's terms.
    pub errors: Vec<ServerError>,
}

impl SubAnswer {
    /// An answer that is nothing but an error.
    #[must_use]
    pub fn failed(error: ServerError) -> Self {
        Self { data: Value::Null, errors: vec![error] }
    }
}

/// A way to one subgraph.
pub trait Transport: Send + Sync {
    /// Asks a query or mutation.
    fn execute<'a>(
        &'a self,
        operation: &'a SubOperation,
        variables: Variables,
        scope: &'a RequestScope,
    ) -> BoxFuture<'a, SubAnswer>;

    /// Asks for a stream of events, one answer each.
    fn subscribe(
        &self,
        operation: &SubOperation,
        variables: Variables,
        scope: &RequestScope,
    ) -> BoxStream<'static, SubAnswer>;

    /// Whether the subgraph runs in this process, so that its answer costs no
    /// serialisation.
    fn is_local(&self) -> bool;

    /// Where the subgraph runs, in words.
    fn place(&self) -> String;
}
