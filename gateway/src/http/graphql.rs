//! GraphQL over HTTP: `/graphql` for POST and GET; the way in to WebSocket and
//! to streams over HTTP.
//! <https://graphql.github.io/graphql-over-http/draft/>

use std::{panic::AssertUnwindSafe, sync::Arc};

use axum::{
    Extension,
    body::Body,
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header, request::Parts},
    response::Response,
};
use bytes::Bytes;
use futures_util::FutureExt as _;
use kit::RequestScope;
use schema::{Answer, Kind, Prepared};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

use super::{
    Front,
    accept::{self, Media, StreamMedia},
    body, csrf,
    errors::{self, Refusal},
    identity, multipart,
    persisted::{Asked, Persisted},
    request, sse,
    stream::{self, Happening, Operation, Session},
    toll,
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
    if sse::is_single(&parts) {
        return sse::serve(front, parts, body, id).await;
    }
    let (json, stream) = (accept::negotiate(&parts.headers), accept::stream(&parts.headers));
    let media = json.unwrap_or(Media::Json);
    if json.is_none() && stream.is_none() {
        let message = "answers are application/graphql-response+json, application/json or streams of \
                       text/event-stream or multipart/mixed;subscriptionSpec=1.0";
        let refusal = Refusal::new(StatusCode::NOT_ACCEPTABLE, "BAD_REQUEST", message);
        return refusal.into_response(media, &id.0);
    }
    let accepted = Accepted { stream, takes_json: json.is_some() };
    let outcome = answer(&front, &parts, body, &id, accepted).await;
    let mut caching = (parts.method == Method::GET).then(|| HeaderValue::from_static("no-store"));
    let mut response = match outcome {
        Ok(Reply::Once(answer, hit)) => {
            let hit = hit.filter(|_| answer.errors.is_empty());
            caching = caching.map(|never| hit.unwrap_or(never));
            let status = errors::status(&answer, media);
            errors::respond(answer, status, media, &id.0)
        }
        Ok(Reply::Stream(response)) => {
            // It says itself how it may be kept and changed on its way.
            caching = None;
            response
        }
        Err(refusal) => refusal.into_response(media, &id.0),
    };
    if let Some(caching) = caching {
        let headers = response.headers_mut();
        headers.insert(header::CACHE_CONTROL, caching);
        headers.insert(header::VARY, HeaderValue::from_static("accept, authorization"));
    }
    response
}

/// What the client takes.
#[derive(Clone, Copy)]
struct Accepted {
    stream: Option<StreamMedia>,
    takes_json: bool,
}

impl Accepted {
    /// The stream that carries an operation of this kind, `None` for a single
    /// answer. An operation that was refused has no kind.
    fn stream_for(self, kind: Option<Kind>) -> Option<StreamMedia> {
        let is_events_only = !self.takes_json && self.stream == Some(StreamMedia::Events);
        self.stream.filter(|_| kind == Some(Kind::Subscription) || is_events_only)
    }
}

enum Reply {
    /// An answer, and what it says to caches when its document was sent by hash.
    Once(Answer, Option<HeaderValue>),
    Stream(Response),
}

/// Reads the request and runs it, together bounded in time; a stream begins in
/// that time.
async fn answer(
    front: &Arc<Front>,
    parts: &Parts,
    body: Body,
    id: &RequestId,
    accepted: Accepted,
) -> Result<Reply, Refusal> {
    let deadline = Instant::now() + front.server.request_timeout;
    let decoded = timeout_at(deadline, decode(front, parts, body)).await.unwrap_or_else(|_| {
        Err(Refusal::timeout(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive"))
    })?;
    let work = AssertUnwindSafe(run(front, parts, decoded, id, accepted)).catch_unwind();
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
async fn decode(front: &Front, parts: &Parts, body: Body) -> Result<Asked, Refusal> {
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
            let body = read_json(front, parts, body).await?;
            request::from_body(&body, nesting)
        }
        _ => Err(Refusal::method("GET, POST", "use POST, or GET for queries")),
    }
}

/// The body of a request whose body is JSON.
pub(super) async fn read_json(front: &Front, parts: &Parts, body: Body) -> Result<Bytes, Refusal> {
    if !accept::is_json(&parts.headers) {
        body::discard(&parts.headers, body).await;
        let message = "send the request as `Content-Type: application/json` in UTF-8";
        return Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "BAD_REQUEST", message));
    }
    body::read(&parts.headers, body, front.server.body_limit).await
}

