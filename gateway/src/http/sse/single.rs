//! The single connection mode: PUT reserves a stream and answers its token, GET
//! opens it, POST starts an operation on it, DELETE stops one.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use axum::{
    body::Body,
    extract::Query,
    http::{HeaderName, Method, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;
use ulid::Ulid;

use super::shared_frame;
use crate::http::{
    Front,
    accept::{self, Media},
    csrf,
    errors::{self, Refusal},
    graphql, identity, request,
    stream::{self, Happening, Operation, Permit, Session},
    trace::RequestId,
};

/// Names the reserved stream.
pub(in crate::http) const TOKEN: HeaderName = HeaderName::from_static("x-graphql-event-stream-token");

/// The reserved streams, by token.
#[derive(Default)]
pub(crate) struct Reservations(Mutex<HashMap<Arc<str>, Arc<Reservation>>>);

/// A stream that a client has reserved.
struct Reservation {
    outgoing: mpsc::Sender<Bytes>,
    /// Taken by the stream.
    received: Mutex<Option<(mpsc::Receiver<Bytes>, Permit)>>,
    operations: Mutex<HashMap<String, AbortOnDropHandle<()>>>,
}

/// A panic elsewhere leaves no half-made entry behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the request belongs to the single connection mode.
pub(in crate::http) fn is_single(parts: &Parts) -> bool {
    matches!(parts.method, Method::PUT | Method::DELETE) || token(parts).is_some()
}

/// Answers a request of the single connection mode.
pub(in crate::http) async fn serve(
    front: Arc<Front>,
    parts: Parts,
    body: Body,
    id: RequestId,
) -> Response {
    let media = accept::negotiate(&parts.headers).unwrap_or(Media::Json);
    let response = match parts.method {
        Method::PUT => reserve(&front, &parts, &id).await,
        Method::GET => open(&front, &parts),
        Method::POST => start(&front, &parts, body, &id, media).await,
        Method::DELETE => stop(&front, &parts),
        _ => Err(Refusal::method("GET, POST, PUT, DELETE", "a stream has no such method")),
    };
    response.unwrap_or_else(|refusal| refusal.into_response(media, &id.0))
}

/// The token in the header or in the URL, where an `EventSource` has to put it.
fn token(parts: &Parts) -> Option<String> {
    let header = parts.headers.get(TOKEN).and_then(|token| token.to_str().ok());
    header.map(str::to_owned).or_else(|| parameter(parts, "token"))
}

fn parameter(parts: &Parts, name: &str) -> Option<String> {
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri).ok()?;
    pairs.into_iter().find(|(given, _)| given == name).map(|(_, value)| value)
}

fn find(front: &Front, parts: &Parts) -> Result<Arc<Reservation>, Refusal> {
    let found =
        token(parts).and_then(|token| lock(&front.streams.reservations.0).get(token.as_str()).cloned());
    found.ok_or_else(|| {
        Refusal::new(StatusCode::NOT_FOUND, "BAD_REQUEST", "no stream is reserved under this token")
    })
}

async fn reserve(front: &Arc<Front>, parts: &Parts, id: &RequestId) -> Result<Response, Refusal> {
    // A bad token is told at once, not with the first operation.
    identity::scope(front, &parts.headers, id).await?;
    let place = front.streams.place().ok_or_else(stream::full)?;
    // Two of them: 160 random bits.
    let token: Arc<str> = format!("{}{}", Ulid::generate(), Ulid::generate()).into();
    let (outgoing, received) = mpsc::channel(front.realtime.buffer);
    let reservation = Arc::new(Reservation {
        outgoing,
        received: Mutex::new(Some((received, place))),
        operations: Mutex::default(),
    });
    lock(&front.streams.reservations.0).insert(token.clone(), reservation.clone());
    tokio::spawn(follow(front.clone(), token.clone(), reservation));
    let text = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((StatusCode::CREATED, text, token.to_string()).into_response())
}

/// Keeps a reservation until its client leaves or never comes, or the process
/// stops.
async fn follow(front: Arc<Front>, token: Arc<str>, reservation: Arc<Reservation>) {
    let never_opened = async {
        sleep(front.realtime.init_timeout).await;
        if lock(&reservation.received).is_some() {
            return;
        }
        std::future::pending().await
    };
    tokio::select! {
        () = reservation.outgoing.closed() => {}
        () = never_opened => {}
        () = front.stopping() => {
            // What follows events ends by itself, what is answered once may
            // finish; then nobody holds the sending side and the stream ends.
            for (_, running) in lock(&reservation.operations).drain() {
                drop(running.detach());
            }
        }
    }
    lock(&front.streams.reservations.0).remove(&token);
}

