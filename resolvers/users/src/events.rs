//! The facts this module writes into the event log. No personal data: the log
//! outlives accounts.

use kit::{
    DateTime,
    ids::{AccountId, SessionId, UserId},
};
use serde::Serialize;
use subscriptions::NewEvent;

#[derive(Serialize)]
struct AccountFact {
    account: AccountId,
    user: UserId,
    version: i32,
}

#[derive(Serialize)]
struct SessionFact {
    account: AccountId,
    session: SessionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<EndReason>,
}

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum EndReason {
    /// Its owner ended it.
    Requested,
    /// A refresh token of it came a second time.
    TokenReused,
}

pub(crate) fn account_created(account: AccountId, user: UserId, at: DateTime) -> NewEvent {
    NewEvent::new("AccountCreated", account, &AccountFact { account, user, version: 1 }, at)
}

pub(crate) fn account_updated(account: AccountId, user: UserId, version: i32, at: DateTime) -> NewEvent {
    NewEvent::new("AccountUpdated", account, &AccountFact { account, user, version }, at)
}

pub(crate) fn session_started(account: AccountId, session: SessionId, at: DateTime) -> NewEvent {
    NewEvent::new("SessionStarted", session, &SessionFact { account, session, reason: None }, at)
}

pub(crate) fn session_revoked(
    account: AccountId,
    session: SessionId,
    reason: EndReason,
    at: DateTime,
) -> NewEvent {
    let fact = SessionFact { account, session, reason: Some(reason) };
    NewEvent::new("SessionRevoked", session, &fact, at)
}
