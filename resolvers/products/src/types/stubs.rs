//! Stubs of the users module's entities, to which products add fields. They
//! carry no `///` of their own, which would be published.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use entities::products::list::Parent;
use kit::{
    Connection, Viewer,
    ids::{AccountId, SellerId, UserId},
    load,
};

use super::{Product, ProductFilter, ProductSort, rating::RatingSummary};
use crate::{
    lists::{self, ListArgs},
    loaders::{RatingsOf, Rows, Shops},
};

// Staff with this permission see other people's accounts.
const READ_ACCOUNTS: &str = "accounts:read";

// A person; one without a shop offers nothing.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct User {
    /// Global opaque id.
    pub(crate) id: UserId,
}

#[ComplexObject]
impl User {
    /// Products on offer, newest first.
    async fn products(
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
    ) -> Result<Option<Connection<Product>>> {
        let shop = load::<Shops, UserId>(ctx, self.id).await?.flatten();
        // The empty text stands for no shop: no product has it.
        let key = shop.map_or_else(String::new, |shop| shop.to_string());
        let args = ListArgs { first, after, last, before, ..ListArgs::default() };
        Ok(Some(lists::below(ctx, Parent::Seller, key, args).await?))
    }
}

// A shop.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Seller {
    /// Global opaque id.
    pub(crate) id: SellerId,
}

#[ComplexObject]
impl Seller {
    /// Products on offer, newest first unless sorted.
    #[expect(clippy::too_many_arguments, reason = "one for each argument of the field")]
    async fn products(
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
        #[graphql(desc = "Conditions.")] filter: Option<ProductFilter>,
        #[graphql(desc = "Order; newest first when absent.")] sort: Option<ProductSort>,
    ) -> Result<Option<Connection<Product>>> {
        let args = ListArgs { first, after, last, before, filter, sort };
        Ok(Some(lists::below(ctx, Parent::Seller, self.id.to_string(), args).await?))
    }

    /// Rating over all products.
    async fn rating(&self, ctx: &Context<'_>) -> Result<Option<RatingSummary>> {
        let ratings = load::<Rows, _>(ctx, RatingsOf(self.id)).await?;
        Ok(Some(RatingSummary::from(ratings.unwrap_or_default())))
    }
}

// An account; what it keeps in mind is its own business.
#[derive(SimpleObject)]
#[graphql(complex, tag = "viewer")]
pub(crate) struct Account {
    /// Global opaque id.
    pub(crate) id: AccountId,
}

#[ComplexObject]
impl Account {
    /// Favourites, newest first; null for anybody but the owner and staff.
    async fn favourites(
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
    ) -> Result<Option<Connection<Product>>> {
        let viewer = Viewer::of(ctx);
        if viewer.account != Some(self.id) && !viewer.may(READ_ACCOUNTS) {
            return Ok(None);
        }
        let args = ListArgs { first, after, last, before, ..ListArgs::default() };
        Ok(Some(lists::below(ctx, Parent::Account, self.id.to_string(), args).await?))
    }
}
