//! The stream of changes to products.

use std::{collections::HashSet, sync::Arc};

use ::subscriptions::{Event, EventLog};
use async_graphql::{Context, Result, Subscription};
use entities::products::Scope;
use futures_util::{Stream, StreamExt as _};
use kit::{Error, ids::ProductId};

use crate::{
    loaders::scope,
    service::{PRODUCT_EVENTS, ProductFact, Service},
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
        let watched: HashSet<String> = ids.iter().map(ToString::to_string).collect();
        let is_wanted = move |event: &Event| {
            PRODUCT_EVENTS.contains(&event.kind.as_str()) && watched.contains(&event.subject)
        };
        let events = ctx.data_unchecked::<EventLog>().follow(after.as_deref(), is_wanted).await;
        Ok(events.map_err(Error::from)?.filter_map(move |event| {
            let service = service.clone();
            async move {
                match event {
                    Ok(event) => seen(&service, scope, &event).await.map_err(Into::into).transpose(),
                    Err(error) => Some(Err(Error::from(error).into())),
                }
            }
        }))
    }
}

/// The event with its product as of now, if the viewer may see that.
async fn seen(service: &Service, scope: Scope, event: &Event) -> kit::Result<Option<ProductEvent>> {
    let Ok(id) = event.subject.parse::<ProductId>() else {
        return Ok(None);
    };
    let product = service.product_by_id(scope, id).await?;
    Ok(product.map(|row| ProductEvent {
        cursor: event.position.to_string(),
        at: event.at,
        product: Product::from(row),
        changed: ProductFact::changes(event).into_iter().map(Into::into).collect(),
    }))
}
