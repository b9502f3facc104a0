//! A subgraph in this process: the parsed operation goes in, a value tree comes
//! back.

use std::sync::Arc;

use async_graphql::{Request, Response, Variables};
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::BoxStream};
use kit::{RequestScope, Subgraph};

use super::{SubAnswer, Transport};
use crate::planner::SubOperation;

/// A module of this process.
pub struct LocalSubgraph(Arc<dyn Subgraph>);

impl LocalSubgraph {
    /// The way to this module.
    #[must_use]
    pub fn new(subgraph: Arc<dyn Subgraph>) -> Self {
        Self(subgraph)
    }
}

impl Transport for LocalSubgraph {
    fn execute<'a>(
        &'a self,
        operation: &'a SubOperation,
        variables: Variables,
        scope: &'a RequestScope,
    ) -> BoxFuture<'a, SubAnswer> {
        self.0.execute(request(operation, variables, scope)).map(answer).boxed()
    }

    fn subscribe(
        &self,
        operation: &SubOperation,
        variables: Variables,
        scope: &RequestScope,
    ) -> BoxStream<'static, SubAnswer> {
        self.0.subscribe(request(operation, variables, scope)).map(answer).boxed()
    }

    fn is_local(&self) -> bool {
        true
    }

    fn place(&self) -> String {
        "in this process".to_owned()
    }
}

fn request(operation: &SubOperation, variables: Variables, scope: &RequestScope) -> Request {
    let mut request = Request::new("").variables(variables).data(scope.clone());
    request.set_parsed_query(operation.document.as_ref().clone());
    request
}

fn answer(response: Response) -> SubAnswer {
    SubAnswer { data: response.data, errors: response.errors }
}
