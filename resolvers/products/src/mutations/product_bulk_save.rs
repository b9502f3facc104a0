//! `productBulkSave`.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use kit::Viewer;

use crate::{
    service::Service,
    types::{BulkErrorPolicy, ProductBulkPayload, ProductInput},
};

#[derive(Default)]
pub(super) struct ProductBulkSave;

#[Object]
impl ProductBulkSave {
    /// Create or change up to 100 products; see errorPolicy for what one bad item
    /// does to the rest.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn product_bulk_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to save, 1 to 100 products.")] inputs: Vec<ProductInput>,
        #[graphql(
            desc = "What a failing item does to the others.",
            default_with = "Some(BulkErrorPolicy::RejectFailed)"
        )]
        error_policy: Option<BulkErrorPolicy>,
    ) -> Result<Option<ProductBulkPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let items = inputs.into_iter().map(|mut input| {
            let key = input.idempotency_key.take();
            (input.into(), key)
        });
        let policy = error_policy.unwrap_or(BulkErrorPolicy::RejectFailed).into();
        let results = service.save_products(Viewer::of(ctx), items.collect(), policy).await?;
        Ok(Some(ProductBulkPayload::of(ctx, results).await?))
    }
}
