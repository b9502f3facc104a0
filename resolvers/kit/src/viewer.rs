//! Who is asking, what they may do, and the guards that say so on a field.

use async_graphql::{Context, Enum, Guard};
use serde::{Deserialize, Serialize};

use crate::{
    CurrencyCode, Error, RequestScope,
    ids::{AccountId, SessionId, UserId},
};

/// A permission, `module:verb`.
pub type Permission = &'static str;

/// Coarse roles; permissions derive from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Buys.
    Customer,
    /// Sells.
    Seller,
    /// Helps customers.
    Support,
    /// Keeps content decent.
    Moderator,
    /// May do everything.
    Admin,
}

impl Role {
    /// What the role permits. `Admin` permits everything and lists nothing.
    #[must_use]
    pub const fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Customer | Self::Admin => &[],
            Self::Seller => &["products:write", "inventory:read", "inventory:write", "orders:fulfil"],
            Self::Support => &[
                "accounts:read",
                "inventory:read",
                "orders:read",
                "orders:write",
                "orders:refund",
                "payments:read",
                "payments:write",
            ],
            Self::Moderator => &["products:moderate", "messages:moderate"],
        }
    }
}

/// Who is asking: a guest, or an account with its roles.
#[derive(Debug, Clone, Default)]
pub struct Viewer {
    /// The signed-in account, `None` for a guest.
    pub account: Option<AccountId>,
    /// The public profile of that account.
    pub user: Option<UserId>,
    /// The session the token was issued in.
    pub session: Option<SessionId>,
    /// Currency to quote prices in when a query names none.
    pub currency: Option<CurrencyCode>,
    /// Roles as of the token.
    pub roles: Vec<Role>,
}

impl Viewer {
    /// The viewer of the running request.
    ///
    /// A field whose answer depends on `account` or `user` and has no guard that
    /// is published is tagged, or its type is: `#[graphql(tag = "viewer")]`; one
    /// that depends on `session`, `#[graphql(tag = "session")]`. Events with such
    /// fields are evaluated for each account; all others once for guests and
    /// customers, as a guest of the same currency sees them.
    #[must_use]
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        &RequestScope::of(ctx).viewer
    }

    /// Whether a role of the viewer permits this.
    #[must_use]
    pub fn may(&self, permission: &str) -> bool {
        self.roles.iter().any(|role| *role == Role::Admin || role.permissions().contains(&permission))
    }

    /// The signed-in account.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a guest.
    pub fn require_account(&self) -> Result<AccountId, Error> {
        self.account.ok_or(Error::Unauthenticated)
    }

    /// The signed-in user.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for a guest.
    pub fn require_user(&self) -> Result<UserId, Error> {
        self.user.ok_or(Error::Unauthenticated)
    }
}

/// Guards a field: somebody must be signed in.
pub struct SignedIn;

impl Guard for SignedIn {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        Viewer::of(ctx).require_account()?;
        Ok(())
    }
}

/// Guards a field: a role of the viewer must permit this.
pub struct Require(pub Permission);

impl Guard for Require {
    async fn check(&self, ctx: &Context<'_>) -> async_graphql::Result<()> {
        let viewer = Viewer::of(ctx);
        if viewer.may(self.0) {
            return Ok(());
        }
        let account = viewer.require_account()?;
        RequestScope::of(ctx).refusals.tell(account, &ctx.item.node.name.node, self.0).await;
        Err(Error::Forbidden(self.0).into())
    }
}
