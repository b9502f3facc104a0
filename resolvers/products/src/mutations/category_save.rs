//! `categorySave`.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use kit::{Require, Viewer};

use crate::{
    service::Service,
    types::{CategoryInput, CategoryPayload},
};

#[derive(Default)]
pub(super) struct CategorySave;

#[Object]
impl CategorySave {
    /// Create or change a category of the tree.
    #[graphql(guard = "Require(\"products:moderate\")", requires_scopes = "products:moderate")]
    async fn category_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to save.")] input: CategoryInput,
    ) -> Result<Option<CategoryPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let outcome = service.save_category(Viewer::of(ctx), input.into()).await?;
        Ok(Some(CategoryPayload::of(ctx, outcome).await?))
    }
}
