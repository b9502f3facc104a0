//! `[events]`: the event log and what reacts to it.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use subscriptions::{HandlerOptions, LogOptions};

use super::{Key, key};

/// The event log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventsConfig {
    /// How often to look for events of other processes.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
    /// The latest events, kept in memory.
    pub buffer: usize,
    /// How long events are kept.
    #[serde(with = "humantime_serde")]
    pub retention: Duration,
    /// How often a handler tries an event.
    pub attempts: u32,
    /// The pause after a handler's first failure.
    #[serde(with = "humantime_serde")]
    pub retry_pause: Duration,
    /// How long a handler may take for one event.
    #[serde(with = "humantime_serde")]
    pub handler_timeout: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "events.poll",
        "How often to look for events that another process wrote, where Redis does not tell of them.",
    ),
    key(
        "events.buffer",
        "The latest events, kept in memory: who resumes within them needs no database.",
    ),
    key(
        "events.retention",
        "How long events stay in the log; a cursor from before answers `STREAM_GAP`. An event that a \
         handler still needs stays longer. `0s` keeps them for ever.",
    ),
    key("events.attempts", "How often a handler tries an event before it becomes a dead letter."),
    key("events.retry_pause", "The pause after a handler's first failure; it doubles, up to 5 minutes."),
    key("events.handler_timeout", "How long a handler may take for one event."),
];

impl Default for EventsConfig {
    fn default() -> Self {
        let LogOptions { poll, buffer, retention } = LogOptions::default();
        let HandlerOptions { attempts, pause, timeout, .. } = HandlerOptions::default();
        Self {
            poll,
            buffer,
            retention: retention.unwrap_or_default(),
            attempts,
            retry_pause: pause,
            handler_timeout: timeout,
        }
    }
}

impl EventsConfig {
    pub(crate) fn options(&self) -> LogOptions {
        let retention = (!self.retention.is_zero()).then_some(self.retention);
        LogOptions { poll: self.poll, buffer: self.buffer, retention }
    }

    pub(crate) fn handlers(&self) -> HandlerOptions {
        HandlerOptions {
            attempts: self.attempts,
            pause: self.retry_pause,
            timeout: self.handler_timeout,
            // Longer than any one event takes.
            lease: HandlerOptions::default().lease.max(self.handler_timeout * 2),
            ..HandlerOptions::default()
        }
    }

    /// Why these values can't be used, if they can't.
    pub(super) fn problem(&self) -> Option<String> {
        let durations = [
            ("poll", self.poll),
            ("retry_pause", self.retry_pause),
            ("handler_timeout", self.handler_timeout),
        ];
        if let Some((name, _)) = durations.iter().find(|(_, duration)| duration.is_zero()) {
            return Some(format!("events.{name} must be longer than nothing, such as `250ms`"));
        }
        if self.attempts == 0 {
            return Some("events.attempts must be at least 1".to_owned());
        }
        (self.buffer == 0).then(|| "events.buffer must be at least 1".to_owned())
    }
}
