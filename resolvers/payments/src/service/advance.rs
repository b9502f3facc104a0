//! Bringing a payment to where it should be: looks at what the provider has and
//! at what is wanted, and does what is missing. It takes no input, so that it can
//! be done by whoever comes, again after a crash at any moment.

use std::time::Duration;

use entities::payments::payment::{self, ActiveModel, Model, State};
use entities::payments::refund;
use kit::{DateTime, Result, ids::PaymentId, ports::Refunded};
use sea_orm::ActiveValue::Set;
use ulid::Ulid;

use super::{Service, milliseconds, tell};
use crate::provider::{Intent, is_away};

/// The first pause after a try in vain, in milliseconds; it doubles.
const PAUSE: i64 = 1_000;
/// The longest pause.
const LONGEST_PAUSE: i64 = 5 * 60_000;
/// Payments that one round of the worker looks at.
const ROUND: u64 = 50;

/// A payment that one piece of work has for itself.
pub(super) struct Held {
    pub(super) row: Model,
    lease: String,
}

impl Service {
    /// Takes a payment, when nobody has it.
    pub(super) async fn take(&self, id: PaymentId) -> Result<Option<Held>> {
        let lease = Ulid::generate().to_string();
        let (now, until) = (self.clock.now(), self.lease_until());
        let row = payment::lease(self.db.write(), id, &lease, now, until).await?;
        Ok(row.map(|row| Held { row, lease }))
    }

