//! `favouriteSet`.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use kit::{Viewer, ids::ProductId};

use crate::{service::Service, types::ProductPayload};

#[derive(Default)]
pub(super) struct FavouriteSet;

#[Object]
impl FavouriteSet {
    /// Add or remove a favourite; doing it again changes nothing.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn favourite_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The product.")] product_id: ProductId,
        #[graphql(desc = "Whether it is to be a favourite.")] favourite: bool,
    ) -> Result<Option<ProductPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let outcome = service.set_favourite(Viewer::of(ctx), product_id, favourite).await?;
        Ok(Some(ProductPayload::of(ctx, outcome).await?))
    }
}
