//! `[notifications]`: what accounts are told, and how long it is kept.

use std::{path::PathBuf, time::Duration};

use notifications::NotificationsOptions;
use serde::{Deserialize, Serialize};

use super::{Config, ConfigError, Key, key};

/// What accounts are told.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotificationsConfig {
    /// How long messages are gathered for one mail.
    #[serde(with = "humantime_serde")]
    pub digest: Duration,
    /// How long notifications stay that were read.
    #[serde(with = "humantime_serde")]
    pub retention: Duration,
    /// Where mails and pushes are written that have no server to go to.
    pub outbox: PathBuf,
    /// Where clients reach the gateway.
    pub public_url: String,
    /// How often to look for deliveries of other processes.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
    /// How often a delivery is tried.
    pub attempts: u32,
    /// The pause after the first failed try.
    #[serde(with = "humantime_serde")]
    pub retry_pause: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "notifications.digest",
        "How long messages are gathered for one mail; what is read meanwhile is not mailed.",
    ),
    key("notifications.retention", "How long notifications stay in the feed after they were read."),
    key(
        "notifications.outbox",
        "Folder for mails (`.eml`) and pushes (`.json`) while no server is configured to send them.",
    ),
    key(
        "notifications.public_url",
        "Where clients reach this gateway; mails carry addresses below it to unsubscribe at.",
    ),
    key(
        "notifications.poll",
        "How often to look for mails and pushes that another process queued; the own ones go at once.",
    ),
    key("notifications.attempts", "How often a mail or push is tried before it is given up."),
    key("notifications.retry_pause", "The pause after the first failed try; it doubles, up to an hour."),
];

impl Default for NotificationsConfig {
    fn default() -> Self {
        let NotificationsOptions {
            digest,
            retention,
            outbox,
            public_url,
            poll,
            attempts,
            retry_pause,
            ..
        } = NotificationsOptions::default();
        Self { digest, retention, outbox, public_url, poll, attempts, retry_pause }
    }
}

impl NotificationsConfig {
    /// Why these values can't be used, if they can't.
    fn problem(&self) -> Option<&'static str> {
        if self.poll.is_zero() || self.retry_pause.is_zero() {
            return Some("notifications.poll and notifications.retry_pause must be longer than nothing");
        }
        if self.attempts == 0 {
            return Some("notifications.attempts must be at least 1");
        }
        let is_address =
            self.public_url.starts_with("http://") || self.public_url.starts_with("https://");
        (!is_address).then_some("notifications.public_url must start with `http://` or `https://`")
    }
}

impl Config {
    /// As the notifications module wants it.
    ///
    /// # Errors
    /// When a value can't be used.
    pub(crate) fn notifications(&self) -> Result<NotificationsOptions, ConfigError> {
        let config = &self.notifications;
        if let Some(problem) = config.problem() {
            return Err(ConfigError::Value(problem.to_owned()));
        }
        let options = NotificationsOptions {
            digest: config.digest,
            retention: config.retention,
            poll: config.poll,
            attempts: config.attempts,
            retry_pause: config.retry_pause,
            outbox: config.outbox.clone(),
            public_url: config.public_url.trim_end_matches('/').to_owned(),
            mail: self.mail.options(),
            push: self.push.options()?,
        };
        options.check().map_err(ConfigError::Value)?;
        Ok(options)
    }
}
