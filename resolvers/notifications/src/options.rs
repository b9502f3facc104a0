//! How the notifications module is set up.

use std::{path::PathBuf, time::Duration};

use secrecy::SecretString;

use crate::mail;

/// Three months, as they are written in a configuration.
const RETENTION: Duration = Duration::from_secs(3 * 2_630_016);

/// Options of the notifications module; the defaults need no set-up.
#[derive(Clone, Debug)]
pub struct NotificationsOptions {
    /// How long messages are gathered for one mail.
    pub digest: Duration,
    /// How long notifications stay that were read.
    pub retention: Duration,
    /// How often to look for deliveries that another process queued.
    pub poll: Duration,
    /// How often a delivery is tried.
    pub attempts: u32,
    /// The pause after the first failed try; it doubles with each further one.
    pub retry_pause: Duration,
    /// Where mails and pushes are written that have no server to go to.
    pub outbox: PathBuf,
    /// Where clients reach the gateway, for addresses in mails.
    pub public_url: String,
    /// The mail server.
    pub mail: MailOptions,
    /// The push gateway.
    pub push: PushOptions,
}

/// How mail is sent.
#[derive(Clone, Debug)]
pub struct MailOptions {
    /// `smtp[s]://user:password@host:port`; the outbox when absent.
    pub url: Option<SecretString>,
    /// Whom mails are from.
    pub from: String,
    /// How long handing over one mail may take.
    pub timeout: Duration,
}

/// How notifications are pushed.
#[derive(Clone, Debug)]
pub struct PushOptions {
    /// Where to post them; the outbox when absent.
    pub url: Option<String>,
    /// Bearer token of the push gateway.
    pub token: Option<SecretString>,
    /// How long one post may take.
    pub timeout: Duration,
}

impl Default for NotificationsOptions {
    fn default() -> Self {
        Self {
            digest: Duration::from_secs(15 * 60),
            retention: RETENTION,
            poll: Duration::from_secs(2),
            attempts: 20,
            retry_pause: Duration::from_secs(30),
            outbox: PathBuf::from("data/outbox"),
            public_url: "http://127.0.0.1:8080".to_owned(),
            mail: MailOptions {
                url: None,
                from: "Weft <no-reply@localhost>".to_owned(),
                timeout: Duration::from_secs(20),
            },
            push: PushOptions { url: None, token: None, timeout: Duration::from_secs(10) },
        }
    }
}

impl NotificationsOptions {
    /// Checks what only a mail library can tell: the server's address and the
    /// sender's.
    ///
    /// # Errors
    /// Which setting is wrong, without what it holds.
    pub fn check(&self) -> Result<(), String> {
        let wrong = |name: &str, example: &str| Err(format!("{name} is no address such as `{example}`"));
        if !mail::is_sender(&self.mail.from) {
            return wrong("mail.from", "Shop <no-reply@shop.example>");
        }
        match &self.mail.url {
            Some(url) if !mail::is_server(url) => wrong("mail.url", "smtps://user:password@host:465"),
            _ => Ok(()),
        }
    }
}
