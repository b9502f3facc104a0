//! The GraphQL types of users.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Interface, Object, SimpleObject};
use entities::users::{account, address, factor, identity, seller, session, user};
use kit::{
    Address, CurrencyCode, DateTime, Error, Json, Result, Role, Url, UserError, Viewer,
    ids::{AccountId, ChallengeId, FactorId, UserId},
};

use crate::{
    loaders::{
        AddressesOfAccount, FactorsOfAccount, IdentitiesOfAccount, SellerOfUser, SessionsOfAccount,
        UserById,
    },
    roles,
};

/// Anything with a global id; fetch it again with node(id).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global opaque id."))]
pub(crate) enum Node {
    User(User),
    Seller(Seller),
    Account(Account),
    Session(Session),
    SavedAddress(SavedAddress),
}

pub(crate) struct User(pub(crate) Arc<user::Model>);

pub(crate) struct Seller(pub(crate) Arc<seller::Model>);

pub(crate) struct Account(pub(crate) Arc<account::Details>);

pub(crate) struct SavedAddress(pub(crate) Arc<address::Model>);

pub(crate) struct Identity(pub(crate) Arc<identity::Model>);

pub(crate) struct Session(pub(crate) Arc<session::Model>);

/// Seller lifecycle.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "seller::SellerStatus")]
pub(crate) enum SellerStatus {
    /// Waits for verification.
    Pending,
    /// Sells.
    Active,
    /// Stopped by the marketplace.
    Suspended,
    /// Ended by its owner.
    Closed,
}

/// Outcome of signing up or in: tokens, or why there are none.
#[derive(Default, SimpleObject)]
pub(crate) struct AuthPayload {
    /// Short-lived access token, sent as `Authorization: Bearer …`. Null after
    /// sign-up and on failure.
    pub(crate) access_token: Option<String>,
    /// Rotating refresh token; reuse of an old one revokes the family.
    pub(crate) refresh_token: Option<String>,
    /// Expiry of the access token.
    pub(crate) expires_at: Option<DateTime>,
    /// Second step to complete, in place of the tokens.
    pub(crate) mfa_challenge: Option<MfaChallenge>,
    /// The account. Null after sign-up and on failure.
    pub(crate) account: Option<Account>,
    /// Expected failures.
    pub(crate) user_errors: Vec<UserError>,
}

/// A pending second step.
#[derive(SimpleObject)]
pub(crate) struct MfaChallenge {
    /// Challenge id.
    pub(crate) id: ChallengeId,
    /// Usable factors; a recovery code stands in for any of them.
    pub(crate) factors: Vec<MfaFactor>,
    /// For `navigator.credentials.get()`, read by
    /// `PublicKeyCredential.parseRequestOptionsFromJSON`. Null without a passkey.
    pub(crate) passkey_options: Option<Json>,
    /// Expiry.
    pub(crate) expires_at: DateTime,
}

/// What a passkey is asked.
#[derive(Default, SimpleObject)]
pub(crate) struct PasskeyChallengePayload {
    /// For `navigator.credentials.get()`, read by
    /// `PublicKeyCredential.parseRequestOptionsFromJSON`. Null on failure.
    pub(crate) options: Option<Json>,
    /// Until when it may be answered. Null on failure.
    pub(crate) expires_at: Option<DateTime>,
    /// Expected failures.
    pub(crate) user_errors: Vec<UserError>,
}

/// A factor being enrolled.
#[derive(Default, SimpleObject)]
pub(crate) struct MfaEnrollPayload {
    /// Factor; confirm it with its first code or its attestation. Null on failure.
    pub(crate) factor: Option<MfaFactor>,
    /// What the authenticator app reads, as an `otpauth` URI: show it as a QR code. For
    /// a passkey the options of `navigator.credentials.create()` as JSON, read by
    /// `PublicKeyCredential.parseCreationOptionsFromJSON`.
    pub(crate) secret: Option<String>,
    /// Codes that stand in for a lost factor, each once. Shown this one time;
    /// null when the account has some already.
    pub(crate) recovery_codes: Option<Vec<String>>,
    /// Expected failures.
    pub(crate) user_errors: Vec<UserError>,
}

