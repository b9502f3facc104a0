//! What webhooks add to the graph.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{
    ComplexObject, Context, ID, Interface, Object, Result, SimpleObject, dataloader::Loader,
};
use entities::webhooks::{
    delivery::{self, State},
    endpoint,
};
use kit::{
    Connection, Database, DateTime, Error, FromContext, PageArgs, Require, Url, UserError, Viewer,
    entity,
    ids::{EventId, WebhookDeliveryId, WebhookEndpointId},
    load,
};

use crate::service::{Outcome, Service, Wish, kinds};

/// Manages endpoints of third parties.
pub(crate) const ADMIN: &str = "webhooks:admin";

pub(crate) struct Query;

/// Everything that can be read.
#[Object]
impl Query {
    /// All endpoints of third parties, newest first.
    #[graphql(guard = "Require(ADMIN)", requires_scopes = "webhooks:admin")]
    async fn webhook_endpoints(&self, ctx: &Context<'_>) -> Result<Option<Vec<WebhookEndpoint>>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let rows = endpoint::all(service.db.read()).await.map_err(Error::from)?;
        Ok(Some(rows.into_iter().map(WebhookEndpoint::from).collect()))
    }

    #[graphql(entity)]
    async fn endpoint_entity(
        &self,
        ctx: &Context<'_>,
        id: WebhookEndpointId,
    ) -> Option<WebhookEndpoint> {
        if !Viewer::of(ctx).may(ADMIN) {
            return None;
        }
        entity(ctx, load::<Rows, _>(ctx, id).await).map(WebhookEndpoint::from)
    }

    #[graphql(entity)]
    async fn delivery_entity(
        &self,
        ctx: &Context<'_>,
        id: WebhookDeliveryId,
    ) -> Option<WebhookDelivery> {
        if !Viewer::of(ctx).may(ADMIN) {
            return None;
        }
        entity(ctx, load::<Rows, _>(ctx, id).await).map(WebhookDelivery::from)
    }
}

pub(crate) struct Mutation;

/// Everything that can be changed.
#[Object]
impl Mutation {
    /// Add or change an endpoint. Private addresses are refused, now and at every
    /// delivery. A new endpoint's secret is shown this once.
    #[graphql(guard = "Require(ADMIN)", requires_scopes = "webhooks:admin")]
    async fn webhook_endpoint_save(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which endpoint to change; a new one when absent.")] id: Option<
            WebhookEndpointId,
        >,
        #[graphql(desc = "Where to POST events, by https.")] url: Url,
        #[graphql(desc = "Kinds of events, such as product.changed or product.*; * for all.")]
        kinds: Vec<String>,
        #[graphql(
            desc = "Whether anything is sent. Absent: as before, and true for a new one. Endpoints that \
                    failed for 3 days are off until they are switched on again."
        )]
        enabled: Option<bool>,
    ) -> Result<Option<WebhookPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let wish = Wish { url: url.0, kinds, is_enabled: enabled };
        Ok(Some(match id {
            Some(id) => WebhookPayload::of(service.change(id, wish).await?.map(|row| (row, None))),
            None => WebhookPayload::of(service.add(wish).await?.map(shown_once)),
        }))
    }

    /// Give an endpoint a new secret. Requests are signed with both, the old and
    /// the new one, for 24 hours.
    #[graphql(guard = "Require(ADMIN)", requires_scopes = "webhooks:admin")]
    async fn webhook_secret_rotate(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which endpoint.")] id: WebhookEndpointId,
    ) -> Result<Option<WebhookPayload>> {
        let outcome = ctx.data_unchecked::<Arc<Service>>().rotate(id).await?;
        Ok(Some(WebhookPayload::of(outcome.map(shown_once))))
    }

    /// Send a delivery again, under the same event id.
    #[graphql(guard = "Require(ADMIN)", requires_scopes = "webhooks:admin")]
    async fn webhook_redeliver(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which delivery.")] delivery_id: WebhookDeliveryId,
    ) -> Result<Option<WebhookDeliveryPayload>> {
        let outcome = ctx.data_unchecked::<Arc<Service>>().redeliver(delivery_id).await?;
        Ok(Some(match outcome {
            Ok(row) => {
                WebhookDeliveryPayload { delivery: Some(Arc::new(row).into()), user_errors: Vec::new() }
            }
            Err(user_errors) => WebhookDeliveryPayload { delivery: None, user_errors },
        }))
    }
}

fn shown_once((row, secret): (endpoint::Model, String)) -> (endpoint::Model, Option<String>) {
    (row, Some(secret))
}

/// Anything with a global id; fetch it again with node(id).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global opaque id."))]
pub(crate) enum Node {
    Endpoint(WebhookEndpoint),
    Delivery(WebhookDelivery),
}

/// A third party's endpoint.
#[derive(SimpleObject, Clone)]
#[graphql(complex, tag = "id/whe")]
pub(crate) struct WebhookEndpoint {
    /// Global opaque id.
    id: WebhookEndpointId,
    /// Where events are POSTed.
    url: Url,
    /// Kinds of events, such as product.changed or product.*.
    kinds: Vec<String>,
    /// Whether anything is sent; off after 3 days of failures.
    enabled: bool,
}

