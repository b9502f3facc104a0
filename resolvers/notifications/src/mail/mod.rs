//! Mail: what is sent, and the two ways to hand it over: to a server, or into
//! the outbox.

mod compose;
mod outbox;
mod smtp;

use std::sync::Arc;

use kit::Result;
use lettre::message::Mailbox;

pub(crate) use self::compose::{Envelope, compose};
use self::{outbox::Outbox, smtp::Smtp};
use crate::NotificationsOptions;

/// How handing something over came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Taken.
    Sent,
    /// Not now; for this reason, which names nobody.
    Later(String),
    /// Never.
    Refused(String),
    /// Never to this receiver, who is gone.
    Gone,
}

/// Hands mails over.
#[async_trait::async_trait]
pub(crate) trait Mailer: Send + Sync {
    /// Hands one mail over. One that comes again is the same mail: it has the
    /// same `Message-ID`.
    async fn send(&self, mail: &lettre::Message, id: &str) -> Outcome;

    /// Forgets a mail, where mails are kept.
    async fn forget(&self, _id: &str) {}

    /// Whether mails leave for the world.
    fn is_real(&self) -> bool;

    /// Why mails wait, while they do.
    fn problem(&self) -> Option<String>;
}

/// As the options say: a server, or the outbox.
///
/// # Errors
/// When the server's address is none.
pub(crate) fn mailer(options: &NotificationsOptions) -> Result<Arc<dyn Mailer>> {
    Ok(match &options.mail.url {
        Some(url) => Arc::new(Smtp::new(url, options.mail.timeout)?),
        None => Arc::new(Outbox::new(options.outbox.clone())),
    })
}

/// Whether this is an address that mails can be from.
pub(crate) fn is_sender(from: &str) -> bool {
    from.parse::<Mailbox>().is_ok()
}

/// Whether a mail server can be reached under such an address.
pub(crate) fn is_server(url: &secrecy::SecretString) -> bool {
    Smtp::new(url, std::time::Duration::from_secs(1)).is_ok()
}

/// Domains that belong to nobody (RFC 2606, RFC 6761): no mail leaves for them.
/// The demo accounts' addresses are among them.
pub(crate) fn is_nowhere(email: &str) -> bool {
    [".example", ".test", ".invalid", ".localhost"].iter().any(|end| email.ends_with(end))
}
