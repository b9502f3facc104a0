//! A shared stream: one task evaluates events and hands each answer, written
//! once, to all who subscribe.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use async_graphql::Variables;
use futures_util::{FutureExt as _, StreamExt as _};
use kit::{Mark, Position, RequestScope, StreamControl};
use tokio::{
    sync::{broadcast, watch},
    task::AbortHandle,
};
use tracing::Instrument as _;

use super::{Fanout, Key};
use crate::{Answer, Engine, error, subscription::Evaluation};

/// A stream and the task that drives it. The task ends with its last holder.
pub(super) struct Shared {
    pub(super) key: Arc<Key>,
    /// Those that all subscribers have in common.
    pub(super) variables: Arc<Variables>,
    fanout: Arc<Fanout>,
    channel: Arc<Channel>,
    task: AbortHandle,
}

/// A subscriber's hold on a stream.
pub(super) struct Joined {
    pub(super) stream: Arc<Shared>,
    pub(super) received: broadcast::Receiver<Arc<Item>>,
    /// Everything behind this position will be received.
    pub(super) from: Position,
}

/// What subscribers are handed.
pub(super) enum Item {
    /// An answer. Without a position it is everybody's, whatever they have seen:
    /// the failure of the stream itself.
    Answer(Option<Position>, Answer),
    /// A signal that passed when the stream stood there: its cursor would take
    /// those back who are further.
    Passing(Position, Answer),
    /// There is no more to come.
    End,
}

/// Where the task meets its subscribers.
struct Channel {
    items: broadcast::Sender<Arc<Item>>,
    /// Behind which position the stream goes on, once it listens to the log.
    begun: watch::Sender<Option<Position>>,
    /// Of the last answer that was handed on.
    position: Mutex<Position>,
}

impl Shared {
    pub(super) fn start(engine: &Engine, key: Arc<Key>, variables: Variables) -> Arc<Self> {
        let fanout = engine.0.fanout.clone();
        let channel = Arc::new(Channel {
            items: broadcast::Sender::new(fanout.buffer),
            begun: watch::Sender::new(None),
            position: Mutex::default(),
        });
        let control = StreamControl::live();
        let variables = Arc::new(variables);
        let answers = engine.evaluate(
            key.operation.0.clone(),
            variables.clone(),
            RequestScope { stream: Some(control.clone()), ..key.scope() },
        );
        // It belongs to nobody's request.
        let span = tracing::info_span!(parent: None, "shared stream");
        Arc::new_cyclic(|this: &Weak<Self>| {
            let (fanout_of, key_of, channel_of) = (fanout.clone(), key.clone(), channel.clone());
            let driver = Driver {
                fanout: fanout_of,
                key: key_of,
                this: this.clone(),
                channel: channel_of,
                control,
            };
            let task = tokio::spawn(driver.run(answers).instrument(span)).abort_handle();
            Self { key, variables, fanout, channel, task }
        })
    }

    /// One more subscriber.
    pub(super) fn join(self: Arc<Self>) -> Joined {
        let position = self.channel.position();
        let (received, from) = (self.channel.items.subscribe(), *position);
        drop(position);
        Joined { stream: self, received, from }
    }

    /// Waits until the stream listens to the log; what it hands on comes behind
    /// this position.
    pub(super) async fn begun(&self) -> Position {
        let mut begun = self.channel.begun.subscribe();
        // The sender lives as long as this stream.
        let position = begun.wait_for(Option::is_some).await.ok().and_then(|position| *position);
        position.unwrap_or_default()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.task.abort();
        let this: *const Self = self;
        self.fanout.forget(&self.key, |known| std::ptr::eq(known.as_ptr(), this));
    }
}

impl Key {
    /// The scope in which everything under this key is evaluated.
    pub(super) fn scope(&self) -> RequestScope {
        RequestScope { viewer: Arc::new(self.audience.viewer()), ..RequestScope::default() }
    }
}

impl Channel {
    fn position(&self) -> MutexGuard<'_, Position> {
        self.position.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, position: Position) {
        *self.position() = position;
        self.begun.send_replace(Some(position));
    }

    /// Whoever joins gets it or has its position behind it.
    fn tell(&self, item: Item) {
        let mut position = self.position();
        if let Item::Answer(Some(reached), _) = &item {
            *position = *reached;
        }
        // The last subscriber may just have left.
        let _ = self.items.send(Arc::new(item));
    }
}

struct Driver {
    fanout: Arc<Fanout>,
    key: Arc<Key>,
    this: Weak<Shared>,
    channel: Arc<Channel>,
    control: StreamControl,
}

impl Driver {
    async fn run(self, answers: Evaluation) {
        if AssertUnwindSafe(self.follow(answers)).catch_unwind().await.is_err() {
            // The panic itself is in the log.
            let error = error::coded(error::INTERNAL, "internal error");
            self.channel.tell(Item::Answer(None, Answer::refused(vec![error])));
        }
        // Who comes now starts a stream of its own, and nobody misses the end.
        self.fanout.forget(&self.key, |known| known.ptr_eq(&self.this));
        self.channel.tell(Item::End);
        self.channel.begun.send_if_modified(|begun| begun.replace(begun.unwrap_or_default()).is_none());
    }

    async fn follow(&self, mut answers: Evaluation) {
        let mut begun = std::pin::pin!(self.control.begun());
        let mut has_begun = false;
        loop {
            let next = tokio::select! {
                biased;
                next = answers.next() => next,
                position = &mut begun, if !has_begun => {
                    has_begun = true;
                    self.channel.begin(position);
                    continue;
                }
            };
            let Some((mark, answer)) = next else { return };
            if !has_begun {
                has_begun = true;
                self.channel.begin(self.control.has_begun().unwrap_or_default());
            }
            let answer = answer.written();
            self.channel.tell(match mark.is_passing {
                true => Item::Passing(mark.position, answer),
                false => Item::Answer(self.position(mark), answer),
            });
        }
    }

    /// Where an event's answer stands; what is no event of the log stands nowhere.
    fn position(&self, mark: Mark) -> Option<Position> {
        let is_of_log = self.control.has_begun().is_some() && !self.control.has_failed();
        (is_of_log && mark != Mark::default()).then_some(mark.position)
    }
}
