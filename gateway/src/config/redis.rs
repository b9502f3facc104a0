//! `[redis]`: what instances of one graph share beside the database.

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use subscriptions::{RedisBus, RedisBusOptions};

use super::{ConfigError, Key, key, text::visible};

/// A Redis between instances; one alone needs none.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RedisConfig {
    /// `redis://…` or `rediss://…`; empty for none.
    #[serde(serialize_with = "visible")]
    pub url: SecretString,
    /// Put before every key and channel.
    pub prefix: String,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "redis.url",
        "Redis between instances, such as `redis://:password@host:6379`: they hear of each other's \
         events at once, and callers have one budget with all of them. Without it, or while it is \
         away, they look every `events.poll`, and each keeps budgets of its own.",
    ),
    key("redis.prefix", "Put before every key and channel, so that several graphs may share a Redis."),
];

impl Default for RedisConfig {
    fn default() -> Self {
        Self { url: SecretString::default(), prefix: "weft:".to_owned() }
    }
}

impl RedisConfig {
    /// The way to Redis; `None` where none is configured.
    pub(crate) fn client(&self) -> Option<redis::Client> {
        let url = self.url.expose_secret();
        // An address that can't be read is refused with the bus.
        (!url.is_empty()).then(|| redis::Client::open(url).ok()).flatten()
    }

    /// The bus between instances; `None` where no Redis is configured.
    pub(crate) fn bus(&self) -> Result<Option<RedisBus>, ConfigError> {
        if self.url.expose_secret().is_empty() {
            return Ok(None);
        }
        let options = RedisBusOptions { prefix: self.prefix.clone() };
        RedisBus::new(self.url.expose_secret(), &options).map(Some).map_err(|_| {
            // The address may hold a password: it is not repeated.
            ConfigError::Value("redis.url is not an address such as `redis://127.0.0.1:6379`".to_owned())
        })
    }
}