async fn run(
    front: &Arc<Front>,
    parts: &Parts,
    mut asked: Asked,
    id: &RequestId,
    accepted: Accepted,
) -> Result<Reply, Refusal> {
    let mut scope = identity::scope(front, parts, id).await?;
    if let Err(refused) = toll::refuse_penniless(front, &scope).await {
        return Ok(Reply::Once(refused, None));
    }
    let is_named = matches!(asked.persisted, Some(Persisted::Alone(_)));
    let prepared = prepare(front, &mut asked).await;
    let kind = prepared.as_ref().ok().map(|prepared| prepared.kind);
    if kind == Some(Kind::Mutation) && parts.method == Method::GET {
        return Err(Refusal::method("POST", "mutations need POST"));
    }
    let stream = accepted.stream_for(kind);
    let paid = match prepared {
        Ok(prepared) => {
            let paid = toll::pay(front, &prepared, &asked.request.variables, &mut scope).await;
            paid.map(|toll| (prepared, toll))
        }
        Err(mut refused) => {
            if stream.is_none() {
                toll::pay_refused(front, &mut refused, &scope).await;
            }
            Err(refused)
        }
    };
    match (paid, stream) {
        (Err(refused), None) => Ok(Reply::Once(refused, None)),
        // A stream that has not begun can still say so by its status.
        (Err(refused), _) if errors::is_rate_limited(&refused) => Ok(Reply::Once(refused, None)),
        (_, Some(media)) => open(front, asked, scope, id, media).map(Reply::Stream),
        (Ok((prepared, toll)), None) => {
            let is_common = scope.token.is_none() && !prepared.tells_budget();
            let hit = is_named.then(|| front.persisted.cache_control(is_common));
            let mut answer = front.engine.run(prepared, asked.request.variables, scope).await;
            toll.settle(front, &mut answer).await;
            if hit.as_ref().is_some_and(|hit| hit.as_bytes().starts_with(b"public")) {
                // What a cache keeps for everybody says nothing of one caller.
                answer.extensions.shift_remove("cost");
            }
            Ok(Reply::Once(answer, hit))
        }
    }
}

/// Answers with the stream of one operation.
fn open(
    front: &Arc<Front>,
    asked: Asked,
    scope: RequestScope,
    id: &RequestId,
    media: StreamMedia,
) -> Result<Response, Refusal> {
    let place = front.streams.place(scope.origin)?;
    let (outgoing, received) = mpsc::channel(front.realtime.buffer);
    let session = Some(Session::of(front, &scope));
    let operation = Operation { front: front.clone(), asked, scope, id: id.clone(), session };
    let operation = Box::new(operation);
    let (http, frame): (_, fn(Happening<'_>) -> Option<Bytes>) = match media {
        StreamMedia::Events => (&sse::HTTP, sse::frame),
        StreamMedia::Multipart => (&multipart::HTTP, multipart::frame),
    };
    let running = tokio::spawn(operation.run(outgoing, frame).in_current_span());
    let held = (place, AbortOnDropHandle::new(running));
    Ok(stream::respond(http, received, front.realtime.heartbeat, held))
}

/// Validates and plans the operation, whose document is put in where the client
/// sent its hash; or the answer that refuses it.
pub(super) async fn prepare(front: &Front, asked: &mut Asked) -> Result<Arc<Prepared>, Answer> {
    let proposed = front.persisted.resolve(asked).map_err(|error| Answer::refused(vec![error]))?;
    let request = &asked.request;
    let name = request.operation_name.as_deref();
    let prepared = front.engine.prepare(&request.query, name).await;
    let prepared = prepared.map_err(|mut errors| {
        if !front.server.introspection {
            errors.iter_mut().for_each(errors::keep_quiet);
        }
        Answer::refused(errors)
    })?;
    if prepared.reads_schema() && !front.server.introspection {
        let message = "introspection is switched off here";
        return Err(Answer::refused(vec![errors::coded("GRAPHQL_VALIDATION_FAILED", message)]));
    }
    front.persisted.keep(proposed, &request.query);
    Ok(prepared)
}
