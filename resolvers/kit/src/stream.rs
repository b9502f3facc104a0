//! Streams of events to clients: a subscription field follows the event log,
//! and whoever runs the subscription may bound it and ask where it stands.

use std::sync::{Arc, Mutex};

use async_graphql::Context;
use futures_util::{Stream, StreamExt as _};
use subscriptions::{Event, EventLog, Following, Position};
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
    /// Resume here instead of where the field's arguments say.
    after: Option<Position>,
    /// End where the log's head is at the start.
    is_bounded: bool,
    begun: watch::Sender<Option<Position>>,
    mark: Mutex<Mark>,
}

impl StreamControl {
    /// A stream without end.
    #[must_use]
    pub fn live() -> Self {
        Self::new(None, false)
    }

    /// A stream of what was missed: it ends where the log's head is at the
    /// start. It begins behind `after`, or where the field's arguments say.
    #[must_use]
    pub fn replay(after: Option<Position>) -> Self {
        Self::new(after, true)
    }

    fn new(after: Option<Position>, is_bounded: bool) -> Self {
        let (begun, mark) = (watch::Sender::new(None), Mutex::default());
        Self(Arc::new(Control { after, is_bounded, begun, mark }))
    }

    /// Waits until the stream listens to the log; the log's head at that
    /// moment. Every later event is in a live stream, every earlier one in a
    /// replay.
    pub async fn begun(&self) -> Position {
        let mut begun = self.0.begun.subscribe();
        // The sender lives as long as this control.
        let position = begun.wait_for(Option::is_some).await.ok().and_then(|position| *position);
        position.unwrap_or_default()
    }

    /// Where the stream stands.
    #[must_use]
    pub fn mark(&self) -> Mark {
        *self.0.mark.lock().expect("no code panics while it holds this lock")
    }
}

/// Follows the event log for a subscription field: the events that `following`
/// asks for, as `show` shows them; those for which it answers `None` are left out.
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
    let control = RequestScope::of(ctx).stream.clone();
    if let Some(StreamControl(control)) = &control {
        if let Some(after) = control.after {
            following.after = Some(after.to_string());
        }
        following.until = control.is_bounded.then(|| log.head());
    }
    // A live stream listens before its head is read, a replay ends at the head
    // that was read above: between them nothing is missing.
    let until = following.until;
    let events = log.follow(following).await?;
    if let Some(StreamControl(control)) = &control {
        control.begun.send_replace(Some(until.unwrap_or_else(|| log.head())));
    }
    Ok(events.filter_map(move |event| {
        let shown = event.map(|event| {
            if let Some(StreamControl(control)) = &control {
                let mark = Mark { position: event.position, is_passing: event.is_passing };
                *control.mark.lock().expect("no code panics while it holds this lock") = mark;
            }
            show(event)
        });
        async {
            match shown {
                Ok(shown) => shown.await.map_err(Into::into).transpose(),
                Err(error) => Some(Err(Error::from(error).into())),
            }
        }
    }))
}
