//! The root query fields, and the entities that other subgraphs refer to.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use entities::products::category;
use kit::{
    Connection, Database, Error,
    ids::{AccountId, CategoryId, ProductId, ReviewId, SellerId, UserId, VariantId},
    load,
};

use crate::{
    lists::{self, ListArgs},
    loaders::{Rows, scope},
    service::Service,
    types::{
        Account, Category, Product, ProductFilter, ProductRef, ProductSort, Review, Seller, User,
        Variant,
    },
};

/// The root query fields of products.
pub(crate) struct Query;

#[Object]
impl Query {
    /// One product, or null when there is none that the viewer may see.
    async fn product(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How to find it.")] by: ProductRef,
    ) -> Result<Option<Product>> {
        let scope = scope(ctx).await?;
        let service = ctx.data_unchecked::<Arc<Service>>();
        let row = match by {
            ProductRef::Id(id) => load::<Rows, _>(ctx, (scope, id)).await?,
            ProductRef::Slug(slug) => service.product_by_slug(scope, &slug).await?,
            ProductRef::Sku(sku) => service.product_by_sku(scope, &sku).await?,
        };
        Ok(row.map(Product::from))
    }

    /// Products by conditions, newest first unless sorted.
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
        Ok(Some(lists::catalogue(ctx, args).await?))
    }

    /// One category by slug, or the roots of the tree when absent.
    async fn categories(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Slug of one category; an unknown one answers an empty list.")] slug: Option<
            String,
        >,
    ) -> Result<Option<Vec<Category>>> {
        let db = ctx.data_unchecked::<Database>().read();
        let rows = match slug {
            // No slug of ours holds one, and Postgres refuses to look for it.
            Some(slug) if slug.contains('\0') => Vec::new(),
            Some(slug) => category::by_slug(db, &slug).await.map_err(Error::from)?,
            None => category::roots(db).await.map_err(Error::from)?,
        };
        Ok(Some(rows.into_iter().map(Category::from).collect()))
    }

    #[graphql(entity)]
    async fn product_by_id(&self, ctx: &Context<'_>, id: ProductId) -> Option<Product> {
        let row = async { load::<Rows, _>(ctx, (scope(ctx).await?, id)).await };
        kit::entity(ctx, row.await).map(Product::from)
    }

    #[graphql(entity)]
    async fn category_by_id(&self, ctx: &Context<'_>, id: CategoryId) -> Option<Category> {
        kit::entity(ctx, load::<Rows, _>(ctx, id).await).map(Category::from)
    }

    #[graphql(entity)]
    async fn variant_by_id(&self, ctx: &Context<'_>, id: VariantId) -> Option<Variant> {
        let row = async { load::<Rows, _>(ctx, (scope(ctx).await?, id)).await };
        kit::entity(ctx, row.await).map(Variant::from)
    }

    #[graphql(entity)]
    async fn review_by_id(&self, ctx: &Context<'_>, id: ReviewId) -> Option<Review> {
        let row = async { load::<Rows, _>(ctx, (scope(ctx).await?, id)).await };
        kit::entity(ctx, row.await).map(Review::from)
    }

    #[graphql(entity)]
    async fn user_by_id(&self, id: UserId) -> User {
        User { id }
    }

    #[graphql(entity)]
    async fn seller_by_id(&self, id: SellerId) -> Seller {
        Seller { id }
    }

    #[graphql(entity)]
    async fn account_by_id(&self, id: AccountId) -> Account {
        Account { id }
    }
}
