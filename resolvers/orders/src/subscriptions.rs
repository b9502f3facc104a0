//! The stream of what happens to orders.

use std::sync::Arc;

use ::subscriptions::{Event, Fact as _, Following, Kinds};
use async_graphql::{Context, Result, Subscription};
use entities::orders::{Scope, transition};
use futures_util::Stream;
use kit::{
    Error, Viewer,
    facts::OrderChanged,
    follow,
    ids::{AccountId, OrderId, UserId},
};

use crate::{
    service::Service,
    types::{Order, OrderEvent, OrderTransition},
};

/// The root subscription fields of orders.
pub(crate) struct Subscription;

/// Who watches.
struct Watcher {
    service: Arc<Service>,
    scope: Scope,
    viewer: Option<UserId>,
    /// Whose orders, when all of them are watched.
    all_of: Option<AccountId>,
}

#[Subscription]
impl Subscription {
    /// Own orders, also those placed later, or one that the viewer may see.
    async fn order_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this order; all of the account's own when absent.")] order_id: Option<
            OrderId,
        >,
        #[graphql(desc = "Resume behind this cursor; from now on when absent.")] after: Option<String>,
        #[graphql(desc = "The secret that a guest got from checkout.")] guest_secret: Option<String>,
    ) -> Result<impl Stream<Item = Result<OrderEvent>> + use<>> {
        let viewer = Viewer::of(ctx);
        let service = ctx.data_unchecked::<Arc<Service>>().clone();
        let scope = service.scope(viewer, guest_secret.as_deref()).await?;
        let all_of = match order_id {
            Some(id) if service.seen(&scope, id).await?.is_none() => {
                return Err(Error::BadInput("order not found".into()).into());
            }
            Some(_) => None,
            None => Some(viewer.require_account()?),
        };
        let mut following = Following::new(Kinds::of([OrderChanged::KIND])).after(after);
        if let Some(id) = order_id {
            following = following.subjects([id.to_string()]);
        }
        let watcher = Arc::new(Watcher { service, scope, viewer: viewer.user, all_of });
        let events = follow(ctx, following, move |event| {
            let watcher = watcher.clone();
            async move { watcher.seen(&event).await }
        });
        Ok(events.await?)
    }
}

impl Watcher {
    /// The event with its order as of now; `None` when it is not for the viewer.
    async fn seen(&self, event: &Event) -> kit::Result<Option<OrderEvent>> {
        let Some(fact) = event.read::<OrderChanged>() else { return Ok(None) };
        if self.all_of.is_some() && fact.account_id != self.all_of {
            return Ok(None);
        }
        let Some(order) = self.service.seen(&self.scope, fact.order_id).await? else {
            return Ok(None);
        };
        let row = match fact.transition {
            Some(number) => transition::find(self.service.db.read(), fact.order_id, number).await?,
            None => None,
        };
        Ok(Some(OrderEvent {
            at: event.at,
            cursor: event.position.to_string(),
            transition: row.map(|row| OrderTransition::new(row, order.lens, self.viewer)),
            order: Order::from(order),
        }))
    }
}
