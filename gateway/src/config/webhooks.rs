//! `[webhooks]`: what third parties are told, and how.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use webhooks::WebhooksOptions;

use super::{Key, key, text::list};

/// Webhooks to third parties.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WebhooksConfig {
    /// Whether endpoints may be plain http.
    pub allow_http: bool,
    /// Names and addresses that are taken although they are private.
    #[serde(deserialize_with = "list")]
    pub allow_private: Vec<String>,
    /// How long an endpoint may take to answer.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Requests to one endpoint at once.
    pub concurrency: usize,
    /// How often a delivery is tried.
    pub attempts: u32,
    /// The pause after the first failure.
    #[serde(with = "humantime_serde")]
    pub retry_pause: Duration,
    /// The longest pause.
    #[serde(with = "humantime_serde")]
    pub longest_pause: Duration,
    /// How long an endpoint may fail.
    #[serde(with = "humantime_serde")]
    pub disable_after: Duration,
    /// How long the old secret stays good.
    #[serde(with = "humantime_serde")]
    pub secret_overlap: Duration,
    /// How long finished deliveries are kept.
    #[serde(with = "humantime_serde")]
    pub keep: Duration,
    /// How often to look for what is due.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key("webhooks.allow_http", "Take endpoints without TLS, for development."),
    key(
        "webhooks.allow_private",
        "Hosts, as they stand in an endpoint's address, that are taken although their addresses are \
         private, for development.",
    ),
    key("webhooks.timeout", "How long an endpoint may take to answer."),
    key("webhooks.concurrency", "Requests to one endpoint at once, of each instance."),
    key(
        "webhooks.attempts",
        "How often a delivery is tried before it is given up; with the pauses below, for about three days.",
    ),
    key("webhooks.retry_pause", "The pause after the first failure; it doubles, give or take a fifth."),
    key("webhooks.longest_pause", "The longest pause between two attempts."),
    key(
        "webhooks.disable_after",
        "How long an endpoint may do nothing but fail before it is switched off.",
    ),
    key("webhooks.secret_overlap", "How long the old secret stays good after a rotation."),
    key("webhooks.keep", "How long finished deliveries are kept."),
    key("webhooks.poll", "How often to look for deliveries that are due."),
];

impl Default for WebhooksConfig {
    fn default() -> Self {
        let options = WebhooksOptions::default();
        Self {
            allow_http: options.allow_http,
            allow_private: options.allow_private,
            timeout: options.timeout,
            concurrency: options.concurrency,
            attempts: options.attempts,
            retry_pause: options.retry_pause,
            longest_pause: options.longest_pause,
            disable_after: options.disable_after,
            secret_overlap: options.secret_overlap,
            keep: options.keep,
            poll: options.poll,
        }
    }
}

impl WebhooksConfig {
    /// As the webhooks module wants it.
    pub(crate) fn options(&self) -> WebhooksOptions {
        WebhooksOptions {
            allow_http: self.allow_http,
            allow_private: self.allow_private.clone(),
            timeout: self.timeout,
            concurrency: self.concurrency,
            attempts: self.attempts,
            retry_pause: self.retry_pause,
            longest_pause: self.longest_pause,
            disable_after: self.disable_after,
            secret_overlap: self.secret_overlap,
            keep: self.keep,
            poll: self.poll,
            ..WebhooksOptions::default()
        }
    }

    /// Why these values can't be used, if they can't.
    pub(super) fn problem(&self) -> Option<String> {
        let durations = [
            ("timeout", self.timeout),
            ("retry_pause", self.retry_pause),
            ("longest_pause", self.longest_pause),
            ("poll", self.poll),
        ];
        if let Some((name, _)) = durations.iter().find(|(_, duration)| duration.is_zero()) {
            return Some(format!("webhooks.{name} must be longer than nothing, such as `1s`"));
        }
        if self.concurrency == 0 || self.attempts == 0 {
            return Some("webhooks.concurrency and webhooks.attempts must be at least 1".to_owned());
        }
        None
    }
}