fn open(front: &Front, parts: &Parts) -> Result<Response, Refusal> {
    if front.server.csrf && !csrf::allows_get(&parts.headers, &front.server.cors) {
        let message = "another site may not open this stream";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
    }
    let reservation = find(front, parts)?;
    let taken = lock(&reservation.received).take();
    let Some((received, place)) = taken else {
        let message = "this stream is open already";
        return Err(Refusal::new(StatusCode::CONFLICT, "BAD_REQUEST", message));
    };
    Ok(stream::respond(&super::HTTP, received, front.realtime.heartbeat, place))
}

async fn start(
    front: &Arc<Front>,
    parts: &Parts,
    body: Body,
    id: &RequestId,
    media: Media,
) -> Result<Response, Refusal> {
    let reservation = find(front, parts)?;
    let body = timeout(front.server.request_timeout, graphql::read_json(front, parts, body)).await;
    let body = body.unwrap_or_else(|_| {
        Err(Refusal::timeout(StatusCode::REQUEST_TIMEOUT, "the body took too long to arrive"))
    })?;
    let mut asked = request::from_body(&body, front.limits.nesting)?;
    let Some(operation_id) = request::operation_id(&body) else {
        return Err(Refusal::bad_request("the request has no `extensions.operationId`"));
    };
    let scope = identity::scope(front, &parts.headers, id).await?;
    if let Err(refused) = graphql::prepare(front, &mut asked).await {
        // No operation runs: the status says so in both media types.
        let status = errors::status(&refused, Media::Response);
        return Ok(errors::respond(refused, status, media, &id.0));
    }
    let session = Some(Session::of(front, &scope));
    let operation = Operation { front: front.clone(), asked, scope, id: id.clone(), session };
    let operation = Box::new(operation);
    reservation.run(operation_id, operation, front.realtime.operations)?;
    Ok(StatusCode::ACCEPTED.into_response())
}

fn stop(front: &Front, parts: &Parts) -> Result<Response, Refusal> {
    let reservation = find(front, parts)?;
    let Some(operation_id) = parameter(parts, "operationId") else {
        return Err(Refusal::bad_request("the URL has no `operationId`"));
    };
    lock(&reservation.operations).remove(&operation_id);
    Ok(StatusCode::OK.into_response())
}

impl Reservation {
    fn run(
        self: &Arc<Self>,
        id: String,
        operation: Box<Operation>,
        limit: usize,
    ) -> Result<(), Refusal> {
        let mut operations = lock(&self.operations);
        if operations.len() >= limit {
            let message = format!("{limit} operations run on this stream, stop one first");
            return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message));
        }
        match operations.entry(id.clone()) {
            Entry::Occupied(_) => {
                let message = "an operation runs under this `operationId`";
                Err(Refusal::new(StatusCode::CONFLICT, "BAD_REQUEST", message))
            }
            Entry::Vacant(place) => {
                let running = follow_one(Arc::downgrade(self), id, operation, self.outgoing.clone());
                place.insert(AbortOnDropHandle::new(tokio::spawn(running.in_current_span())));
                Ok(())
            }
        }
    }

    /// Frees the id of the task that calls this, which still has its last frame
    /// to send. An id that was stopped may be another's by now.
    fn let_go(&self, id: &str) {
        let mut operations = lock(&self.operations);
        let is_own = operations.get(id).is_some_and(|running| {
            Some(AsRef::<JoinHandle<()>>::as_ref(running).id()) == tokio::task::try_id()
        });
        if is_own && let Some(running) = operations.remove(id) {
            drop(running.detach());
        }
    }
}

/// Runs one operation; its id is free again before its last frame is sent.
async fn follow_one(
    reservation: Weak<Reservation>,
    id: String,
    operation: Box<Operation>,
    outgoing: mpsc::Sender<Bytes>,
) {
    let frame = |happening: Happening<'_>| {
        let is_last = !matches!(happening, Happening::Next(_));
        let frame = shared_frame(&id, happening);
        if is_last && let Some(reservation) = reservation.upgrade() {
            reservation.let_go(&id);
        }
        frame
    };
    operation.run(outgoing, frame).await;
}
