//! `inventoryAdjust`.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use kit::{Require, Viewer};

use crate::{
    service::Service,
    types::{InventoryChange, ProductBulkPayload},
};

#[derive(Default)]
pub(super) struct InventoryAdjust;

#[Object]
impl InventoryAdjust {
    /// Change stock, all changes or none; never below what is reserved. Sellers
    /// change the stock of their own variants.
    #[graphql(guard = "Require(\"inventory:write\")", requires_scopes = "inventory:write")]
    async fn inventory_adjust(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes, 1 to 100.")] changes: Vec<InventoryChange>,
        #[graphql(desc = "Retry-safe key: sent again with the same changes, they are made once.")]
        idempotency_key: String,
    ) -> Result<Option<ProductBulkPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let changes = changes.into_iter().map(Into::into).collect();
        let results = service.adjust_stock(Viewer::of(ctx), changes, &idempotency_key).await?;
        Ok(Some(ProductBulkPayload::of(ctx, results).await?))
    }
}
