//! Handlers: code that reacts to facts, each with a position of its own in the
//! log that outlives the process.
//!
//! An event reaches a handler at least once, so handlers are idempotent. One
//! process at a time runs a handler. An event that fails is tried again with
//! growing pauses while others go on; later events of the same subject wait
//! behind it, so that each subject's events keep their order. What fails too
//! often becomes a dead letter, which somebody looks at and requeues.

mod letters;
mod runner;

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

pub use letters::{DeadLetter, Handlers, Lag};

use crate::{Event, EventLog, Kinds};

/// Why a handler could not take an event.
pub type HandlerError = Box<dyn std::error::Error + Send + Sync>;

/// Reacts to facts. May be given an event more than once: make the effect of
/// the second time nothing, by a unique key such as [`Event::id`].
#[async_trait::async_trait]
pub trait Handler: Send + Sync {
    /// `module.purpose`; its position is kept under this name, so it never
    /// changes.
    fn name(&self) -> &'static str;

    /// Which events it wants.
    fn kinds(&self) -> Kinds;

    /// Takes an event. One that it can't read is not an error: skip it.
    ///
    /// # Errors
    /// Why it should be tried again.
    async fn handle(&self, event: &Event) -> Result<(), HandlerError>;
}

/// How handlers are run.
#[derive(Debug, Clone)]
pub struct HandlerOptions {
    /// How often an event is tried before it becomes a dead letter.
    pub attempts: u32,
    /// The pause after the first failure; it doubles with each further one.
    pub pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long a handler may take for one event.
    pub timeout: Duration,
    /// How long a process that went away keeps its handlers.
    pub lease: Duration,
}

impl Default for HandlerOptions {
    fn default() -> Self {
        Self {
            attempts: 10,
            pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(5 * 60),
            timeout: Duration::from_secs(30),
            lease: Duration::from_secs(15),
        }
    }
}

impl EventLog {
    /// Runs a handler until `stop`, or waits to, while another process runs it.
    pub async fn handle(
        &self,
        handler: Arc<dyn Handler>,
        options: HandlerOptions,
        stop: CancellationToken,
    ) {
        runner::run(self.clone(), handler, options, stop).await;
    }
}