/// Second factor kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "factor::FactorKind")]
pub(crate) enum MfaKind {
    /// An authenticator app: six digits every 30 seconds (RFC 6238).
    Totp,
    /// A passkey (WebAuthn). It signs in alone, too: see `passkeyChallenge`.
    Webauthn,
}

/// An enrolled second factor.
#[derive(SimpleObject)]
pub(crate) struct MfaFactor {
    /// Global id.
    pub(crate) id: FactorId,
    /// Kind.
    pub(crate) kind: MfaKind,
    /// Enrolled.
    pub(crate) created_at: DateTime,
    /// Whether its first code or attestation has come; before, it is not asked for.
    pub(crate) is_confirmed: bool,
}

impl From<factor::Model> for MfaFactor {
    fn from(row: factor::Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind.into(),
            created_at: row.created_at,
            is_confirmed: row.confirmed_at.is_some(),
        }
    }
}

/// Account after a change.
#[derive(Default, SimpleObject)]
pub(crate) struct AccountPayload {
    /// The account, null on failure.
    pub(crate) account: Option<Account>,
    /// Expected failures.
    pub(crate) user_errors: Vec<UserError>,
}

/// A person or seller as everyone may see them; private data is on Account.
#[Object(tag = "id/user")]
impl User {
    /// Global id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Unique handle.
    async fn handle(&self) -> &str {
        &self.0.handle
    }

    /// Shown name.
    async fn display_name(&self) -> &str {
        &self.0.display_name
    }

    /// Avatar, null when there is none.
    async fn avatar_url(&self) -> Option<Url> {
        self.0.avatar_url.clone().map(Url)
    }

    /// Short biography, null when there is none.
    async fn bio(&self) -> Option<&str> {
        self.0.bio.as_deref()
    }

    /// Joined.
    async fn joined_at(&self) -> DateTime {
        self.0.joined_at
    }

    /// Seller profile when this user sells.
    async fn seller(&self, ctx: &Context<'_>) -> Result<Option<Seller>> {
        Ok(kit::load::<SellerOfUser, UserId>(ctx, self.0.id).await?.map(Seller))
    }
}

/// A seller's public shop.
#[Object(tag = "id/sell")]
impl Seller {
    /// Global id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Owner.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        owner(ctx, self.0.user_id).await
    }

    /// Shop name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Unique name for addresses.
    async fn slug(&self) -> &str {
        &self.0.slug
    }

    /// Verification.
    async fn status(&self) -> SellerStatus {
        self.0.status.into()
    }

    /// Policies on shipping and returns, as text; null when none are given.
    async fn policies(&self) -> Option<&str> {
        self.0.policies.as_deref()
    }
}

/// The private side of a user; visible to its owner and to staff with accounts:read.
#[Object(tag = "id/acct", tag = "viewer")]
impl Account {
    /// Global id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Public profile.
    async fn user(&self, ctx: &Context<'_>) -> Result<User> {
        owner(ctx, self.0.user_id).await
    }

    /// Email, in lower case; null when the account was made by an identity provider
    /// that told none, or one that another account has.
    async fn email(&self) -> Option<&str> {
        self.0.email.as_deref()
    }

    /// Email confirmed.
    async fn email_verified(&self) -> bool {
        self.0.email_verified
    }

    /// Roles, the foremost last.
    async fn roles(&self) -> Result<Vec<Role>> {
        roles::from_text(&self.0.roles)
    }

    /// Language tag, e.g. pt-BR.
    async fn locale(&self) -> &str {
        &self.0.locale
    }

    /// Preferred currency.
    async fn currency(&self) -> Result<CurrencyCode> {
        let unknown = || Error::internal(format!("unknown currency {:?}", self.0.currency));
        self.0.currency.parse().map_err(|()| unknown())
    }

    /// Address book, the oldest first.
    async fn addresses(&self, ctx: &Context<'_>) -> Result<Vec<SavedAddress>> {
        let addresses = kit::load::<AddressesOfAccount, AccountId>(ctx, self.0.id).await?;
        Ok(addresses.unwrap_or_default().into_iter().map(SavedAddress).collect())
    }

