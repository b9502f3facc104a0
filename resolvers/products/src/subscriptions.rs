//! The stream of changes to products.

use std::sync::Arc;

use ::subscriptions::{Event, Following};
use async_graphql::{Context, Result, Subscription};
use entities::products::Scope;
use futures_util::Stream;
use kit::{Error, follow, ids::ProductId};

use crate::{
    loaders::scope,
    service::{Service, changes, product_events},
    types::{Product, ProductEvent},
};

/// The most products that one stream may watch.
const MAX_WATCHED: usize = 50;

/// The root subscription fields of products.
pub(crate) struct Subscription;

#[Subscription]
impl Subscription {
    /// Watch up to 50 products. Events of products that the viewer may not see
    /// are left out.
    async fn product_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The products to watch, 1 to 50.")] ids: Vec<ProductId>,
        #[graphql(desc = "Resume behind this cursor; from now on when absent.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<ProductEvent>> + use<>> {
        if !(1..=MAX_WATCHED).contains(&ids.len()) {
            return Err(Error::BadInput(format!("watch 1 to {MAX_WATCHED} products").into()).into());
        }
        let service = ctx.data_unchecked::<Arc<Service>>().clone();
        let scope = scope(ctx).await?;
        let subjects = ids.iter().map(ToString::to_string);
        let following = Following::new(product_events()).after(after).subjects(subjects);
        let events = follow(ctx, following, move |event| seen(service.clone(), scope, event));
        Ok(events.await?)
    }
}

/// The event with its product as of now, if the viewer may see that.
async fn seen(
    service: Arc<Service>,
    scope: Scope,
    event: Arc<Event>,
) -> kit::Result<Option<ProductEvent>> {
    let Ok(id) = event.subject.parse::<ProductId>() else {
        return Ok(None);
    };
    let product = service.product_by_id(scope, id).await?;
    Ok(product.map(|row| ProductEvent {
        cursor: event.position.to_string(),
        at: event.at,
        product: Product::from(row),
        changed: changes(&event).into_iter().map(Into::into).collect(),
    }))
}
