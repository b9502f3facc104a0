//! What a buyer says about a product.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use entities::products::review;
use kit::{DateTime, Error, ids::ReviewId, load};

use super::{Product, User};
use crate::loaders::{Rows, scope};

/// A review by a buyer.
pub(crate) struct Review {
    row: Arc<review::Model>,
}

impl From<Arc<review::Model>> for Review {
    fn from(row: Arc<review::Model>) -> Self {
        Self { row }
    }
}

/// A review by a buyer.
#[Object(tag = "id/rev")]
impl Review {
    /// Global opaque id.
    pub(crate) async fn id(&self) -> ReviewId {
        self.row.id
    }

    /// What it is about.
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        let key = (scope(ctx).await?, self.row.product_id);
        let row = load::<Rows, _>(ctx, key).await?;
        Ok(row.map(Product::from).ok_or_else(|| Error::internal("the product is gone"))?)
    }

    /// Author.
    async fn author(&self) -> Option<User> {
        Some(User { id: self.row.author_id })
    }

    /// Bought here.
    async fn verified_purchase(&self) -> bool {
        self.row.is_verified_purchase
    }

    /// From 1 to 5.
    async fn stars(&self) -> i32 {
        self.row.stars
    }

    /// Text.
    async fn body(&self) -> &str {
        &self.row.body
    }

    /// The seller's answer, null when there is none.
    async fn reply(&self) -> Option<&str> {
        self.row.reply.as_deref()
    }

    /// Created.
    async fn created_at(&self) -> DateTime {
        self.row.created_at
    }
}