    /// Waits for a payment that others have, for as long as one call may take.
    pub(super) async fn wait_for(&self, id: PaymentId) -> Result<Option<Held>> {
        let take = async {
            let mut pause = Duration::from_millis(5);
            loop {
                if let Some(held) = self.take(id).await? {
                    return Ok(held);
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(Duration::from_millis(100));
            }
        };
        tokio::time::timeout(self.calls.longest(), take).await.ok().transpose()
    }

    /// Gives a payment back after some work; it is looked at again when something
    /// is left to do.
    pub(super) async fn give_back(&self, held: Held, outcome: Result<()>) -> Result<()> {
        let row = self.fresh(held.row.id).await?;
        let now = self.clock.now();
        let (due, attempts) = match &outcome {
            Ok(()) => match self.is_settled(&row).await? {
                true => (None, 0),
                false => (Some(later(now, row.attempts)), row.attempts.saturating_add(1)),
            },
            Err(_) => (Some(later(now, row.attempts)), row.attempts.saturating_add(1)),
        };
        payment::give_back(self.db.write(), &row, &held.lease, due, attempts, now).await?;
        outcome
    }

    /// Looks at what is due; how many payments were.
    pub(crate) async fn advance_due(&self) -> Result<usize> {
        let due = payment::due(self.db.read(), self.calls.name(), self.clock.now(), ROUND).await?;
        for id in &due {
            self.advance_now(*id).await;
        }
        Ok(due.len())
    }

    /// Brings a payment on, unless somebody does already. What can't be done now
    /// is done later.
    pub(crate) async fn advance_now(&self, id: PaymentId) {
        match self.try_advance(id).await {
            Ok(()) => {}
            Err(error) if is_away(&error) => {
                tracing::info!(payment.id = %id, %error, "a payment waits for its provider");
                self.wake.notify_one();
            }
            Err(error) => tracing::error!(payment.id = %id, ?error, "a payment could not be brought on"),
        }
    }

    async fn try_advance(&self, id: PaymentId) -> Result<()> {
        let Some(held) = self.take(id).await? else {
            // Whoever has it looks again in the end, or the worker does.
            return Ok(());
        };
        if held.row.provider != self.calls.name() {
            return self.give_back(held, Ok(())).await;
        }
        let outcome = self.bring_on(id).await;
        self.give_back(held, outcome).await
    }

    /// Does what is missing, under the lease.
    pub(super) async fn bring_on(&self, id: PaymentId) -> Result<()> {
        let row = self.fresh(id).await?;
        let row = match (&row.provider_ref, row.called_off_at) {
            (None, _) if row.amount == 0 => return Ok(()),
            (None, Some(_)) => return self.void_unopened(&row).await,
            (None, None) => self.open_at_provider(&row).await?,
            (Some(_), _) => self.look(id).await?,
        };
        let Some(reference) = row.provider_ref.clone() else { return Ok(()) };
        let row = match (row.called_off_at, row.state) {
            (Some(_), State::RequiresAction | State::Processing | State::Failed | State::Authorized) => {
                let key = format!("{id}:void");
                if let Err(refused) = self.calls.cancel(&reference, &key).await? {
                    tracing::info!(payment.id = %id, reason = %refused.0, "could not be voided yet");
                }
                self.look(id).await?
            }
            (None, State::Authorized) if row.capture_wanted.is_some() => {
                let (amount, key) = (row.capture_wanted.unwrap_or_default(), format!("{id}:capture"));
                if let Err(refused) = self.calls.capture(&reference, amount, &key).await? {
                    tracing::warn!(payment.id = %id, reason = %refused.0, "could not be captured");
                }
                self.look(id).await?
            }
            _ => row,
        };
        if row.called_off_at.is_some() && row.captured > row.refunded {
            let reason = row.called_off_for.clone().unwrap_or_default();
            let rest = row.captured - row.refunded;
            let refunded = self.record_refund(row.order_id, &called_off(&row), rest, &reason).await?;
            if let Refunded::Exceeds(left) = refunded {
                tracing::info!(payment.id = %id, left, "a refund came in between");
            }
        }
        self.send_refunds(&row).await
    }

    /// Asks the provider how a payment stands, and brings the row there.
    pub(super) async fn look(&self, id: PaymentId) -> Result<Model> {
        loop {
            // Read before the provider is asked: a view is only taken for the row
            // that it was asked for.
            let row = self.fresh(id).await?;
            let Some(reference) = &row.provider_ref else { return Ok(row) };
            let intent = match self.calls.look_up(reference).await? {
                Ok(intent) => intent,
                Err(refused) => {
                    tracing::error!(payment.id = %id, reason = %refused.0, "the provider lost a payment");
                    return Ok(row);
                }
            };
            if let Some(after) = self.take_view(&row, &intent).await? {
                return Ok(after);
            }
        }
    }

    /// Brings a row to where a view of its intent is; `None` when the row has
    /// moved since it was read.
    pub(super) async fn take_view(&self, row: &Model, intent: &Intent) -> Result<Option<Model>> {
        let Some(after) = self.apply(row, intent).await? else { return Ok(None) };
        match &intent.refunds {
            None => Ok(Some(after)),
            Some(refunds) if refunds.is_empty() => Ok(Some(after)),
            Some(refunds) => {
                self.settle_refunds(&after, refunds).await?;
                Ok(Some(self.fresh(row.id).await?))
            }
        }
    }

    /// What is opened nowhere is simply off.
    pub(super) async fn void_unopened(&self, row: &Model) -> Result<()> {
        let now = self.clock.now();
        let row = row.clone();
        let order = row.order_id;
        let voided = self.db.transaction(move |transaction| {
            let row = row.clone();
            Box::pin(async move {
                let change = ActiveModel { state: Set(State::Voided), ..ActiveModel::default() };
                if payment::change(transaction, &row, change, now).await? {
                    tell(transaction, &Model { state: State::Voided, ..row }, now).await?;
                }
                Ok(())
            })
        });
        voided.await?;
        self.moved(order).await;
        Ok(())
    }

    /// Whether nothing is left to do but wait for the payer or the provider's word.
    async fn is_settled(&self, row: &Model) -> Result<bool> {
        let is_open = match row.state {
            State::Processing => true,
            State::RequiresAction | State::Failed => {
                row.provider_ref.is_none() || row.called_off_at.is_some()
            }
            State::Authorized => row.capture_wanted.is_some() || row.called_off_at.is_some(),
            State::Captured | State::PartiallyRefunded => {
                row.called_off_at.is_some() && row.captured > row.refunded && !self.gave_up(row).await?
            }
            State::Refunded | State::Voided => false,
        };
        if is_open || row.amount == 0 {
            return Ok(!is_open);
        }
        let refunds = refund::of_payments(self.db.write(), &[row.id]).await?;
        let is_open =
            |row: &refund::Model| matches!(row.state, refund::State::Queued | refund::State::Running);
        Ok(!refunds.iter().any(is_open))
    }

    /// Whether what should be given back was refused for good.
    async fn gave_up(&self, row: &Model) -> Result<bool> {
        let refund = refund::by_key(self.db.write(), row.id, &called_off(row)).await?;
        Ok(refund.is_some_and(|refund| refund.state == refund::State::Failed))
    }
}

/// The key of what is given back when an order is called off: another one when
/// more is left than before, as another refund failed.
fn called_off(row: &Model) -> String {
    format!("called-off:{}", row.refunded)
}

/// When to try again after so many tries in vain.
fn later(now: DateTime, attempts: i32) -> DateTime {
    let doubled = PAUSE.saturating_mul(1_i64 << attempts.clamp(0, 20));
    now.plus(doubled.min(LONGEST_PAUSE).min(milliseconds(Duration::from_secs(300))))
}
