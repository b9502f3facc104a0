//! `productSave`.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use kit::Viewer;

use crate::{
    service::Service,
    types::{ProductInput, ProductPayload},
};

#[derive(Default)]
pub(super) struct ProductSave;

#[Object]
impl ProductSave {
    /// Create or change one product. Only sellers create; only the seller of a
    /// product and moderators change it.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn product_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to save.")] mut input: ProductInput,
    ) -> Result<Option<ProductPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let key = input.idempotency_key.take();
        let outcome = service.save_product(Viewer::of(ctx), input.into(), key).await?;
        Ok(Some(ProductPayload::of(ctx, outcome).await?))
    }
}
