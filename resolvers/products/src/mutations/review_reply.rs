//! `reviewReply`.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use kit::{Viewer, ids::ReviewId};

use crate::{service::Service, types::ReviewPayload};

#[derive(Default)]
pub(super) struct ReviewReply;

#[Object]
impl ReviewReply {
    /// Answer a review as the product's seller; a later answer replaces it.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn review_reply(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The review.")] review_id: ReviewId,
        #[graphql(desc = "Plain text, 1 to 5,000 characters.")] body: String,
    ) -> Result<Option<ReviewPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let outcome = service.reply_to_review(Viewer::of(ctx), review_id, &body).await?;
        Ok(Some(ReviewPayload::of(ctx, outcome).await?))
    }
}
