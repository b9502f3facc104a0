//! `[events]`: the event log.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use subscriptions::LogOptions;

use super::{Key, key};

/// The event log.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EventsConfig {
    /// How often to look for events of other processes.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
    /// Events a slow reader may fall behind.
    pub buffer: usize,
}

pub(super) const KEYS: &[Key] = &[
    key("events.poll", "How often to look for events that another process wrote."),
    key("events.buffer", "Events a slow reader may fall behind before it reads from the database."),
];

impl Default for EventsConfig {
    fn default() -> Self {
        let LogOptions { poll, buffer } = LogOptions::default();
        Self { poll, buffer }
    }
}

impl EventsConfig {
    pub(crate) const fn options(&self) -> LogOptions {
        LogOptions { poll: self.poll, buffer: self.buffer }
    }

    /// Why these values can't be used, if they can't.
    pub(super) fn problem(&self) -> Option<String> {
        if self.poll.is_zero() {
            return Some("events.poll must be longer than nothing, such as `250ms`".to_owned());
        }
        (self.buffer == 0).then(|| "events.buffer must be at least 1".to_owned())
    }
}
