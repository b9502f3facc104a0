//! GraphQL over HTTP: `/graphql` for POST, GET and WebSocket.
//! <https://graphql.github.io/graphql-over-http/draft/>

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use futures_util::FutureExt as _;
use schema::{Answer, GraphQLRequest, Kind, Prepared};
use tokio::time::{Instant, timeout_at};

use super::{
    Front,
    accept::{self, Media},
    body, csrf,
    errors::{self, Refusal},
    identity, request,
    trace::RequestId,
    websocket,
};

/// Answers one request.
pub(super) async fn serve(
    State(front): State<Arc<Front>>,
    Extension(id): Extension<RequestId>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    if websocket::is_upgrade(&parts) {
        return websocket::serve(front, parts, id).await;
    }
    let Some(media) = accept::negotiate(&parts.headers) else {
        let message = "answers are application/graphql-response+json or application/json";
        let refusal = Refusal::new(StatusCode::NOT_ACCEPTABLE, "BAD_REQUEST", message);
        return refusal.into_response(Media::Json, &id.0);
    };
    let mut response = match answer(&front, &parts, body, &id).await {
        Ok(answer) => {
            let status = errors::status(&answer, media);
            errors::respond(answer, status, media, &id.0)
        }
        Err(refusal) => refusal.into_response(media, &id.0),
    };
    if parts.method == Method::GET {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(header::VARY, HeaderValue::from_static("accept, authorization"));
    }
    response
}

/// Reads the request and runs it, together bounded in time.
async fn answer(front: &Front, parts: &Parts, body: Body, id: &RequestId) -> Result<Answer, Refusal> {
    let deadline = Instant::now() + front.server.request_timeout;
    let decoded = timeout_at(deadline, decode(front, parts, body)).await.unwrap_or_else(|_| {
        Err(Refusal::timeout(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive"))
    })?;
    let work = AssertUnwindSafe(run(front, parts, decoded, id)).catch_unwind();
    match timeout_at(deadline, work).await {
        Ok(Ok(outcome)) => outcome,
        // The panic itself is in the log.
        Ok(Err(_)) => Err(Refusal::internal()),
        Err(_) => {
            Err(Refusal::timeout(StatusCode::GATEWAY_TIMEOUT, "the request took too long to answer"))
        }
    }
}

/// The GraphQL request in an HTTP request.
async fn decode(front: &Front, parts: &Parts, body: Body) -> Result<GraphQLRequest, Refusal> {
    let nesting = front.limits.nesting;
    match parts.method {
        Method::GET => {
            if front.server.csrf && !csrf::allows_get(&parts.headers, &front.server.cors) {
                let message = "a GET request from another site needs the header `x-weft-preflight: 1`";
                return Err(Refusal::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
            }
            request::from_uri(&parts.uri, nesting)
        }
        Method::POST => {
            if !accept::is_json(&parts.headers) {
                let message = "send the request as `Content-Type: application/json` in UTF-8";
                return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST", message));
            }
            let body = body::read(&parts.headers, body, front.server.body_limit).await?;
            request::from_body(&body, nesting)
        }
        _ => Err(Refusal::method("GET, POST", "use POST, or GET for queries")),
    }
}

async fn run(
    front: &Front,
    parts: &Parts,
    request: GraphQLRequest,
    id: &RequestId,
) -> Result<Answer, Refusal> {
    let scope = identity::scope(front, &parts.headers, id).await?;
    let prepared = match prepare(front, &request).await {
        Ok(prepared) => prepared,
        Err(refused) => return Ok(refused),
    };
    if prepared.kind == Kind::Mutation && parts.method == Method::GET {
        return Err(Refusal::method("POST", "mutations need POST"));
    }
    Ok(front.engine.run(prepared, request.variables, scope).await)
}

/// Validates and plans the operation; or the answer that refuses it.
pub(super) async fn prepare(front: &Front, request: &GraphQLRequest) -> Result<Arc<Prepared>, Answer> {
    let name = request.operation_name.as_deref();
    let prepared = front.engine.prepare(&request.query, name).await.map_err(Answer::refused)?;
    if prepared.reads_schema() && !front.server.introspection {
        let message = "introspection is switched off here";
        return Err(Answer::refused(vec![errors::coded("GRAPHQL_VALIDATION_FAILED", message)]));
    }
    Ok(prepared)
}
