//! Whoever takes the money: one trait, and what providers are told and answer.

mod calls;
pub(crate) mod sandbox;
pub(crate) mod signature;
pub(crate) mod stripe;

use kit::{
    DateTime,
    ids::{PaymentId, RefundId},
};

pub(crate) use self::calls::{Calls, is_away};

/// Nobody answered, or nobody who could tell: what was asked may have happened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Away(pub(crate) String);

/// The provider says no, and will say so again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused(pub(crate) String);

/// What a provider answers.
pub(crate) type Answer<T> = Result<Result<T, Refused>, Away>;

/// Money to ask for.
#[derive(Debug, Clone)]
pub(crate) struct NewIntent {
    /// Our id of it; a payment has one intent, however often it is opened.
    pub(crate) payment: PaymentId,
    /// Minor units.
    pub(crate) amount: i64,
    /// Their currency, as ISO 4217 writes it.
    pub(crate) currency: String,
    /// Whether it is set aside first, and captured later.
    pub(crate) is_manual: bool,
}

/// Money that was asked for, as the provider sees it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Intent {
    /// What the provider calls it.
    pub(crate) reference: String,
    /// With this the payer's own program talks to the provider.
    pub(crate) client_secret: Option<String>,
    /// How it stands.
    pub(crate) status: Status,
    /// Why the last attempt was declined.
    pub(crate) failure: Option<String>,
    /// How much was taken.
    pub(crate) captured: i64,
    /// What was given back; `None` when the answer does not tell.
    pub(crate) refunds: Option<Vec<GivenBack>>,
}

/// How an intent stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Status {
    /// It waits for a method; after a decline, for another one.
    NeedsMethod,
    /// The payer must prove who they are.
    NeedsAction(String),
    /// The provider works on it.
    Processing,
    /// The money is set aside.
    Authorized,
    /// The money was taken.
    Captured,
    /// It is off.
    Cancelled,
}

/// Money to give back.
#[derive(Debug, Clone)]
pub(crate) struct NewRefund {
    /// Our id of it, and the idempotency key.
    pub(crate) id: RefundId,
    /// Of which intent.
    pub(crate) intent: String,
    /// Minor units.
    pub(crate) amount: i64,
}

/// Money that was given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GivenBack {
    /// What the provider calls it.
    pub(crate) reference: String,
    /// Our id of it; `None` when somebody gave it back elsewhere.
    pub(crate) id: Option<RefundId>,
    /// Minor units.
    pub(crate) amount: i64,
    /// How it stands: `None` while it is on its way.
    pub(crate) outcome: Option<Result<(), String>>,
}

/// A page of events.
#[derive(Debug, Clone)]
pub(crate) struct EventPage {
    pub(crate) events: Vec<Event>,
    /// Whether there is more behind the last one.
    pub(crate) has_more: bool,
}

/// Something that a provider told. It only says where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// The provider's id of it.
    pub(crate) id: String,
    /// What happened.
    pub(crate) kind: String,
    /// What it happened to, as the provider calls it; empty for nothing of ours.
    pub(crate) subject: String,
    /// For which payment, where the event says so.
    pub(crate) payment: Option<PaymentId>,
}

/// Why something that claims to come from a provider is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotGenuine {
    /// There is no signature, or none that can be read.
    #[error("there is no signature")]
    Unsigned,
    /// No secret of ours makes this signature of this body.
    #[error("the signature is not ours")]
    Forged,
    /// It was signed too long ago, or too far ahead.
    #[error("the signature is too old")]
    Stale,
    /// The body can't be read.
    #[error("the event can't be read")]
    Unreadable,
}

/// Takes and gives back money. Every call may be repeated: what it is asked twice
/// under one key it does once.
#[async_trait::async_trait]
pub(crate) trait Provider: Send + Sync {
    /// What it is called in rows and answers.
    fn name(&self) -> &'static str;

    /// Opens an intent, or finds the one that was opened for the payment.
    async fn open(&self, wish: &NewIntent) -> Answer<Intent>;

    /// Pays an intent by this method. A decline is an answer: the intent needs
    /// another method, and has a failure.
    async fn confirm(&self, intent: &str, method: &str, key: &str) -> Answer<Intent>;

    /// Takes part of what is set aside; the rest is freed.
    async fn capture(&self, intent: &str, amount: i64, key: &str) -> Answer<Intent>;

    /// Ends an intent of which nothing was taken.
    async fn cancel(&self, intent: &str, key: &str) -> Answer<Intent>;

    /// Gives part of what was taken back.
    async fn refund(&self, wish: &NewRefund) -> Answer<GivenBack>;

    /// An intent as it is now, with what was given back.
    async fn look_up(&self, intent: &str) -> Answer<Intent>;

    /// A page of what happened since this instant, in the provider's order; behind
    /// the event of this id.
    async fn events(&self, since: DateTime, after: Option<&str>) -> Answer<EventPage>;

    /// Reads an event that somebody sent, if it is genuine.
    fn read(&self, body: &[u8], signature: &str, now: DateTime) -> Result<Event, NotGenuine>;
}
