//! `[push]`: the push gateway.

use std::time::Duration;

use notifications::{NotificationsOptions, PushOptions};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{ConfigError, Key, key, text::masked};

/// How notifications are pushed.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PushConfig {
    /// The push gateway; empty for the outbox.
    pub url: String,
    /// Bearer token of the push gateway.
    #[serde(serialize_with = "masked")]
    pub token: SecretString,
    /// How long one post may take.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "push.url",
        "Push gateway that takes one JSON post for each notification and device. Empty: they are \
         written to `notifications.outbox`.",
    ),
    key("push.token", "Bearer token for the push gateway."),
    key("push.timeout", "How long the push gateway may take for one post."),
];

impl Default for PushConfig {
    fn default() -> Self {
        let timeout = NotificationsOptions::default().push.timeout;
        Self { url: String::new(), token: SecretString::default(), timeout }
    }
}

impl PushConfig {
    pub(super) fn options(&self) -> Result<PushOptions, ConfigError> {
        let url = self.url.trim();
        if !url.is_empty() && !url.starts_with("http://") && !url.starts_with("https://") {
            let message = "push.url must start with `http://` or `https://`";
            return Err(ConfigError::Value(message.to_owned()));
        }
        let has_token = !self.token.expose_secret().trim().is_empty();
        Ok(PushOptions {
            url: (!url.is_empty()).then(|| url.to_owned()),
            token: has_token.then(|| self.token.clone()),
            timeout: self.timeout,
        })
    }
}
