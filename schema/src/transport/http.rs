//! A subgraph in another process, asked over HTTP.

use std::time::Duration;

use async_graphql::{PathSegment, Pos, ServerError, Value, Variables, parser::types::OperationType};
use futures_util::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::BoxStream};
use kit::{Outside, OutsideOptions, RequestScope};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;

use super::{SubAnswer, Transport};
use crate::{
    error::{self, INTERNAL},
    planner::SubOperation,
};

/// Codes that a subgraph's error may keep: the graph's closed list.
const KNOWN_CODES: [&str; 8] = [
    "BAD_USER_INPUT",
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "RATE_LIMITED",
    "COST_EXCEEDED",
    "TIMEOUT",
    "UNAVAILABLE",
    "STREAM_GAP",
];

/// A subgraph behind a URL.
pub struct HttpSubgraph {
    client: reqwest::Client,
    url: String,
    name: String,
    outside: Outside,
}

impl HttpSubgraph {
    /// The subgraph `name` at `url`; one attempt takes at most `timeout`.
    #[must_use]
    pub fn new(client: reqwest::Client, name: &str, url: &str, timeout: Duration) -> Self {
        let outside = Outside::new(name, OutsideOptions { timeout, ..OutsideOptions::default() });
        Self { client, url: url.to_owned(), name: name.to_owned(), outside }
    }

    async fn ask(
        &self,
        operation: &SubOperation,
        variables: &Variables,
        scope: &RequestScope,
    ) -> SubAnswer {
        let call = || self.send(operation, variables, scope);
        // A mutation may have run before its answer was lost.
        let outcome = if is_query(operation) {
            self.outside.repeatable(call).await
        } else {
            self.outside.once(call()).await
        };
        match outcome {
            Ok(body) => body.into_answer(),
            Err(error) => SubAnswer::failed(error::coded(error.code(), error.to_string())),
        }
    }

    async fn send(
        &self,
        operation: &SubOperation,
        variables: &Variables,
        scope: &RequestScope,
    ) -> Result<Body, reqwest::Error> {
        let body = json!({ "query": &*operation.text, "variables": variables });
        let mut request = self
            .client
            .post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/graphql-response+json, application/json;q=0.9")
            .json(&body);
        if let Some(token) = &scope.token {
            request = request.header(AUTHORIZATION, format!("Bearer {}", token.expose_secret()));
        }
        if let Some(id) = &scope.request_id {
            request = request.header("x-request-id", id.as_ref());
        }
        request.send().await?.json().await
    }
}

impl Transport for HttpSubgraph {
    fn execute<'a>(
        &'a self,
        operation: &'a SubOperation,
        variables: Variables,
        scope: &'a RequestScope,
    ) -> BoxFuture<'a, SubAnswer> {
        async move { self.ask(operation, &variables, scope).await }.boxed()
    }

    fn subscribe(
        &self,
        _: &SubOperation,
        _: Variables,
        _: &RequestScope,
    ) -> BoxStream<'static, SubAnswer> {
        let message = format!("subscriptions of {} are not served from another process", self.name);
        let answer = SubAnswer::failed(error::coded(error::BAD_REQUEST, message));
        futures_util::stream::once(std::future::ready(answer)).boxed()
    }

    fn is_local(&self) -> bool {
        false
    }

    fn place(&self) -> String {
        format!("at {}", self.url)
    }
}

/// Asks a subgraph for its SDL (`_service`, Federation 2 "Subgraph specification").
///
/// # Errors
/// When nobody answers there, or the answer has no SDL.
pub async fn fetch_sdl(client: &reqwest::Client, url: &str) -> Result<String, String> {
    let answer = client.post(url).json(&json!({ "query": "{ _service { sdl } }" })).send().await;
    let body: serde_json::Value = match answer {
        Ok(answer) => answer.json().await.map_err(|error| error.to_string())?,
        Err(error) => return Err(error.to_string()),
    };
    body["data"]["_service"]["sdl"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| "the answer has no SDL".to_owned())
}

fn is_query(operation: &SubOperation) -> bool {
    operation.document.operations.iter().all(|(_, operation)| operation.node.ty == OperationType::Query)
}

#[derive(Deserialize)]
struct Body {
    data: Option<Value>,
    #[serde(default)]
    errors: Vec<Problem>,
}

#[derive(Deserialize)]
struct Problem {
    #[serde(default)]
    message: String,
    #[serde(default)]
    path: Vec<PathPiece>,
    #[serde(default)]
    extensions: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum PathPiece {
    Index(usize),
    Field(String),
}

impl Body {
    fn into_answer(self) -> SubAnswer {
        if self.data.is_none() && self.errors.is_empty() {
            let message = "the subgraph answered neither data nor errors";
            return SubAnswer::failed(error::coded(INTERNAL, message));
        }
        SubAnswer {
            data: self.data.unwrap_or_default(),
            errors: self.errors.into_iter().map(ServerError::from).collect(),
        }
    }
}

impl From<Problem> for ServerError {
    fn from(problem: Problem) -> Self {
        let mut error = Self::new(problem.message, None::<Pos>);
        error.path = problem.path.into_iter().map(PathSegment::from).collect();
        let code = problem.extensions.get("code").and_then(serde_json::Value::as_str);
        let code = code.filter(|code| KNOWN_CODES.contains(code)).unwrap_or(INTERNAL);
        error::set_code(&mut error, code);
        error
    }
}

impl From<PathPiece> for PathSegment {
    fn from(piece: PathPiece) -> Self {
        match piece {
            PathPiece::Index(index) => Self::Index(index),
            PathPiece::Field(name) => Self::Field(name),
        }
    }
}
