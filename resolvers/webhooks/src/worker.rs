//! Sends what is due. Takes no input and looks at what is there: each delivery is
//! leased by one process at a time, and a lease that was not given back runs out,
//! so that a killed process delays a delivery and never loses it.

use std::{collections::HashMap, sync::Arc, time::Duration};

use entities::webhooks::{
    delivery::{self, Attempt, State},
    endpoint, secret,
};
use kit::{DateTime, Result, ids::WebhookEndpointId};
use subscriptions::{Event, Handler, HandlerError, Kinds};
use tokio::{task::JoinSet, time::Instant};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::{
    sender::{PAUSE, Sent},
    service::{PUBLIC, Service, milliseconds},
};

/// How much longer than a request a delivery is leased.
const SPARE: Duration = Duration::from_secs(50);
/// How often finished deliveries are looked through.
const TIDY_EVERY: Duration = Duration::from_secs(60 * 60);

/// Turns facts into deliveries.
pub(crate) struct Deliveries(pub(crate) Arc<Service>);

#[async_trait::async_trait]
impl Handler for Deliveries {
    fn name(&self) -> &'static str {
        "webhooks.deliveries"
    }

    fn kinds(&self) -> Kinds {
        Kinds::of(PUBLIC.iter().copied())
    }

    async fn handle(&self, event: &Event) -> Result<(), HandlerError> {
        Ok(self.0.deliver(event).await?)
    }
}

/// Sends until `stop`, and lets requests that run end.
pub(crate) async fn run(service: Arc<Service>, stop: CancellationToken) {
    let mut sends: JoinSet<WebhookEndpointId> = JoinSet::new();
    let mut busy: HashMap<WebhookEndpointId, usize> = HashMap::new();
    let mut tidied: Option<Instant> = None;
    loop {
        if let Err(error) = start_due(&service, &mut sends, &mut busy).await {
            tracing::warn!(%error, "webhooks could not be looked up, trying again");
        }
        if tidied.is_none_or(|at| at.elapsed() > TIDY_EVERY) {
            tidied = Some(Instant::now());
            tidy(&service).await;
        }
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = sends.join_next() => forget(ended, &mut busy),
            () = service.wake.notified() => {}
            () = tokio::time::sleep(service.options.poll) => {}
        }
    }
    // What they come to is noted by themselves.
    while sends.join_next().await.is_some() {}
}

fn forget(
    ended: Result<WebhookEndpointId, tokio::task::JoinError>,
    busy: &mut HashMap<WebhookEndpointId, usize>,
) {
    match ended {
        Ok(endpoint) => {
            let left = busy.get(&endpoint).copied().unwrap_or_default().saturating_sub(1);
            match left {
                0 => busy.remove(&endpoint),
                left => busy.insert(endpoint, left),
            };
        }
        Err(error) => tracing::error!(%error, "a webhook's task ended badly"),
    }
}

/// Starts what is due, as much as each endpoint may have at once.
async fn start_due(
    service: &Arc<Service>,
    sends: &mut JoinSet<WebhookEndpointId>,
    busy: &mut HashMap<WebhookEndpointId, usize>,
) -> Result<()> {
    let now = service.clock.now();
    for endpoint in endpoint::with_due(service.db.read(), now).await? {
        let running = busy.entry(endpoint.id).or_default();
        let free = service.options.concurrency.saturating_sub(*running);
        if free == 0 {
            continue;
        }
        let limit = u64::try_from(free).unwrap_or(u64::MAX);
        let until = now.plus(milliseconds(service.options.timeout + SPARE));
        let lease = Ulid::generate().to_string();
        let claimed =
            delivery::claim(service.db.write(), endpoint.id, limit, &lease, now, until).await?;
        *running += claimed.len();
        let endpoint = Arc::new(endpoint);
        for delivery in claimed {
            let (service, endpoint) = (service.clone(), endpoint.clone());
            sends.spawn(async move {
                if let Err(error) = send(&service, &endpoint, &delivery).await {
                    let id = delivery.id;
                    tracing::warn!(delivery.id = %id, %error, "an attempt could not be noted");
                }
                endpoint.id
            });
        }
    }
    busy.retain(|_, running| *running > 0);
    Ok(())
}

/// Sends a delivery and notes how that went.
async fn send(service: &Service, endpoint: &endpoint::Model, delivery: &delivery::Model) -> Result<()> {
    let secrets = secret::valid(service.db.read(), endpoint.id, service.clock.now()).await?;
    let sent = service.sender.send(endpoint, delivery, &secrets, service.clock.now()).await?;
    let now = service.clock.now();
    let (status, error) = match &sent {
        Sent::Resting => {
            let later = now.plus(milliseconds(PAUSE));
            return Ok(delivery::postpone(service.db.write(), delivery, later).await?);
        }
        Sent::Taken(status) => (Some(i32::from(*status)), None),
        Sent::Refused(status) => (Some(i32::from(*status)), Some(format!("answered {status}"))),
        Sent::Unreachable(reason) => (None, Some(reason.clone())),
    };
    let is_taken = matches!(sent, Sent::Taken(_));
    let attempts = u32::try_from(delivery.attempts).unwrap_or_default() + 1;
    let state = match is_taken {
        true => State::Delivered,
        false if attempts >= service.options.attempts => State::Dead,
        false => State::Retrying,
    };
    let next_attempt_at = now.plus(pause(service, attempts));
    let attempt = Attempt { state, status, error, next_attempt_at };
    if !delivery::finish(service.db.write(), delivery, &attempt, now).await? {
        // The lease ran out, so another process sends it: that one's word counts.
        return Ok(());
    }
    if is_taken {
        return Ok(endpoint::succeeded(service.db.write(), endpoint.id).await?);
    }
    let longest = now.plus(-milliseconds(service.options.disable_after));
    if endpoint::failed(service.db.write(), endpoint.id, now, longest).await? {
        let id = endpoint.id;
        tracing::warn!(endpoint.id = %id, "webhook endpoint {id} kept failing and is switched off");
    }
    Ok(())
}

/// How long to wait after so many failures: twice as long each time, a fifth
/// more or less, so that what failed together does not come back together.
fn pause(service: &Service, failures: u32) -> i64 {
    let first = milliseconds(service.options.retry_pause);
    let doubled = first.saturating_mul(1_i64.checked_shl(failures - 1).unwrap_or(i64::MAX).max(1));
    let pause = doubled.min(milliseconds(service.options.longest_pause));
    let chance = i64::try_from(Ulid::generate().random() % 401).unwrap_or_default();
    pause.saturating_mul(800 + chance) / 1_000
}

async fn tidy(service: &Service) {
    let before: DateTime = service.clock.now().plus(-milliseconds(service.options.keep));
    match delivery::delete_finished(service.db.write(), before).await {
        Ok(0) => {}
        Ok(count) => tracing::debug!(deliveries.count = count, "deleted {count} old deliveries"),
        Err(error) => tracing::warn!(%error, "old deliveries could not be deleted"),
    }
}
