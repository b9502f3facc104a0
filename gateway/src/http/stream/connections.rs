//! The open streams of the process: how many there may be, which of them have
//! left HTTP, and the reservations of GraphQL over SSE.

use std::sync::Arc;

use axum::http::StatusCode;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use crate::{
    RealtimeConfig,
    http::{errors::Refusal, sse::Reservations},
};

/// The open streams of the process.
pub(crate) struct Streams {
    places: Arc<Semaphore>,
    sockets: TaskTracker,
    pub(in crate::http) reservations: Reservations,
}

/// A stream's place among all of them; given back when dropped.
pub(in crate::http) type Permit = OwnedSemaphorePermit;

impl Streams {
    /// As many as the configuration allows.
    pub(crate) fn new(config: &RealtimeConfig) -> Self {
        Self {
            places: Arc::new(Semaphore::new(config.connections.min(Semaphore::MAX_PERMITS))),
            sockets: TaskTracker::new(),
            reservations: Reservations::default(),
        }
    }

    /// The WebSockets: their connections no longer belong to the HTTP server.
    pub(crate) const fn sockets(&self) -> &TaskTracker {
        &self.sockets
    }

    /// A place for one more stream, if there is one.
    pub(in crate::http) fn place(&self) -> Option<Permit> {
        self.places.clone().try_acquire_owned().ok()
    }
}

/// There is no place for one more stream.
pub(in crate::http) fn full() -> Refusal {
    let message = "too many streams are open, try again later";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
}
