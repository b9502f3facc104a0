//! `[realtime]`: streams to clients, whichever transport carries them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ByteSize, Key, key};

/// Streams to clients: WebSocket, SSE, multipart.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RealtimeConfig {
    /// Open sockets and HTTP streams in all.
    pub connections: usize,
    /// Of these, those of one client address.
    pub connections_per_address: usize,
    /// Operations that run at once on one of them.
    pub operations: usize,
    /// Largest message of a WebSocket client.
    pub message_limit: ByteSize,
    /// How long a client may take to introduce itself, or to open the stream
    /// that it has reserved.
    #[serde(with = "humantime_serde")]
    pub init_timeout: Duration,
    /// How often an open stream shows that it lives.
    #[serde(with = "humantime_serde")]
    pub heartbeat: Duration,
    /// Longest time between two looks at a client's token.
    #[serde(with = "humantime_serde")]
    pub token_check: Duration,
    /// Messages that wait for a client.
    pub buffer: usize,
    /// How long the buffer may stay full.
    #[serde(with = "humantime_serde")]
    pub patience: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "realtime.connections",
        "WebSockets and HTTP streams open at once; a further one is answered 503.",
    ),
    key(
        "realtime.connections_per_address",
        "Of these, those of one client address; a further one is answered 429. Raise it where many people share \
         an address.",
    ),
    key("realtime.operations", "Operations that run at once on one WebSocket or SSE stream."),
    key(
        "realtime.message_limit",
        "Largest message of a WebSocket client; a larger one closes with 1009.",
    ),
    key(
        "realtime.init_timeout",
        "How long a WebSocket may stay open before `connection_init`, and an SSE reservation before its \
         stream opens.",
    ),
    key(
        "realtime.heartbeat",
        "How often an open stream shows that it lives: WebSocket ping, SSE comment, multipart `{}`. A \
         WebSocket client that is silent for three of them is gone.",
    ),
    key(
        "realtime.token_check",
        "Longest time between two looks at the token of an open stream; one that is revoked ends it. \
         Expiry ends it at once.",
    ),
    key("realtime.buffer", "Messages that wait for a client who reads slowly."),
    key(
        "realtime.patience",
        "How long that buffer may stay full before an operation ends with `SLOW_CONSUMER` and the \
         cursor to resume from.",
    ),
];

impl Default for RealtimeConfig {
    fn default() -> Self {
        Self {
            connections: 20_000,
            connections_per_address: 2_000,
            operations: 128,
            message_limit: ByteSize::bytes(256 << 10),
            init_timeout: Duration::from_secs(10),
            heartbeat: Duration::from_secs(10),
            token_check: Duration::from_secs(30),
            buffer: 64,
            patience: Duration::from_secs(5),
        }
    }
}

impl RealtimeConfig {
    /// Why these values can't work, if they can't.
    pub(super) fn problem(&self) -> Option<String> {
        let durations = [("heartbeat", self.heartbeat), ("token_check", self.token_check)];
        if let Some((name, _)) = durations.iter().find(|(_, duration)| duration.is_zero()) {
            return Some(format!("realtime.{name} must be longer than nothing, such as `10s`"));
        }
        let counts = [
            ("connections", self.connections),
            ("connections_per_address", self.connections_per_address),
            ("buffer", self.buffer),
        ];
        let (name, _) = counts.iter().find(|(_, count)| *count == 0)?;
        Some(format!("realtime.{name} must be at least 1"))
    }
}
