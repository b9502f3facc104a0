//! One loader for every batch key: each asks the database once a level.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use entities::users::{account, address, factor, identity, seller, session, user};
use kit::{
    Database, DateTime, Error, FromContext, Result, Viewer,
    ids::{AccountId, AddressId, IdentityId, SellerId, SessionId, UserId},
};

use crate::{
    service::{Service, scope_of},
    validation::is_handle,
};

/// Users by id.
pub(crate) struct UserById(Database);

/// Users by handle.
pub(crate) struct UserByHandle(Database);

/// Shops by id.
pub(crate) struct SellerById(Database);

/// Shops by the user who runs them.
pub(crate) struct SellerOfUser(Database);

/// Accounts that the viewer may see, by id.
pub(crate) struct AccountById(Database, account::Scope);

/// Active sessions that the viewer may see, by id.
pub(crate) struct SessionById(Database, account::Scope, DateTime);

/// Active sessions of accounts that the viewer was allowed to see.
pub(crate) struct SessionsOfAccount(Database, DateTime);

/// Second factors in use of accounts that the viewer was allowed to see.
pub(crate) struct FactorsOfAccount(Database);

/// Logins with identity providers that the viewer may see, by id.
pub(crate) struct IdentityById(Database, account::Scope);

/// Logins with identity providers of accounts that the viewer was allowed to see.
pub(crate) struct IdentitiesOfAccount(Database);

/// Addresses that the viewer may see, by id.
pub(crate) struct AddressById(Database, account::Scope);

/// Address books of accounts that the viewer was allowed to see.
pub(crate) struct AddressesOfAccount(Database);

fn db(ctx: &Context<'_>) -> Database {
    ctx.data_unchecked::<Database>().clone()
}

fn now(ctx: &Context<'_>) -> DateTime {
    ctx.data_unchecked::<Arc<Service>>().clock.now()
}

impl FromContext for UserById {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx))
    }
}

impl Loader<UserId> for UserById {
    type Value = Arc<user::Model>;
    type Error = Error;

    async fn load(&self, ids: &[UserId]) -> Result<HashMap<UserId, Self::Value>> {
        let rows = user::by_ids(self.0.read(), ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

impl FromContext for UserByHandle {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx))
    }
}

impl Loader<String> for UserByHandle {
    type Value = Arc<user::Model>;
    type Error = Error;

    async fn load(&self, handles: &[String]) -> Result<HashMap<String, Self::Value>> {
        // Nobody has another, and Postgres refuses to look for some.
        let handles: Vec<String> = handles.iter().filter(|handle| is_handle(handle)).cloned().collect();
        let rows = user::by_handles(self.0.read(), &handles).await?;
        Ok(rows.into_iter().map(|row| (row.handle.clone(), Arc::new(row))).collect())
    }
}

impl FromContext for SellerById {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx))
    }
}

impl Loader<SellerId> for SellerById {
    type Value = Arc<seller::Model>;
    type Error = Error;

    async fn load(&self, ids: &[SellerId]) -> Result<HashMap<SellerId, Self::Value>> {
        let rows = seller::by_ids(self.0.read(), ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

impl FromContext for SellerOfUser {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx))
    }
}

impl Loader<UserId> for SellerOfUser {
    type Value = Arc<seller::Model>;
    type Error = Error;

    async fn load(&self, users: &[UserId]) -> Result<HashMap<UserId, Self::Value>> {
        let rows = seller::by_users(self.0.read(), users).await?;
        Ok(rows.into_iter().map(|row| (row.user_id, Arc::new(row))).collect())
    }
}

impl FromContext for AccountById {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx), scope_of(Viewer::of(ctx)))
    }
}

impl Loader<AccountId> for AccountById {
    type Value = Arc<account::Details>;
    type Error = Error;

    async fn load(&self, ids: &[AccountId]) -> Result<HashMap<AccountId, Self::Value>> {
        let rows = account::by_ids(self.0.read(), ids, self.1).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

impl FromContext for SessionById {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx), scope_of(Viewer::of(ctx)), now(ctx))
    }
}

impl Loader<SessionId> for SessionById {
    type Value = Arc<session::Model>;
    type Error = Error;

    async fn load(&self, ids: &[SessionId]) -> Result<HashMap<SessionId, Self::Value>> {
        let rows = session::by_ids(self.0.read(), ids, self.1, self.2).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

impl FromContext for SessionsOfAccount {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx), now(ctx))
    }
}

impl Loader<AccountId> for SessionsOfAccount {
    type Value = Vec<Arc<session::Model>>;
    type Error = Error;

    async fn load(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Self::Value>> {
        let mut sessions: HashMap<AccountId, Self::Value> = HashMap::new();
        for row in session::by_accounts(self.0.read(), accounts, self.1).await? {
            sessions.entry(row.account_id).or_default().push(Arc::new(row));
        }
        Ok(sessions)
    }
}

impl FromContext for FactorsOfAccount {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx))
    }
}

impl Loader<AccountId> for FactorsOfAccount {
    type Value = Vec<factor::Model>;
    type Error = Error;

    async fn load(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Self::Value>> {
        let mut factors: HashMap<AccountId, Self::Value> = HashMap::new();
        for row in factor::in_use(self.0.read(), accounts).await? {
            factors.entry(row.account_id).or_default().push(row);
        }
        Ok(factors)
    }
}

impl FromContext for IdentityById {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx), scope_of(Viewer::of(ctx)))
    }
}

impl Loader<IdentityId> for IdentityById {
    type Value = Arc<identity::Model>;
    type Error = Error;

    async fn load(&self, ids: &[IdentityId]) -> Result<HashMap<IdentityId, Self::Value>> {
        let rows = identity::by_ids(self.0.read(), ids, self.1).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

impl FromContext for IdentitiesOfAccount {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx))
    }
}

impl Loader<AccountId> for IdentitiesOfAccount {
    type Value = Vec<Arc<identity::Model>>;
    type Error = Error;

    async fn load(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Self::Value>> {
        let mut identities: HashMap<AccountId, Self::Value> = HashMap::new();
        for row in identity::by_accounts(self.0.read(), accounts).await? {
            identities.entry(row.account_id).or_default().push(Arc::new(row));
        }
        Ok(identities)
    }
}

impl FromContext for AddressById {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx), scope_of(Viewer::of(ctx)))
    }
}

impl Loader<AddressId> for AddressById {
    type Value = Arc<address::Model>;
    type Error = Error;

    async fn load(&self, ids: &[AddressId]) -> Result<HashMap<AddressId, Self::Value>> {
        let rows = address::by_ids(self.0.read(), ids, self.1).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

impl FromContext for AddressesOfAccount {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(db(ctx))
    }
}

impl Loader<AccountId> for AddressesOfAccount {
    type Value = Vec<Arc<address::Model>>;
    type Error = Error;

    async fn load(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Self::Value>> {
        let mut addresses: HashMap<AccountId, Self::Value> = HashMap::new();
        for row in address::by_accounts(self.0.read(), accounts).await? {
            addresses.entry(row.account_id).or_default().push(Arc::new(row));
        }
        Ok(addresses)
    }
}
