//! The rules of webhooks: endpoints, secrets, what is delivered to whom.

use std::{sync::Arc, time::Duration};

use entities::webhooks::{
    delivery::{self, State},
    endpoint, secret,
};
use kit::{
    Clock, Database, DateTime, Id as _, Platform, Result, UserError, UserErrorCode,
    facts::{
        OrderChanged, OrderPaid, ProductArchived, ProductChanged, ReviewSaved, WebhookChange,
        WebhookChanged,
    },
    ids::{WebhookDeliveryId, WebhookEndpointId},
};
use sea_orm::DatabaseTransaction;
use subscriptions::{Event, EventLog, Fact as _, Kinds, NewEvent};
use tokio::sync::Notify;

use crate::{WebhooksOptions, body, sender::Sender, signature};

/// The kinds that leave the house. Everything about accounts, sessions,
/// messages and work is private: a new kind is until it stands here.
/// Orders are told by their ids, states and sellers: nothing personal.
pub(crate) const PUBLIC: &[&str] = &[
    ProductChanged::KIND,
    ProductArchived::KIND,
    ReviewSaved::KIND,
    OrderChanged::KIND,
    OrderPaid::KIND,
];
/// The most patterns of one endpoint.
const MAX_KINDS: usize = 50;
/// Secrets that sign at once; each is a piece of a header.
const MAX_SECRETS: usize = 5;

/// The result of a change, or the expected failures that prevented it.
pub(crate) type Outcome<T> = std::result::Result<T, Vec<UserError>>;

/// What the rules need.
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: WebhooksOptions,
    pub(crate) sender: Sender,
    /// Something may be due.
    pub(crate) wake: Notify,
}

/// An endpoint as somebody wants it.
pub(crate) struct Wish {
    pub(crate) url: String,
    pub(crate) kinds: Vec<String>,
    pub(crate) is_enabled: Option<bool>,
}

impl Service {
    pub(crate) fn new(platform: &Platform, options: WebhooksOptions) -> Result<Self> {
        let sender = Sender::new(&options)?;
        let (db, clock) = (platform.db.clone(), platform.clock.clone());
        Ok(Self { db, clock, options, sender, wake: Notify::new() })
    }

    /// Adds an endpoint; it and its secret.
    pub(crate) async fn add(&self, wish: Wish) -> Result<Outcome<(endpoint::Model, String)>> {
        let change = match self.checked(wish).await {
            Ok(change) => change,
            Err(errors) => return Ok(Err(errors)),
        };
        let now = self.clock.now();
        let row = endpoint::Model {
            id: WebhookEndpointId::generate(),
            url: change.url,
            kinds: change.kinds,
            is_enabled: change.is_enabled.unwrap_or(true),
            failing_since: None,
            created_at: now,
            updated_at: now,
        };
        let secret = self.new_secret(row.id)?;
        let (id, answer) = (row.id, (row.clone(), secret.secret.clone()));
        self.db
            .transaction(move |transaction| {
                let (row, secret) = (row.clone(), secret.clone());
                Box::pin(async move {
                    endpoint::insert(transaction, row).await?;
                    secret::rotate(transaction, secret, now).await?;
                    tell(transaction, id, WebhookChange::Added, now).await?;
                    Ok(())
                })
            })
            .await?;
        Ok(Ok(answer))
    }

    /// Changes an endpoint.
    pub(crate) async fn change(
        &self,
        id: WebhookEndpointId,
        wish: Wish,
    ) -> Result<Outcome<endpoint::Model>> {
        let change = match self.checked(wish).await {
            Ok(change) => change,
            Err(errors) => return Ok(Err(errors)),
        };
        let now = self.clock.now();
        let changed = self.db.transaction(move |transaction| {
            let change = change.clone();
            Box::pin(async move {
                let Some(row) = endpoint::change(transaction, id, &change, now).await? else {
                    return Ok(None);
                };
                tell(transaction, id, WebhookChange::Changed, now).await?;
                Ok(Some(row))
            })
        });
        let changed = changed.await?;
        self.wake.notify_one();
        Ok(changed.ok_or_else(|| vec![UserError::not_found("id", "endpoint")]))
    }

    /// Gives an endpoint another secret; the endpoint and the secret.
    pub(crate) async fn rotate(
        &self,
        id: WebhookEndpointId,
    ) -> Result<Outcome<(endpoint::Model, String)>> {
        let Some(endpoint) = endpoint::by_ids(self.db.read(), &[id]).await?.pop() else {
            return Ok(Err(vec![UserError::not_found("id", "endpoint")]));
        };
        let now = self.clock.now();
        let overlap = now.plus(milliseconds(self.options.secret_overlap));
        let secret = self.new_secret(id)?;
        let text = secret.secret.clone();
        let is_done = self
            .db
            .transaction(move |transaction| {
                let secret = secret.clone();
                Box::pin(async move {
                    endpoint::lock(transaction, id).await?;
                    if secret::valid(transaction, id, now).await?.len() >= MAX_SECRETS {
                        return Ok(false);
                    }
                    secret::rotate(transaction, secret, overlap).await?;
                    tell(transaction, id, WebhookChange::SecretRotated, now).await?;
                    Ok(true)
                })
            })
            .await?;
        if is_done {
            return Ok(Ok((endpoint, text)));
        }
        let message = format!("{MAX_SECRETS} secrets are good at present: wait until one has expired");
        Ok(Err(vec![UserError::new(UserErrorCode::LimitExceeded, "id", message)]))
    }

