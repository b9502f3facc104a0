//! The stream of an account's notifications.

use std::sync::Arc;

use ::subscriptions::{Event, Fact as _, Following, Kinds};
use async_graphql::{Context, Result, Subscription};
use futures_util::Stream;
use kit::{
    Viewer,
    facts::{NotificationAdded, NotificationRead},
    follow,
    ids::AccountId,
};

use crate::{
    service::Service,
    types::{Notification, NotificationEvent},
};

/// The root subscription fields of notifications.
pub(crate) struct Subscription;

#[Subscription]
impl Subscription {
    /// The viewer's notifications as they come and as they are read, on this
    /// device or another.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn notification_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Resume behind this cursor; from now on when absent.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<NotificationEvent>> + use<>> {
        let account = Viewer::of(ctx).require_account()?;
        let service = ctx.data_unchecked::<Arc<Service>>().clone();
        let kinds = Kinds::of([NotificationAdded::KIND, NotificationRead::KIND]);
        let following = Following::new(kinds).after(after).subjects([account.to_string()]);
        let events = follow(ctx, following, move |event| seen(service.clone(), account, event));
        Ok(events.await?)
    }
}

/// The event with its notification as of now, if that is still there.
async fn seen(
    service: Arc<Service>,
    account: AccountId,
    event: Arc<Event>,
) -> kit::Result<Option<NotificationEvent>> {
    let added = event.read::<NotificationAdded>().map(|fact| fact.notification_id);
    let read = || event.read::<NotificationRead>().map(|fact| fact.notification_id);
    let Some(id) = added.or_else(read) else { return Ok(None) };
    let Some(row) = service.find(account, id).await? else { return Ok(None) };
    let unread = service.count(account, true).await?;
    Ok(Some(NotificationEvent {
        at: event.at,
        cursor: event.position.to_string(),
        notification: Notification(Arc::new(row)),
        unread_count: i32::try_from(unread).unwrap_or(i32::MAX),
    }))
}
