//! What users tell.

use entities::{
    ids::{AccountId, IdentityId, SellerId, SessionId, UserId},
    time::DateTime,
};
use serde::{Deserialize, Serialize};
use subscriptions::Fact;

use crate::Role;

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

/// Somebody did not get in. Which email or password was tried is told nowhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInFailed {
    /// Into which account; absent when there is none.
    pub account: Option<AccountId>,
    /// Why.
    pub reason: SignInFailure,
}

/// Why somebody did not get in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SignInFailure {
    /// No account has this email and password.
    BadCredentials,
    /// The code of the second factor was wrong.
    BadCode,
    /// No passkey that anybody has enrolled answered what it was asked.
    BadPasskey,
}

impl Fact for SignInFailed {
    const KIND: &'static str = "session.refused";

    fn subject(&self) -> String {
        self.account.map_or_else(|| "nobody".to_owned(), |account| account.to_string())
    }
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
    /// Somebody set a new password with a mailed token.
    PasswordReset,
    /// The account is being erased.
    Erased,
    /// Staff suspended the account.
    Suspended,
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

/// An account can be signed in to with an identity provider from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityLinked {
    /// Whose.
    pub account: AccountId,
    /// The login there.
    pub identity: IdentityId,
    /// The provider, by its name in the configuration.
    pub provider: String,
    /// Whether the account was made for it.
    #[serde(default)]
    pub made_account: bool,
}

impl Fact for IdentityLinked {
    const KIND: &'static str = "identity.linked";

    fn subject(&self) -> String {
        self.account.to_string()
    }
}

/// An account is to be erased, or is not any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeletionSet {
    /// Which.
    pub account: AccountId,
    /// When; absent when its owner took it back.
    pub scheduled_at: Option<DateTime>,
}

/// Staff keep an account from signing in, or do not any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuspensionSet {
    /// Which.
    pub account: AccountId,
    /// False when that was taken back.
    pub is_suspended: bool,
}

impl Fact for SuspensionSet {
    const KIND: &'static str = "account.suspension_set";

    fn subject(&self) -> String {
        self.account.to_string()
    }
}

/// An account is no more. Every module that keeps something of it erases that
/// when it hears of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountErased {
    /// The private side.
    pub account: AccountId,
    /// The public side, which stays without a person.
    pub user: UserId,
    /// The shop that was closed by this.
    pub seller: Option<SellerId>,
}

impl Fact for DeletionSet {
    const KIND: &'static str = "account.deletion_set";

    fn subject(&self) -> String {
        self.account.to_string()
    }
}

/// An account can't be signed in to with an identity provider any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityUnlinked {
    /// Whose it was.
    pub account: AccountId,
    /// The login there.
    pub identity: IdentityId,
    /// The provider, by its name in the configuration.
    pub provider: String,
}

impl Fact for IdentityUnlinked {
    const KIND: &'static str = "identity.unlinked";

    fn subject(&self) -> String {
        self.account.to_string()
    }
}

impl Fact for AccountErased {
    const KIND: &'static str = "account.erased";

    fn subject(&self) -> String {
        self.account.to_string()
    }
}

/// Somebody asked to set a new password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResetRequested {
    /// Of which account; absent when no account has the email that was given.
    pub account: Option<AccountId>,
}

/// Somebody asked for another mail to confirm their address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmationRequested {
    /// Whose.
    pub account: AccountId,
}

impl Fact for ResetRequested {
    const KIND: &'static str = "account.reset_requested";

    fn subject(&self) -> String {
        self.account.map_or_else(|| "nobody".to_owned(), |account| account.to_string())
    }
}

impl Fact for ConfirmationRequested {
    const KIND: &'static str = "account.confirmation_requested";

    fn subject(&self) -> String {
        self.account.to_string()
    }
}

/// An account was given other roles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolesChanged {
    /// Whose.
    pub account: AccountId,
    /// All roles from now on.
    pub roles: Vec<Role>,
}

impl Fact for RolesChanged {
    const KIND: &'static str = "account.roles_changed";

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
