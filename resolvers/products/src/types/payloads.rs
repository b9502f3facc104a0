//! What mutations answer.

use async_graphql::{Context, SimpleObject};
use kit::{
    Outcome, Result, UserError,
    ids::{ProductId, ReviewId},
    load,
};

use super::{Product, Review};
use crate::loaders::{Rows, scope};

/// Product after a change.
#[derive(SimpleObject)]
pub(crate) struct ProductPayload {
    /// Product, null when the change failed.
    product: Option<Product>,
    /// Expected failures; nothing changed when there are any.
    user_errors: Vec<UserError>,
}

/// Review after a change.
#[derive(SimpleObject)]
pub(crate) struct ReviewPayload {
    /// Review, null when the change failed.
    review: Option<Review>,
    /// Expected failures; nothing changed when there are any.
    user_errors: Vec<UserError>,
}

impl ProductPayload {
    /// The product as of now, or why it did not change.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) async fn of(ctx: &Context<'_>, outcome: Outcome<ProductId>) -> Result<Self> {
        let id = match outcome {
            Ok(id) => id,
            Err(user_errors) => return Ok(Self { product: None, user_errors }),
        };
        let row = load::<Rows, _>(ctx, (scope(ctx).await?, id)).await?;
        Ok(Self { product: row.map(Product::from), user_errors: Vec::new() })
    }
}

impl ReviewPayload {
    /// The review as of now, or why it did not change.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) async fn of(ctx: &Context<'_>, outcome: Outcome<ReviewId>) -> Result<Self> {
        let id = match outcome {
            Ok(id) => id,
            Err(user_errors) => return Ok(Self { review: None, user_errors }),
        };
        let row = load::<Rows, _>(ctx, (scope(ctx).await?, id)).await?;
        Ok(Self { review: row.map(Review::from), user_errors: Vec::new() })
    }
}
