//! What clients send to the users module.

use async_graphql::{InputObject, MaybeUndefined, OneofObject};
use kit::{
    AddressInput, CurrencyCode,
    ids::{AddressId, ChallengeId, UserId},
};

/// How to find a user.
#[derive(OneofObject)]
pub(crate) enum UserRef {
    /// By id.
    Id(UserId),
    /// By handle.
    Handle(String),
}

/// Registration.
#[derive(InputObject)]
pub(crate) struct SignUpInput {
    /// Email; compared without regard to case.
    pub(crate) email: String,
    /// Password of 10 to 128 characters.
    pub(crate) password: String,
    /// Public handle: 3 to 30 characters out of a-z, 0-9, _ and -.
    pub(crate) handle: String,
    /// Display name of 1 to 80 printable characters.
    pub(crate) display_name: String,
}

/// Sign-in by one method.
#[derive(InputObject)]
pub(crate) struct SignInInput {
    /// Method.
    pub(crate) method: SignInMethod,
}

/// Exactly one method.
#[derive(OneofObject)]
pub(crate) enum SignInMethod {
    /// Email and password; starts a session.
    Password(PasswordLogin),
    /// Refresh token; goes on with its session.
    RefreshToken(String),
    /// Answer to a challenge; starts the session.
    Mfa(MfaAnswer),
}

/// Password login.
#[derive(InputObject)]
pub(crate) struct PasswordLogin {
    /// Email; compared without regard to case.
    pub(crate) email: String,
    /// Password.
    pub(crate) password: String,
}

/// Second-factor answer.
#[derive(InputObject)]
pub(crate) struct MfaAnswer {
    /// Challenge.
    pub(crate) challenge_id: ChallengeId,
    /// Code of an authenticator app, or a recovery code.
    pub(crate) response: String,
}

/// Address to save.
#[derive(InputObject)]
pub(crate) struct AddressSaveInput {
    /// Existing one to change; a new one when absent.
    pub(crate) id: Option<AddressId>,
    /// Address.
    pub(crate) address: AddressInput,
    /// Make it the default for shipping, or no longer.
    pub(crate) default_shipping: Option<bool>,
    /// Make it the default for billing, or no longer.
    pub(crate) default_billing: Option<bool>,
}

/// Profile changes; absent = unchanged.
#[derive(InputObject)]
pub(crate) struct AccountUpdateInput {
    /// Display name of 1 to 80 printable characters.
    pub(crate) display_name: Option<String>,
    /// Bio of at most 500 characters; null removes it.
    pub(crate) bio: MaybeUndefined<String>,
    /// Language tag, e.g. pt-BR.
    pub(crate) locale: Option<String>,
    /// Preferred currency.
    pub(crate) currency: Option<CurrencyCode>,
    /// Fail with VERSION_CONFLICT if the account is in another version.
    pub(crate) expected_version: Option<i32>,
}