    /// Signed-in devices, the last used first.
    async fn sessions(&self, ctx: &Context<'_>) -> Result<Vec<Session>> {
        let sessions = kit::load::<SessionsOfAccount, AccountId>(ctx, self.0.id).await?;
        Ok(sessions.unwrap_or_default().into_iter().map(Session).collect())
    }

    /// Second factors in use, the oldest first.
    async fn mfa_factors(&self, ctx: &Context<'_>) -> Result<Vec<MfaFactor>> {
        let factors = kit::load::<FactorsOfAccount, AccountId>(ctx, self.0.id).await?;
        Ok(factors.unwrap_or_default().into_iter().map(MfaFactor::from).collect())
    }

    /// Logins with identity providers, the oldest first.
    async fn identities(&self, ctx: &Context<'_>) -> Result<Vec<Identity>> {
        let identities = kit::load::<IdentitiesOfAccount, AccountId>(ctx, self.0.id).await?;
        Ok(identities.unwrap_or_default().into_iter().map(Identity).collect())
    }

    /// When the account is erased; null unless its owner asked for that.
    async fn deletion_scheduled_at(&self) -> Option<DateTime> {
        self.0.deletion_scheduled_at
    }

    /// Since when staff keep it from signing in; null unless they do.
    async fn suspended_at(&self) -> Option<DateTime> {
        self.0.suspended_at
    }

    /// Why they do, in their words; null unless they do.
    async fn suspension_reason(&self) -> Option<&str> {
        self.0.suspension_reason.as_deref()
    }

    /// Concurrency version; counts the changes.
    async fn version(&self) -> i32 {
        self.0.version
    }
}

/// A login with an identity provider.
#[Object(tag = "viewer")]
impl Identity {
    /// Id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Name of the provider.
    async fn provider(&self) -> &str {
        &self.0.provider
    }

    /// What the person is called there, as of the first use.
    async fn label(&self) -> &str {
        &self.0.label
    }
}

/// An identity provider at which people can sign in: send them to
/// `authorizationEndpoint` with `response_type=code`, `client_id`, `scope`,
/// `redirect_uri`, `state`, `nonce`, `code_challenge` and
/// `code_challenge_method=S256`, and what comes back to `sessionSignIn`.
#[derive(SimpleObject)]
pub(crate) struct SignInProvider {
    /// Name, for `OAuthLogin.provider`.
    pub(crate) name: String,
    /// Name to show.
    pub(crate) label: String,
    /// Issuer of its tokens; what comes back as `iss` must equal it.
    pub(crate) issuer: String,
    /// Where to send people, null while the provider is away.
    pub(crate) authorization_endpoint: Option<Url>,
    /// Our name there.
    pub(crate) client_id: String,
    /// What to ask for.
    pub(crate) scopes: Vec<String>,
    /// Where people may be sent back to.
    pub(crate) redirect_uris: Vec<String>,
}

/// An address in the book.
#[Object(tag = "id/addr", tag = "viewer")]
impl SavedAddress {
    /// Global id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// Address.
    async fn address(&self) -> Address {
        self.0.address.clone().into()
    }

    /// Default for shipping.
    async fn is_default_shipping(&self) -> bool {
        self.0.is_default_shipping
    }

    /// Default for billing.
    async fn is_default_billing(&self) -> bool {
        self.0.is_default_billing
    }
}

/// One signed-in device.
#[Object(tag = "id/sess", tag = "viewer")]
impl Session {
    /// Global id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// User agent at sign-in, null when the client named none.
    async fn user_agent(&self) -> Option<&str> {
        self.0.user_agent.as_deref()
    }

    /// Signed in.
    async fn created_at(&self) -> DateTime {
        self.0.created_at
    }

    /// Last time it got an access token.
    async fn last_used_at(&self) -> DateTime {
        self.0.last_used_at
    }

    /// Is this request's session.
    #[graphql(tag = "session")]
    async fn is_current(&self, ctx: &Context<'_>) -> bool {
        Viewer::of(ctx).session == Some(self.0.id)
    }
}

async fn owner(ctx: &Context<'_>, id: UserId) -> Result<User> {
    let user = kit::load::<UserById, UserId>(ctx, id).await?;
    user.map(User).ok_or_else(|| Error::internal(format!("{id} is referred to and does not exist")))
}
