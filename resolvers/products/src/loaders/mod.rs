//! Batch loaders. A key type names what is loaded; one statement answers all
//! keys that differ in nothing but the id.

mod categories;
mod lists;
mod products;
mod reviews;
mod variants;

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use entities::{
    ids::{SellerId, UserId},
    products::Scope,
};
use kit::{Database, Error, FromContext, Result, Viewer, load};

pub(crate) use self::{
    categories::{Children, Path},
    lists::{CountOf, PageOf},
    products::{DetailsOf, ImagesOf, InStock, IsFavourite, PriceSpanOf, RatingsOf},
    reviews::ReviewsOf,
    variants::{PriceOf, VariantCountOf, VariantsOf},
};
use crate::service::{self, MODERATE, Service};

/// Loads rows of this module's tables.
pub(crate) struct Rows(Database);

impl FromContext for Rows {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Database>().clone())
    }
}

/// Loads the shops of users from the module that knows them.
pub(crate) struct Shops(Arc<Service>);

impl FromContext for Shops {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Arc<Service>>().clone())
    }
}

impl Loader<UserId> for Shops {
    type Value = Option<SellerId>;
    type Error = Error;

    async fn load(&self, users: &[UserId]) -> Result<HashMap<UserId, Self::Value>> {
        let sellers = self.0.shops_of(users).await?;
        Ok(users.iter().map(|user| (*user, sellers.get(user).copied())).collect())
    }
}

/// What the viewer may see; the viewer's shop is looked up once a request.
pub(crate) async fn scope(ctx: &Context<'_>) -> Result<Scope> {
    let viewer = Viewer::of(ctx);
    let shop = match viewer.user {
        // Moderators see everything, whatever they sell.
        Some(user) if !viewer.may(MODERATE) => load::<Shops, UserId>(ctx, user).await?.flatten(),
        _ => None,
    };
    Ok(service::scope(viewer, shop))
}
