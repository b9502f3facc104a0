//! What mutations answer.

use async_graphql::{Context, SimpleObject};
use futures_util::future::try_join_all;
use kit::{
    Outcome, Result, UserError,
    ids::{CategoryId, ProductId, ReviewId},
    load,
};

use super::{Category, Product, Review};
use crate::{
    loaders::{Rows, scope},
    service::Results,
};

/// Product after a change.
#[derive(SimpleObject)]
pub(crate) struct ProductPayload {
    /// Product, null when the change failed.
    product: Option<Product>,
    /// Expected failures; nothing changed when there are any.
    user_errors: Vec<UserError>,
}

/// Bulk outcome, one entry an input, in order.
#[derive(SimpleObject)]
pub(crate) struct ProductBulkPayload {
    /// Per item; empty when the request as a whole failed.
    results: Vec<ProductPayload>,
    /// Items of `results` that were not carried out.
    failed_count: i32,
    /// Expected failures of the request as a whole; nothing changed when there are any.
    user_errors: Vec<UserError>,
}

/// Category after a change.
#[derive(SimpleObject)]
pub(crate) struct CategoryPayload {
    /// Category, null when the change failed.
    category: Option<Category>,
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

impl ProductBulkPayload {
    /// The products as of now, or why they did not change.
    ///
    /// # Errors
    /// When they can't be read.
    pub(crate) async fn of(ctx: &Context<'_>, results: Results) -> Result<Self> {
        let results = match results {
            Ok(results) => results,
            Err(user_errors) => return Ok(Self { results: Vec::new(), failed_count: 0, user_errors }),
        };
        let failed = results.iter().filter(|result| result.is_err()).count();
        let payloads = results.into_iter().map(|result| ProductPayload::of(ctx, result));
        Ok(Self {
            results: try_join_all(payloads).await?,
            failed_count: i32::try_from(failed).unwrap_or(i32::MAX),
            user_errors: Vec::new(),
        })
    }
}

impl CategoryPayload {
    /// The category as of now, or why it did not change.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) async fn of(ctx: &Context<'_>, outcome: Outcome<CategoryId>) -> Result<Self> {
        let id = match outcome {
            Ok(id) => id,
            Err(user_errors) => return Ok(Self { category: None, user_errors }),
        };
        let row = load::<Rows, CategoryId>(ctx, id).await?;
        Ok(Self { category: row.map(Category::from), user_errors: Vec::new() })
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
