//! The root query fields, and the entities that other subgraphs refer to.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use entities::carts::discount;
use kit::{
    CartRef, Connection, Error, PageArgs, Require, Viewer, entity,
    ids::{AccountId, CartId, CartLineId, DiscountId, ProductId, SellerId, VariantId},
    load,
};

use crate::{
    loaders::{OwnCart, Rows},
    service::Service,
    types::{Account, Cart, CartLine, Discount, Product, Seller, Variant},
};

/// The root query fields of carts.
pub(crate) struct Query;

#[Object]
impl Query {
    /// A guest cart by its secret; null when it is none, or no longer.
    async fn cart(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The secret that `cartCreate` answered.")] token: String,
    ) -> Result<Option<Cart>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let presented = CartRef::Token(token.clone());
        let row = service.find(Viewer::of(ctx), Some(&presented)).await?;
        Ok(row.map(|row| Cart::new(Arc::new(row), Some(token))))
    }

    /// Discount codes, newest first.
    #[graphql(guard = "Require(\"discounts:read\")", requires_scopes = "discounts:read")]
    async fn discounts(
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
        #[graphql(desc = "Also those that were taken back.", default_with = "Some(false)")]
        with_archived: Option<bool>,
    ) -> Result<Option<Connection<Discount>>> {
        let with_archived = with_archived.unwrap_or_default();
        let page = PageArgs::new(first, after.as_deref(), last, before.as_deref())?;
        let db = ctx.data_unchecked::<Arc<Service>>().db.read();
        let rows = discount::page(db, page.rows(), with_archived).await.map_err(Error::from)?;
        let total_count = match ctx.look_ahead().field("totalCount").exists() {
            true => {
                let count = discount::count(db, with_archived).await.map_err(Error::from)?;
                i64::try_from(count).ok()
            }
            false => None,
        };
        let discounts = Connection::from_rows(&page, rows, |row| row.id, Discount::from);
        Ok(Some(discounts.with_total_count(total_count)))
    }

    #[graphql(entity)]
    async fn cart_by_id(&self, ctx: &Context<'_>, id: CartId) -> Option<Cart> {
        let account = Viewer::of(ctx).account?;
        let row = load::<Rows, _>(ctx, OwnCart { account, id }).await;
        entity(ctx, row).map(|row| Cart::new(row, None))
    }

    #[graphql(entity)]
    async fn cart_line_by_id(&self, ctx: &Context<'_>, id: CartLineId) -> Option<CartLine> {
        let account = Viewer::of(ctx).account?;
        let cart = entity(ctx, load::<Rows, _>(ctx, id).await)?;
        let row = entity(ctx, load::<Rows, _>(ctx, OwnCart { account, id: cart }).await)?;
        entity(ctx, Cart::new(row, None).line(ctx, id).await)
    }

    #[graphql(entity)]
    async fn discount_by_id(&self, ctx: &Context<'_>, id: DiscountId) -> Option<Discount> {
        if !Viewer::of(ctx).may("discounts:read") {
            return None;
        }
        entity(ctx, load::<Rows, _>(ctx, id).await).map(Discount::from)
    }

    #[graphql(entity)]
    async fn account_by_id(&self, id: AccountId) -> Account {
        Account { id }
    }

    #[graphql(entity)]
    async fn variant_by_id(&self, id: VariantId) -> Variant {
        Variant { id }
    }

    #[graphql(entity)]
    async fn product_by_id(&self, id: ProductId) -> Product {
        Product { id }
    }

    #[graphql(entity)]
    async fn seller_by_id(&self, id: SellerId) -> Seller {
        Seller { id }
    }
}
