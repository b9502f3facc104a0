//! Stubs of other modules' entities, to which orders add fields. They carry no
//! `///` of their own, which would be published.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use entities::orders::{Scope, list::Parent};
use kit::{
    Connection, Viewer,
    ids::{AccountId, SellerId, UserId, VariantId},
    load,
};

use super::{Order, OrderFilter};
use crate::{
    lists::{self, ListArgs},
    loaders::{Rows, SoldOf, shop},
    service::READ,
};

// A person.
#[derive(SimpleObject)]
pub(crate) struct User {
    /// Global opaque id.
    pub(crate) id: UserId,
}

// An account; what it bought is its owner's business, and staff's.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Account {
    /// Global opaque id.
    pub(crate) id: AccountId,
}

#[ComplexObject]
impl Account {
    /// Own orders, newest first; null for anybody but the owner and staff.
    #[graphql(tag = "viewer")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Items from the start, at most 100; 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor; excludes `last`.")] after: Option<String>,
        #[graphql(desc = "Items from the end, at most 100; excludes `first` and `after`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only items before this cursor; needs `last`.")] before: Option<String>,
        #[graphql(desc = "Conditions.")] filter: Option<OrderFilter>,
    ) -> Result<Option<Connection<Order>>> {
        let viewer = Viewer::of(ctx);
        if viewer.account != Some(self.id) && !viewer.may(READ) {
            return Ok(None);
        }
        let args = ListArgs { first, after, last, before, filter };
        let key = self.id.to_string();
        Ok(Some(lists::below(ctx, Parent::Account, key, &Scope::All, args).await?))
    }
}

// A shop; what it sold is its owner's business, and staff's.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Seller {
    /// Global opaque id.
    pub(crate) id: SellerId,
}

#[ComplexObject]
impl Seller {
    /// Paid orders with a part of this seller, newest first; null for anybody but
    /// its owner and staff. The owner sees of each what concerns the shop.
    #[graphql(tag = "viewer")]
    async fn orders(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Items from the start, at most 100; 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor; excludes `last`.")] after: Option<String>,
        #[graphql(desc = "Items from the end, at most 100; excludes `first` and `after`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only items before this cursor; needs `last`.")] before: Option<String>,
        #[graphql(desc = "Conditions.")] filter: Option<OrderFilter>,
    ) -> Result<Option<Connection<Order>>> {
        let viewer = Viewer::of(ctx);
        let scope = match viewer.account {
            _ if viewer.may(READ) => Scope::All,
            Some(account) if shop(ctx).await? == Some(self.id) => Scope::Account(account, Some(self.id)),
            _ => return Ok(None),
        };
        let args = ListArgs { first, after, last, before, filter };
        Ok(Some(lists::below(ctx, Parent::Seller, self.id.to_string(), &scope, args).await?))
    }
}

// A purchasable unit.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Variant {
    /// Global opaque id.
    pub(crate) id: VariantId,
}

#[ComplexObject]
impl Variant {
    /// Units sold in the last 30 days: paid for and not cancelled.
    #[graphql(name = "unitsSold30d")]
    async fn units_sold(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let sold = load::<Rows, _>(ctx, SoldOf(self.id)).await?.unwrap_or(0);
        Ok(Some(i32::try_from(sold).unwrap_or(i32::MAX)))
    }
}
