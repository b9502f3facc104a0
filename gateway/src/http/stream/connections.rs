//! The open streams of the process: how many there may be, which of them have
//! left HTTP, and the reservations of GraphQL over SSE.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::http::StatusCode;
use kit::Origin;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use crate::{
    RealtimeConfig, budgets,
    http::{errors::Refusal, sse::Reservations},
};

/// The open streams of the process.
pub(crate) struct Streams {
    places: Arc<Semaphore>,
    /// How many of them each address has.
    callers: Callers,
    /// The most that one may have.
    each: usize,
    sockets: TaskTracker,
    pub(in crate::http) reservations: Reservations,
}

#[derive(Clone, Default)]
struct Callers(Arc<Mutex<HashMap<String, usize>>>);

impl Callers {
    /// A panic elsewhere leaves no count half-made.
    fn counts(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream's place among all of them; given back when dropped.
pub(in crate::http) struct Permit {
    _place: OwnedSemaphorePermit,
    /// Whose it is, of those who may have so many only.
    caller: Option<(Callers, String)>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some((callers, caller)) = &self.caller else { return };
        let mut counts = callers.counts();
        if let Some(count) = counts.get_mut(caller) {
            *count -= 1;
            if *count == 0 {
                counts.remove(caller);
            }
        }
    }
}

impl Streams {
    /// As many as the configuration allows.
    pub(crate) fn new(config: &RealtimeConfig) -> Self {
        Self {
            places: Arc::new(Semaphore::new(config.connections.min(Semaphore::MAX_PERMITS))),
            callers: Callers::default(),
            each: config.connections_per_address,
            sockets: TaskTracker::new(),
            reservations: Reservations::default(),
        }
    }

    /// The WebSockets: their connections no longer belong to the HTTP server.
    pub(crate) const fn sockets(&self) -> &TaskTracker {
        &self.sockets
    }

    /// A place for one more stream of this caller, if there is one.
    pub(in crate::http) fn place(&self, origin: Origin) -> Result<Permit, Refusal> {
        let place = self.places.clone().try_acquire_owned().map_err(|_| {
            let message = "too many streams are open, try again later";
            Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", message)
        })?;
        if origin.is_trusted {
            return Ok(Permit { _place: place, caller: None });
        }
        let caller = budgets::caller(origin.address);
        let mut counts = self.callers.counts();
        let count = counts.entry(caller.clone()).or_default();
        if *count >= self.each {
            let message = format!("{} streams of your address are open, end one first", self.each);
            return Err(Refusal::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", message));
        }
        *count += 1;
        drop(counts);
        Ok(Permit { _place: place, caller: Some((self.callers.clone(), caller)) })
    }
}
