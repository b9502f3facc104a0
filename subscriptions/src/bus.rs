//! The bus between instances: Redis tells the others that something was
//! committed, and carries what is worth nothing a moment later. The events
//! themselves stay in the database, so a Redis that goes away costs time, never
//! an event.

use std::{sync::Arc, time::Duration};

use entities::time::DateTime;
use futures_util::StreamExt as _;
use redis::{AsyncCommands as _, Client, RedisError, aio::ConnectionManager};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::{
    sync::{Notify, mpsc, watch},
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::{Event, EventLog, Position};

/// Signals that wait to be sent; more are dropped.
const QUEUE: usize = 1_024;
/// How long one command may take.
const COMMAND: Duration = Duration::from_secs(2);
/// The first pause before a lost connection is opened again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// A subscription that hears nothing for so long is looked at.
const SILENCE: Duration = Duration::from_secs(5);

/// How to reach the bus.
#[derive(Debug, Clone)]
pub struct RedisBusOptions {
    /// Put before the names of channels, so that several graphs may share a Redis.
    pub prefix: String,
}

/// How the bus is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BusHealth {
    /// Other instances hear of events at once.
    Up,
    /// Other instances find events when they look.
    Down,
}

/// A bus over Redis. Cheap to clone.
#[derive(Clone)]
pub struct RedisBus(Arc<Inner>);

struct Inner {
    client: Client,
    channel: String,
    /// Tells own messages from those of others.
    instance: String,
    committed: Notify,
    signals: mpsc::Sender<String>,
    outgoing: tokio::sync::Mutex<mpsc::Receiver<String>>,
    health: watch::Sender<BusHealth>,
}

#[derive(Serialize, Deserialize)]
struct Message {
    from: String,
    /// Absent when it only says that something was committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signal: Option<Signal>,
}

#[derive(Serialize, Deserialize)]
struct Signal {
    kind: String,
    version: i32,
    subject: String,
    payload: Value,
    at: DateTime,
}

impl RedisBus {
    /// The bus at this address; connects when it is first needed.
    ///
    /// # Errors
    /// When the address is not understood.
    pub fn new(url: &str, options: &RedisBusOptions) -> Result<Self, RedisError> {
        let (signals, outgoing) = mpsc::channel(QUEUE);
        Ok(Self(Arc::new(Inner {
            client: Client::open(url)?,
            channel: format!("{}events", options.prefix),
            instance: Ulid::generate().to_string(),
            committed: Notify::new(),
            signals,
            outgoing: tokio::sync::Mutex::new(outgoing),
            health: watch::Sender::new(BusHealth::Down),
        })))
    }

    /// How the bus is now.
    #[must_use]
    pub fn health(&self) -> BusHealth {
        *self.0.health.borrow()
    }

    /// Tells the other instances that something was committed.
    pub(crate) fn announce(&self) {
        self.0.committed.notify_one();
    }

    /// Tells the other instances something that is not stored.
    pub(crate) fn pass(&self, event: &Event) {
        let signal = Signal {
            kind: event.kind.clone(),
            version: event.version,
            subject: event.subject.clone(),
            payload: event.payload.clone(),
            at: event.at,
        };
        let text = self.message(Some(signal));
        if self.0.signals.try_send(text).is_err() {
            tracing::debug!("the bus is slow: a signal was dropped");
        }
    }

    fn message(&self, signal: Option<Signal>) -> String {
        let message = Message { from: self.0.instance.clone(), signal };
        serde_json::to_string(&message).expect("a message is plain data")
    }

    /// Carries messages both ways until `stop`.
    pub(crate) async fn listen(&self, log: &EventLog, stop: CancellationToken) {
        let both = async { tokio::join!(self.hear_for_ever(log), self.send_for_ever()) };
        stop.run_until_cancelled(both).await;
    }

    async fn hear_for_ever(&self, log: &EventLog) {
        let mut pause = FIRST_PAUSE;
        loop {
            let lost = self.hear(log, &mut pause).await;
            if self.0.health.send_replace(BusHealth::Down) == BusHealth::Up {
                tracing::warn!(cause = ?lost.err(), "the bus is away: other instances poll the log");
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    async fn hear(&self, log: &EventLog, pause: &mut Duration) -> Result<(), RedisError> {
        let opening = timeout(COMMAND, self.0.client.get_async_pubsub());
        let Ok(connection) = opening.await else { return Ok(()) };
        let (mut sink, mut messages) = connection?.split();
        let Ok(subscribed) = timeout(COMMAND, sink.subscribe(&self.0.channel)).await else {
            return Ok(());
        };
        subscribed?;
        self.0.health.send_replace(BusHealth::Up);
        *pause = FIRST_PAUSE;
        // Something may have been committed before we listened.
        log.0.wake.notify_one();
        loop {
            match timeout(SILENCE, messages.next()).await {
                Ok(Some(message)) => self.take(log, message.get_payload_bytes()),
                Ok(None) => return Ok(()),
                Err(_) => {
                    // Silence may be a connection that nobody has closed.
                    let alive = timeout(COMMAND, sink.subscribe(&self.0.channel)).await;
                    match alive {
                        Ok(alive) => alive?,
                        Err(_) => return Ok(()),
                    }
                }
            }
        }
    }

    fn take(&self, log: &EventLog, text: &[u8]) {
        let Ok(message) = serde_json::from_slice::<Message>(text) else { return };
        if message.from == self.0.instance {
            return;
        }
        match message.signal {
            None => log.0.wake.notify_one(),
            Some(signal) => {
                let event = Event {
                    position: Position::default(),
                    kind: signal.kind,
                    version: signal.version,
                    subject: signal.subject,
                    payload: signal.payload,
                    at: signal.at,
                    is_passing: true,
                };
                log.0.listeners.pass(event);
            }
        }
    }

    async fn send_for_ever(&self) {
        let mut outgoing = self.0.outgoing.lock().await;
        let mut connection: Option<ConnectionManager> = None;
        loop {
            let text = tokio::select! {
                () = self.0.committed.notified() => self.message(None),
                Some(text) = outgoing.recv() => text,
            };
            if connection.is_none() {
                let opening = timeout(COMMAND, self.0.client.get_connection_manager()).await;
                connection = opening.ok().and_then(Result::ok);
            }
            // What can't be sent is found by those who poll.
            let Some(open) = &mut connection else { continue };
            let sent = timeout(COMMAND, open.publish::<_, _, ()>(&self.0.channel, text)).await;
            if !matches!(sent, Ok(Ok(()))) {
                tracing::debug!("the bus did not take a message");
                connection = None;
            }
        }
    }
}
