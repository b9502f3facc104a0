//! `reviewSave`.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use kit::{Viewer, ids::ProductId};

use crate::{service::Service, types::ReviewPayload};

#[derive(Default)]
pub(super) struct ReviewSave;

#[Object]
impl ReviewSave {
    /// Write or change one's review; one a product and buyer.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn review_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What it is about.")] product_id: ProductId,
        #[graphql(desc = "From 1 to 5.")] stars: i32,
        #[graphql(desc = "Plain text, 1 to 5,000 characters.")] body: String,
    ) -> Result<Option<ReviewPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let outcome = service.save_review(Viewer::of(ctx), product_id, stars, &body).await?;
        Ok(Some(ReviewPayload::of(ctx, outcome).await?))
    }
}
