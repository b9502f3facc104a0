//! What providers tell: kept once by its id, answered at once, looked into after.
//! An event only says where to look; what it claims is not believed.

use entities::payments::{event, payment};
use kit::{
    DateTime, Result,
    ids::PaymentId,
    ports::{PaymentEvents, Told},
};

use super::{Service, milliseconds};
use crate::provider::{Event, NotGenuine};

/// Events that are looked into at once.
const ROUND: i64 = 50;
/// How long another process leaves an event to the one that took it.
const LOOK: i64 = 30_000;
/// The first pause before an event is looked into again; it doubles.
const PAUSE: i64 = 500;
/// After so many looks an event is let go: the worker looks at payments anyway.
const LOOKS: i32 = 12;
/// How far behind the last question a provider is asked: its clock is not ours.
const OVERLAP: i64 = 5 * 60_000;

#[async_trait::async_trait]
impl PaymentEvents for Service {
    async fn receive(&self, provider: &str, body: &[u8], signature: &str) -> Result<Told> {
        if provider != self.calls.name() {
            return Ok(Told::Unknown);
        }
        let event = match self.calls.provider.read(body, signature, self.clock.now()) {
            Ok(event) => event,
            Err(reason) => {
                self.refused_events.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                tracing::warn!(%provider, %reason, "an event was refused");
                return Ok(match reason {
                    NotGenuine::Unreadable => Told::Unreadable,
                    NotGenuine::Unsigned | NotGenuine::Forged | NotGenuine::Stale => Told::Forged,
                });
            }
        };
        self.keep_events(vec![event]).await?;
        Ok(Told::Kept)
    }

    fn refused(&self) -> u64 {
        self.refused_events.load(std::sync::atomic::Ordering::Relaxed)
    }
}

impl Service {
    /// Keeps events that are about something; how many were new.
    async fn keep_events(&self, events: Vec<Event>) -> Result<u64> {
        let now = self.clock.now();
        let rows = events.into_iter().filter(is_ours).map(|told| event::Model {
            provider: self.calls.name().to_owned(),
            id: told.id,
            kind: told.kind,
            subject: told.payment.map_or(told.subject, |payment| payment.to_string()),
            received_at: now,
            due_at: Some(now),
            attempts: 0,
        });
        let kept = event::insert(self.db.write(), rows.collect()).await?;
        if kept > 0 {
            self.wake.notify_one();
        }
        Ok(kept)
    }

    /// Looks into events that are due; how many were.
    pub(crate) async fn look_into_events(&self) -> Result<usize> {
        let now = self.clock.now();
        let events = event::claim(self.db.write(), ROUND, now, now.plus(LOOK)).await?;
        for event in &events {
            let is_done = match self.look_into(event).await {
                Ok(is_done) => is_done,
                Err(error) => {
                    tracing::warn!(event.id = %event.id, %error, "an event could not be looked into");
                    false
                }
            };
            let due = (!is_done && event.attempts < LOOKS)
                .then(|| now.plus(PAUSE.saturating_mul(1_i64 << event.attempts.clamp(0, 12))));
            event::done(self.db.write(), event, due).await?;
        }
        Ok(events.len())
    }

    /// Brings the payment on that an event is about; whether that was possible.
    async fn look_into(&self, event: &event::Model) -> Result<bool> {
        let row = match event.subject.parse::<PaymentId>() {
            Ok(id) => payment::by_id(self.db.write(), id).await?,
            Err(_) => payment::by_reference(self.db.write(), &event.provider, &event.subject).await?,
        };
        // What another provider was paid is none of this one's business.
        let row = row.filter(|row| row.provider == self.calls.name());
        let Some(row) = row else {
            // The provider may be faster than our own note of what it opened.
            return Ok(event.attempts > 3);
        };
        let Some(held) = self.take(row.id).await? else { return Ok(false) };
        let outcome = self.bring_on(row.id).await;
        self.give_back(held, outcome).await?;
        Ok(true)
    }

    /// Asks the provider what it told, and takes what was missed.
    pub(crate) async fn catch_up(&self) -> Result<()> {
        let (name, now) = (self.calls.name(), self.clock.now());
        let cursor = event::cursor(self.db.write(), name).await?;
        let since = cursor.and_then(|cursor| cursor.parse().ok()).map_or(now, DateTime);
        let mut missed = 0;
        let mut after: Option<String> = None;
        loop {
            let page = match self.calls.events(since.plus(-OVERLAP), after.as_deref()).await? {
                Ok(page) => page,
                Err(refused) => {
                    tracing::warn!(provider = name, reason = %refused.0, "no events are given");
                    return Ok(());
                }
            };
            after = page.events.last().map(|event| event.id.clone());
            missed += self.keep_events(page.events).await?;
            if !page.has_more || after.is_none() {
                break;
            }
        }
        if missed > 0 {
            tracing::info!(provider = name, missed, "events were caught up on");
        }
        // Only when all were read: what broke off begins again.
        event::move_cursor(self.db.write(), name, &now.0.to_string()).await?;
        Ok(())
    }

    /// Forgets events that were looked into long ago.
    pub(crate) async fn forget_events(&self) -> Result<()> {
        let before = self.clock.now().plus(-milliseconds(self.keep));
        event::forget_older(self.db.write(), before).await?;
        Ok(())
    }
}

/// Whether an event is about a payment, as far as it says.
fn is_ours(event: &Event) -> bool {
    event.payment.is_some() || !event.subject.is_empty()
}
