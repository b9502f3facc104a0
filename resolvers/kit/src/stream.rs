//! Streams of events to clients: a subscription field follows the event log,
//! and whoever runs the subscription may bound it and ask where it stands.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_graphql::Context;
use backon::{ExponentialBuilder, Retryable as _};
use futures_util::{Stream, StreamExt as _, future::ready, stream};
use subscriptions::{Event, EventLog, Following, LogError, Position};
use tokio::sync::watch;

use crate::{Error, RequestScope, Result};

/// Where a stream stands: belongs to the item that it yielded last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Mark {
    /// The event behind the item.
    pub position: Position,
    /// Whether it was a signal that is never replayed.
    pub is_passing: bool,
}

/// Held by whoever runs a subscription, handed to its field in the
/// [`RequestScope`]. Clones steer the same stream.
#[derive(Clone)]
pub struct StreamControl(Arc<Control>);

struct Control {
    start: Start,
    begun: watch::Sender<Option<Position>>,
    mark: Mutex<Mark>,
    has_failed: AtomicBool,
    has_ended: AtomicBool,
}

/// Where a stream starts, and whether it ends.
#[derive(Clone, Copy)]
enum Start {
    /// At the log's head, without end.
    Now,
    /// Behind this position, or where the field's arguments say; ends where the
    /// log's head is at the start.
    Behind(Option<Position>),
}

impl StreamControl {
    /// A stream without end, from now on: whatever cursor the field's arguments
    /// hold is left to a replay.
    #[must_use]
    pub fn live() -> Self {
        Self::new(Start::Now)
    }

    /// A stream of what was missed: it ends where the log's head is at the
    /// start. It begins behind `after`, or where the field's arguments say.
    #[must_use]
    pub fn replay(after: Option<Position>) -> Self {
        Self::new(Start::Behind(after))
    }

    fn new(start: Start) -> Self {
        Self(Arc::new(Control {
            start,
            begun: watch::Sender::new(None),
            mark: Mutex::default(),
            has_failed: AtomicBool::new(false),
            has_ended: AtomicBool::new(false),
        }))
    }

    /// Waits until the stream listens to the log; the log's head just before, or
    /// the cursor that a replay resumes behind, where that is further. Every event
    /// up to there is in a replay or known to its reader, and every event that the
    /// log hands on from now on is in a live stream.
    pub async fn begun(&self) -> Position {
        let mut begun = self.0.begun.subscribe();
        // The sender lives as long as this control.
        let position = begun.wait_for(Option::is_some).await.ok().and_then(|position| *position);
        position.unwrap_or_default()
    }

    /// What [`begun`](Self::begun) waits for, if it is there.
    #[must_use]
    pub fn has_begun(&self) -> Option<Position> {
        *self.0.begun.borrow()
    }

    /// Whether the log could not be read: the last item says why.
    #[must_use]
    pub fn has_failed(&self) -> bool {
        self.0.has_failed.load(Ordering::Acquire)
    }

    /// Whether all was told that a replay is for. One that ends before could not
    /// read the log, as its last item says, or its field has ended the stream.
    #[must_use]
    pub fn is_through(&self) -> bool {
        self.0.has_ended.load(Ordering::Acquire) && !self.has_failed()
    }

    /// Where the stream stands.
    #[must_use]
    pub fn mark(&self) -> Mark {
        *self.0.mark.lock().expect("no code panics while it holds this lock")
    }
}

/// Follows the event log for a subscription field: the events that `following`
/// asks for, as `show` shows them; those for which it answers `None` are left out.
/// `show` only reads: after a failure that may pass it is asked again.
///
/// # Errors
/// [`Error::BadInput`] for a cursor that is none, [`Error::StreamGap`] for one
/// that the log no longer reaches back to.
pub async fn follow<T, S, F>(
    ctx: &Context<'_>,
    mut following: Following,
    show: S,
) -> Result<impl Stream<Item = async_graphql::Result<T>> + use<T, S, F>>
where
    S: Fn(Arc<Event>) -> F,
    F: Future<Output = Result<Option<T>>>,
{
    let log = ctx.data_unchecked::<EventLog>();
    let control = RequestScope::of(ctx).stream.as_ref().map(|StreamControl(control)| control.clone());
    // Read before the stream listens: between the two nothing is missing.
    let head = log.head();
    if let Some(control) = &control {
        match control.start {
            Start::Now => following.after = None,
            Start::Behind(after) => {
                following.after = after.map(|after| after.to_string()).or(following.after);
                following.until = Some(head);
            }
        }
    }
    // Another instance may have handed on more than this one has: who resumes
    // behind such an event must not be given it again.
    let after = following.after.as_deref().and_then(|cursor| cursor.parse::<Position>().ok());
    let events = match (log.follow(following).await, &control) {
        (Ok(events), Some(control)) => {
            control.begun.send_replace(Some(after.map_or(head, |after| after.max(head))));
            events
        }
        (Err(error), Some(control)) => {
            control.has_failed.store(true, Ordering::Release);
            return Err(error.into());
        }
        (outcome, None) => outcome?,
    };
    let end = control.clone();
    let events =
        events.chain(stream::once(async move { end.map(|end| end.end()) }).filter_map(|_| ready(None)));
    let show = Arc::new(show);
    Ok(events.filter_map(move |event| {
        if let Some(control) = &control {
            control.stand_at(&event);
        }
        let show = show.clone();
        async move {
            match event {
                Ok(event) => show_patiently(&*show, &event).await.transpose(),
                Err(error) => Some(Err(Error::from(error).into())),
            }
        }
    }))
}

/// Shows an event, again after a failure that may pass. An error in the end tells
/// the cursor of the event, which is not repeated.
async fn show_patiently<T, S, F>(show: &S, event: &Arc<Event>) -> async_graphql::Result<Option<T>>
where
    S: Fn(Arc<Event>) -> F,
    F: Future<Output = Result<Option<T>>>,
{
    let delays = ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(50))
        .with_factor(4.0)
        .with_max_times(3);
    let shown = (|| show(event.clone())).retry(delays).when(Error::may_pass).await;
    shown.map_err(|error| {
        let mut error = async_graphql::Error::from(error);
        error.extensions.get_or_insert_default().set("cursor", event.position.to_string());
        error
    })
}

impl Control {
    fn end(&self) {
        self.has_ended.store(true, Ordering::Release);
    }

    fn stand_at(&self, event: &std::result::Result<Arc<Event>, LogError>) {
        match event {
            Ok(event) => {
                let mark = Mark { position: event.position, is_passing: event.is_passing };
                *self.mark.lock().expect("no code panics while it holds this lock") = mark;
            }
            Err(_) => self.has_failed.store(true, Ordering::Release),
        }
    }
}
