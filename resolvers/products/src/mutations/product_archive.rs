//! `productArchive`.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use kit::{Viewer, ids::ProductId};

use crate::{service::Service, types::ProductPayload};

#[derive(Default)]
pub(super) struct ProductArchive;

#[Object]
impl ProductArchive {
    /// Hide from sale; orders keep their snapshot.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn product_archive(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The product.")] id: ProductId,
    ) -> Result<Option<ProductPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let outcome = service.archive_product(Viewer::of(ctx), id).await?;
        Ok(Some(ProductPayload::of(ctx, outcome).await?))
    }
}
