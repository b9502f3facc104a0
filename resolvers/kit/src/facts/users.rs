//! What users tell.

use entities::ids::{AccountId, SessionId, UserId};
use serde::{Deserialize, Serialize};
use subscriptions::Fact;

/// Somebody signed up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountCreated {
    /// The private side.
    pub account: AccountId,
    /// The public side.
    pub user: UserId,
    /// Of the account.
    pub version: i32,
}

/// An account or its profile changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountUpdated {
    /// The private side.
    pub account: AccountId,
    /// The public side.
    pub user: UserId,
    /// Of the account.
    pub version: i32,
}

/// Somebody signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStarted {
    /// Whose.
    pub account: AccountId,
    /// The signed-in device.
    pub session: SessionId,
}

/// A session ended before its time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRevoked {
    /// Whose.
    pub account: AccountId,
    /// The device that was signed in.
    pub session: SessionId,
    /// Why.
    pub reason: EndReason,
}

/// Why a session ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EndReason {
    /// Its owner ended it.
    Requested,
    /// A refresh token of it came a second time.
    TokenReused,
}

/// A second factor came into use, or was removed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactorChanged {
    /// Whose.
    pub account: AccountId,
    /// False when it was removed.
    pub is_added: bool,
}

impl Fact for SecondFactorChanged {
    const KIND: &'static str = "account.factor_changed";

    fn subject(&self) -> String {
        self.account.to_string()
    }
}

impl Fact for AccountCreated {
    const KIND: &'static str = "account.created";

    fn subject(&self) -> String {
        self.account.to_string()
    }
}

impl Fact for AccountUpdated {
    const KIND: &'static str = "account.updated";

    fn subject(&self) -> String {
        self.account.to_string()
    }
}

impl Fact for SessionStarted {
    const KIND: &'static str = "session.started";

    fn subject(&self) -> String {
        self.session.to_string()
    }
}

impl Fact for SessionRevoked {
    const KIND: &'static str = "session.revoked";

    fn subject(&self) -> String {
        self.session.to_string()
    }
}
