//! What clients send to the users module.

use async_graphql::{Enum, InputObject, MaybeUndefined, OneofObject};
use kit::{
    AddressInput, CurrencyCode, Json,
    ids::{AddressId, ChallengeId, UserId},
};

use crate::providers::{Login, LoginFields};

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
    /// Guest cart to merge into the account's, by its secret; give it again with
    /// the answer to a challenge.
    pub(crate) guest_cart_token: Option<String>,
}

/// Exactly one method.
#[derive(OneofObject)]
pub(crate) enum SignInMethod {
    /// Email and password; starts a session.
    Password(PasswordLogin),
    /// Authorization code of an identity provider; starts a session, of an account
    /// that is made at the first use.
    Oauth(OAuthLogin),
    /// What `navigator.credentials.get()` gave for the options of `passkeyChallenge`
    /// (`credential.toJSON()`); starts a session, without a second step: the passkey
    /// has verified its user.
    Passkey(Json),
    /// Refresh token; goes on with its session.
    RefreshToken(String),
    /// Answer to a challenge; starts the session.
    Mfa(MfaAnswer),
}

/// What a passkey is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum PasskeyPurpose {
    /// To sign in: any passkey, which says itself whose it is.
    SignIn,
    /// To show that the owner of the signed-in account asks, wherever a mutation takes
    /// a `code`.
    Confirm,
}

/// Password login.
#[derive(InputObject)]
pub(crate) struct PasswordLogin {
    /// Email; compared without regard to case.
    pub(crate) email: String,
    /// Password.
    pub(crate) password: String,
}

/// Authorization code and PKCE verifier; see `signInProviders`.
#[derive(InputObject)]
#[graphql(name = "OAuthLogin")]
pub(crate) struct OAuthLogin {
    /// Name of the provider.
    pub(crate) provider: String,
    /// The code that the provider sent back.
    pub(crate) code: String,
    /// The PKCE verifier whose challenge was sent to the provider.
    pub(crate) code_verifier: String,
    /// Where the code was sent back to; the first of the provider's `redirectUris`
    /// when absent.
    pub(crate) redirect_uri: Option<String>,
    /// The nonce that was sent to the provider; required if one was.
    pub(crate) nonce: Option<String>,
}

impl OAuthLogin {
    /// Standing in these fields of an input.
    pub(crate) fn at(self, fields: &'static LoginFields) -> Login {
        Login {
            provider: self.provider,
            code: self.code,
            code_verifier: self.code_verifier,
            redirect_uri: self.redirect_uri,
            nonce: self.nonce,
            fields,
        }
    }
}

/// Second-factor answer.
#[derive(InputObject)]
pub(crate) struct MfaAnswer {
    /// Challenge.
    pub(crate) challenge_id: ChallengeId,
    /// Code of an authenticator app, what `navigator.credentials.get()` gave for
    /// `passkeyOptions` as JSON, or a recovery code.
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
