//! Batch loaders: rows by id, and what carts cost.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::Arc,
};

use async_graphql::{Context, dataloader::Loader};
use entities::carts::{cart, discount, line};
use kit::{
    CurrencyCode, Error, FromContext, Result, groups,
    ids::{AccountId, CartId, CartLineId, DiscountId},
};

use crate::{pricing::Pricing, service::Service};

/// Loads rows of this module's tables.
pub(crate) struct Rows(Arc<Service>);

impl FromContext for Rows {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Arc<Service>>().clone())
    }
}

/// A cart in the state in which it was read.
#[derive(Clone)]
pub(crate) struct AsRead(pub(crate) Arc<cart::Model>);

impl AsRead {
    fn key(&self) -> (CartId, i32) {
        (self.0.id, self.0.version)
    }
}

impl PartialEq for AsRead {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for AsRead {}

impl Hash for AsRead {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Loader<AsRead> for Rows {
    type Value = Arc<Pricing>;
    type Error = Error;

    async fn load(&self, keys: &[AsRead]) -> Result<HashMap<AsRead, Self::Value>> {
        let carts: Vec<&cart::Model> = keys.iter().map(|key| key.0.as_ref()).collect();
        let pricings = self.0.pricings(&carts).await?;
        let priced = |key: &AsRead| Some((key.clone(), pricings.get(&key.0.id)?.clone()));
        Ok(keys.iter().filter_map(priced).collect())
    }
}

/// An account's open cart in a currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct CartOf {
    pub(crate) account: AccountId,
    pub(crate) currency: CurrencyCode,
}

impl Loader<CartOf> for Rows {
    type Value = Arc<cart::Model>;
    type Error = Error;

    async fn load(&self, keys: &[CartOf]) -> Result<HashMap<CartOf, Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        let now = self.0.now();
        for (currency, accounts) in groups(keys.iter().map(|key| (key.currency, key.account))) {
            let code = currency.to_string();
            for row in cart::of_accounts(self.0.db.read(), &accounts, &code, now).await? {
                if let Some(account) = row.account_id {
                    found.insert(CartOf { account, currency }, Arc::new(row));
                }
            }
        }
        Ok(found)
    }
}

/// An open cart of an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct OwnCart {
    pub(crate) account: AccountId,
    pub(crate) id: CartId,
}

impl Loader<OwnCart> for Rows {
    type Value = Arc<cart::Model>;
    type Error = Error;

    async fn load(&self, keys: &[OwnCart]) -> Result<HashMap<OwnCart, Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        let now = self.0.now();
        for (account, ids) in groups(keys.iter().map(|key| (key.account, key.id))) {
            for row in cart::own(self.0.db.read(), account, &ids, now).await? {
                found.insert(OwnCart { account, id: row.id }, Arc::new(row));
            }
        }
        Ok(found)
    }
}

impl Loader<CartLineId> for Rows {
    type Value = CartId;
    type Error = Error;

    async fn load(&self, keys: &[CartLineId]) -> Result<HashMap<CartLineId, CartId>> {
        let rows = line::by_ids(self.0.db.read(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row.cart_id)).collect())
    }
}

impl Loader<DiscountId> for Rows {
    type Value = discount::Model;
    type Error = Error;

    async fn load(&self, keys: &[DiscountId]) -> Result<HashMap<DiscountId, discount::Model>> {
        let rows = discount::by_ids(self.0.db.read(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}