    /// Has a delivery sent again.
    pub(crate) async fn redeliver(&self, id: WebhookDeliveryId) -> Result<Outcome<delivery::Model>> {
        let not_found = || Ok(Err(vec![UserError::not_found("deliveryId", "delivery")]));
        let Some(delivery) = delivery::by_ids(self.db.read(), &[id]).await?.pop() else {
            return not_found();
        };
        let endpoint = endpoint::by_ids(self.db.read(), &[delivery.endpoint_id]).await?.pop();
        if endpoint.is_none_or(|endpoint| !endpoint.is_enabled) {
            let message = "the endpoint is switched off: switch it on first";
            let error = UserError::new(UserErrorCode::ForbiddenTransition, "deliveryId", message);
            return Ok(Err(vec![error]));
        }
        let (now, endpoint) = (self.clock.now(), delivery.endpoint_id);
        let requeued = self.db.transaction(move |transaction| {
            Box::pin(async move {
                let Some(row) = delivery::requeue(transaction, id, now).await? else { return Ok(None) };
                tell(transaction, endpoint, WebhookChange::Redelivered, now).await?;
                Ok(Some(row))
            })
        });
        let requeued = requeued.await?;
        self.wake.notify_one();
        // One that is being sent at this moment needs nothing more.
        Ok(Ok(requeued.unwrap_or(delivery)))
    }

    /// Makes a delivery of the event for every endpoint that wants it.
    pub(crate) async fn deliver(&self, event: &Event) -> Result<()> {
        if !PUBLIC.contains(&event.kind.as_str()) {
            return Ok(());
        }
        let (now, template) = (self.clock.now(), self.template(event));
        let kind = event.kind.clone();
        self.db
            .transaction(move |transaction| {
                let (kind, template) = (kind.clone(), template.clone());
                Box::pin(async move {
                    let endpoints = endpoint::enabled(transaction).await?;
                    let rows = endpoints
                        .into_iter()
                        .filter(|endpoint| Kinds::of(kinds(endpoint)).contains(&kind))
                        .map(|endpoint| delivery::Model {
                            id: WebhookDeliveryId::generate(),
                            endpoint_id: endpoint.id,
                            next_attempt_at: now,
                            created_at: now,
                            ..template.clone()
                        });
                    Ok(delivery::insert(transaction, rows.collect()).await?)
                })
            })
            .await?;
        self.wake.notify_one();
        Ok(())
    }

    /// What the deliveries of an event have in common.
    fn template(&self, event: &Event) -> delivery::Model {
        let now = self.clock.now();
        delivery::Model {
            id: WebhookDeliveryId::generate(),
            endpoint_id: WebhookEndpointId::generate(),
            event_id: event.id(),
            log_transaction: event.position.transaction,
            log_sequence: event.position.sequence,
            kind: event.kind.clone(),
            subject: event.subject.clone(),
            body: body::of(event),
            state: State::Pending,
            attempts: 0,
            last_status: None,
            last_error: None,
            next_attempt_at: now,
            lease: None,
            leased_until: DateTime(0),
            created_at: now,
            finished_at: None,
        }
    }

    async fn checked(&self, wish: Wish) -> Result<endpoint::Change, Vec<UserError>> {
        let mut errors = Vec::new();
        if let Err(reason) = self.sender.check(&wish.url).await {
            errors.push(UserError::invalid("url", reason.to_string()));
        }
        if !(1..=MAX_KINDS).contains(&wish.kinds.len()) {
            errors.push(UserError::invalid("kinds", format!("name 1 to {MAX_KINDS} kinds")));
        }
        for (index, pattern) in wish.kinds.iter().enumerate() {
            let pattern_kinds = Kinds::of([pattern.as_str()]);
            let names_some =
                Kinds::is_pattern(pattern) && PUBLIC.iter().any(|kind| pattern_kinds.contains(kind));
            if !names_some {
                let message = format!("no such events are sent; there are {}", PUBLIC.join(", "));
                errors.push(UserError::invalid(&format!("kinds.{index}"), message));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut kinds: Vec<String> = Vec::with_capacity(wish.kinds.len());
        for kind in wish.kinds {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Ok(endpoint::Change { url: wish.url, kinds: kinds.join(" "), is_enabled: wish.is_enabled })
    }

    fn new_secret(&self, endpoint_id: WebhookEndpointId) -> Result<secret::Model> {
        let (secret, created_at) = (signature::new_secret()?, self.clock.now());
        Ok(secret::Model { secret, endpoint_id, created_at, valid_until: None })
    }
}

/// Tells what is done with an endpoint.
async fn tell(
    transaction: &DatabaseTransaction,
    endpoint_id: WebhookEndpointId,
    change: WebhookChange,
    now: DateTime,
) -> Result<()> {
    let event = NewEvent::new(&WebhookChanged { endpoint_id, change }, now);
    Ok(EventLog::append(transaction, event).await?)
}

/// The patterns of an endpoint.
pub(crate) fn kinds(endpoint: &endpoint::Model) -> Vec<String> {
    endpoint.kinds.split(' ').map(str::to_owned).collect()
}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