#[ComplexObject]
impl WebhookEndpoint {
    /// Deliveries, newest first.
    async fn deliveries(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Items from the start, at most 100; 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor; excludes `last`.")] after: Option<String>,
        #[graphql(desc = "Items from the end, at most 100; excludes `first` and `after`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only items before this cursor; needs `last`.")] before: Option<String>,
    ) -> Result<Option<Connection<WebhookDelivery>>> {
        let page = PageArgs::new(first, after.as_deref(), last, before.as_deref())?;
        let key = DeliveriesOf { endpoint: self.id, page: page.clone() };
        let rows = load::<Rows, _>(ctx, key).await?.unwrap_or_default();
        let wants_count = ctx.look_ahead().field("totalCount").exists();
        let total_count = match wants_count {
            true => Some(load::<Rows, _>(ctx, CountOf(self.id)).await?.unwrap_or_default()),
            false => None,
        };
        let deliveries = Connection::from_rows(&page, rows, |row| row.id, WebhookDelivery::from);
        Ok(Some(deliveries.with_total_count(total_count)))
    }
}

impl From<endpoint::Model> for WebhookEndpoint {
    fn from(row: endpoint::Model) -> Self {
        let kinds = kinds(&row);
        Self { id: row.id, url: Url(row.url), kinds, enabled: row.is_enabled }
    }
}

/// One event on its way to one endpoint; the event's id is the same over all
/// attempts.
#[derive(SimpleObject, Clone)]
#[graphql(tag = "id/whd")]
pub(crate) struct WebhookDelivery {
    /// Global opaque id.
    id: WebhookDeliveryId,
    /// The event's id, sent as `webhook-id`.
    event_id: EventId,
    /// The event's kind.
    kind: String,
    /// State.
    state: State,
    /// How often it was sent since it was made, or redelivered.
    attempts: i32,
    /// The HTTP status that the last attempt was answered with, null when nobody
    /// answered.
    last_status: Option<i32>,
    /// Why the last attempt failed, for people.
    last_error: Option<String>,
    /// When it is tried next, null when it is not.
    next_attempt_at: Option<DateTime>,
}

impl From<Arc<delivery::Model>> for WebhookDelivery {
    fn from(row: Arc<delivery::Model>) -> Self {
        Self {
            id: row.id,
            event_id: row.event_id,
            kind: row.kind.clone(),
            state: row.state,
            attempts: row.attempts,
            last_status: row.last_status,
            last_error: row.last_error.clone(),
            next_attempt_at: row.state.is_open().then_some(row.next_attempt_at),
        }
    }
}

/// Endpoint after a change; the secret is shown once.
#[derive(SimpleObject)]
pub(crate) struct WebhookPayload {
    /// Endpoint, null when the change failed.
    endpoint: Option<WebhookEndpoint>,
    /// The new signing secret, null when there is none; it can't be read again.
    secret: Option<String>,
    /// Expected failures; nothing changed when there are any.
    user_errors: Vec<UserError>,
}

impl WebhookPayload {
    fn of(outcome: Outcome<(endpoint::Model, Option<String>)>) -> Self {
        match outcome {
            Ok((row, secret)) => Self { endpoint: Some(row.into()), secret, user_errors: Vec::new() },
            Err(user_errors) => Self { endpoint: None, secret: None, user_errors },
        }
    }
}

/// Delivery after a change.
#[derive(SimpleObject)]
pub(crate) struct WebhookDeliveryPayload {
    /// Delivery, null when the change failed.
    delivery: Option<WebhookDelivery>,
    /// Expected failures; nothing changed when there are any.
    user_errors: Vec<UserError>,
}

/// Loads rows; whoever asks has checked the permission.
pub(crate) struct Rows(Database);

impl FromContext for Rows {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Arc<Service>>().db.clone())
    }
}

/// A page of an endpoint's deliveries, with one row more to see whether it goes
/// on.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct DeliveriesOf {
    endpoint: WebhookEndpointId,
    page: PageArgs<WebhookDeliveryId>,
}

/// The count of an endpoint's deliveries.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct CountOf(WebhookEndpointId);

impl Loader<CountOf> for Rows {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[CountOf]) -> Result<HashMap<CountOf, i64>, Error> {
        let endpoints: Vec<WebhookEndpointId> = keys.iter().map(|key| key.0).collect();
        let counts = delivery::counts(self.0.read(), &endpoints).await?;
        Ok(counts.into_iter().map(|(endpoint, count)| (CountOf(endpoint), count)).collect())
    }
}

impl Loader<WebhookEndpointId> for Rows {
    type Value = endpoint::Model;
    type Error = Error;

    async fn load(
        &self,
        keys: &[WebhookEndpointId],
    ) -> Result<HashMap<WebhookEndpointId, Self::Value>, Error> {
        let rows = endpoint::by_ids(self.0.read(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<WebhookDeliveryId> for Rows {
    type Value = Arc<delivery::Model>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[WebhookDeliveryId],
    ) -> Result<HashMap<WebhookDeliveryId, Self::Value>, Error> {
        let rows = delivery::by_ids(self.0.read(), keys).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}

impl Loader<DeliveriesOf> for Rows {
    type Value = Vec<Arc<delivery::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[DeliveriesOf]) -> Result<HashMap<DeliveriesOf, Self::Value>, Error> {
        let mut pages: HashMap<&PageArgs<WebhookDeliveryId>, Vec<WebhookEndpointId>> = HashMap::new();
        for key in keys {
            pages.entry(&key.page).or_default().push(key.endpoint);
        }
        let mut found: HashMap<DeliveriesOf, Self::Value> = HashMap::with_capacity(keys.len());
        for (page, endpoints) in pages {
            let limit = page.limit + 1;
            let rows =
                delivery::pages(self.0.read(), &endpoints, page.from, page.backward, limit).await?;
            for row in rows {
                let key = DeliveriesOf { endpoint: row.endpoint_id, page: page.clone() };
                found.entry(key).or_default().push(Arc::new(row));
            }
        }
        Ok(found)
    }
}
