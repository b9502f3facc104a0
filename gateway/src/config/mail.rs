//! `[mail]`: the mail server.

use std::time::Duration;

use notifications::{MailOptions, NotificationsOptions};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{Key, key, text::masked};

/// How mail is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailConfig {
    /// The mail server; empty for the outbox.
    #[serde(serialize_with = "masked")]
    pub url: SecretString,
    /// Whom mails are from.
    pub from: String,
    /// How long handing over one mail may take.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "mail.url",
        "Mail server, `smtps://user:password@host:port`, or `smtp://…?tls=required` for STARTTLS. \
         Empty: mails are written to `notifications.outbox`.",
    ),
    key("mail.from", "Whom mails are from."),
    key("mail.timeout", "How long the mail server may take for one mail."),
];

impl Default for MailConfig {
    fn default() -> Self {
        let MailOptions { from, timeout, .. } = NotificationsOptions::default().mail;
        Self { url: SecretString::default(), from, timeout }
    }
}

impl MailConfig {
    pub(super) fn options(&self) -> MailOptions {
        let has_url = !self.url.expose_secret().trim().is_empty();
        MailOptions {
            url: has_url.then(|| self.url.clone()),
            from: self.from.clone(),
            timeout: self.timeout,
        }
    }
}
