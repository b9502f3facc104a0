//! Money that is given back: written first, then sent under our id, then settled.

use entities::payments::{
    payment::{self, Model},
    refund::{self, State},
};
use kit::{
    Error, Id as _, Result,
    ids::{OrderId, RefundId},
    ports::Refunded,
};

use super::{Service, tell};
use crate::provider::{GivenBack, NewRefund};

/// Begins the keys of refunds that were made elsewhere.
const ELSEWHERE: &str = "elsewhere:";

impl Service {
    /// Writes a refund down, if so much is left; the earlier one under this key.
    pub(super) async fn record_refund(
        &self,
        order: OrderId,
        key: &str,
        amount: i64,
        reason: &str,
    ) -> Result<Refunded> {
        if amount <= 0 {
            return Err(Error::internal(format!("{order} refunds nothing")));
        }
        let Some(row) = payment::of_orders(self.db.write(), &[order]).await?.pop() else {
            return Ok(Refunded::Exceeds(0));
        };
        self.write_refund(&row, key, amount, reason, None).await
    }

    /// As [`record_refund`](Self::record_refund); `reference` is of one that the
    /// provider has made already.
    async fn write_refund(
        &self,
        payment: &Model,
        key: &str,
        amount: i64,
        reason: &str,
        reference: Option<String>,
    ) -> Result<Refunded> {
        let now = self.clock.now();
        let row = refund::Model {
            id: RefundId::generate(),
            payment_id: payment.id,
            order_id: payment.order_id,
            key: key.to_owned(),
            amount,
            reason: reason.to_owned(),
            state: if reference.is_some() { State::Running } else { State::Queued },
            provider_ref: reference,
            failure: None,
            created_at: now,
            updated_at: now,
        };
        let written = self.db.transaction(move |transaction| {
            let row = row.clone();
            Box::pin(async move {
                if let Some(earlier) = refund::insert(transaction, row.clone()).await? {
                    return Ok((Refunded::Accepted(earlier.id), false));
                }
                let reserved =
                    payment::reserve_refund(transaction, row.payment_id, row.amount, now).await?;
                if let Some(after) = reserved {
                    tell(transaction, &after, now).await?;
                    return Ok((Refunded::Accepted(row.id), true));
                }
                refund::remove(transaction, row.id).await?;
                let left = payment::by_id(transaction, row.payment_id).await?;
                let left = left.map_or(0, |payment| payment.captured - payment.refunded);
                Ok((Refunded::Exceeds(left), false))
            })
        });
        let (refunded, is_new) = written.await?;
        if is_new {
            self.moved(payment.order_id).await;
        }
        Ok(refunded)
    }

    /// Sends what is written and not sent yet.
    pub(super) async fn send_refunds(&self, payment: &Model) -> Result<()> {
        let Some(intent) = &payment.provider_ref else { return Ok(()) };
        for row in refund::of_payments(self.db.write(), &[payment.id]).await? {
            if row.state != State::Queued {
                continue;
            }
            let wish = NewRefund { id: row.id, intent: intent.clone(), amount: row.amount };
            match self.calls.refund(&wish).await? {
                Ok(given) => self.settle_refund(&row, &given).await?,
                Err(refused) => self.fail_refund(&row, &refused.0).await?,
            }
        }
        Ok(())
    }

    /// Brings the refunds of a payment to where the provider has them; those that
    /// somebody made elsewhere are written down.
    pub(super) async fn settle_refunds(&self, payment: &Model, given: &[GivenBack]) -> Result<()> {
        if given.is_empty() {
            return Ok(());
        }
        let known = refund::of_payments(self.db.write(), &[payment.id]).await?;
        for given in given {
            let is_known = |row: &&refund::Model| {
                Some(row.id) == given.id || row.provider_ref.as_ref() == Some(&given.reference)
            };
            if let Some(row) = known.iter().find(is_known) {
                self.settle_refund(row, given).await?;
                continue;
            }
            // One that failed before we heard of it gave nothing back.
            if given.id.is_some() || matches!(given.outcome, Some(Err(_))) {
                continue;
            }
            let (key, reference) = (format!("{ELSEWHERE}{}", given.reference), given.reference.clone());
            let reason = format!("made at {}", self.calls.name());
            let written =
                self.write_refund(payment, &key, given.amount, &reason, Some(reference)).await?;
            if let Refunded::Accepted(id) = written
                && let Some(row) = refund::by_ids(self.db.write(), &[id]).await?.pop()
            {
                self.settle_refund(&row, given).await?;
            }
        }
        Ok(())
    }

    async fn settle_refund(&self, row: &refund::Model, given: &GivenBack) -> Result<()> {
        let state = match &given.outcome {
            None => State::Running,
            Some(Ok(())) => State::Succeeded,
            Some(Err(reason)) => return self.fail_refund(row, reason).await,
        };
        if state == row.state || row.state == State::Succeeded {
            return Ok(());
        }
        let now = self.clock.now();
        let (id, payment, reference) = (row.id, row.payment_id, given.reference.clone());
        let settled = self.db.transaction(move |transaction| {
            let reference = reference.clone();
            Box::pin(async move {
                if refund::settle(transaction, id, state, Some(&reference), None, now).await?
                    && let Some(after) = payment::by_id(transaction, payment).await?
                {
                    tell(transaction, &after, now).await?;
                }
                Ok(())
            })
        });
        settled.await
    }

    /// A refund came to nothing; its amount counts as taken again.
    async fn fail_refund(&self, row: &refund::Model, reason: &str) -> Result<()> {
        let now = self.clock.now();
        tracing::warn!(refund.id = %row.id, %reason, "a refund failed");
        let (id, payment, amount, why) = (row.id, row.payment_id, row.amount, reason.to_owned());
        let failed = self.db.transaction(move |transaction| {
            let why = why.clone();
            Box::pin(async move {
                if !refund::settle(transaction, id, State::Failed, None, Some(&why), now).await? {
                    return Ok(false);
                }
                let after = payment::release_refund(transaction, payment, amount, now).await?;
                if let Some(after) = after {
                    tell(transaction, &after, now).await?;
                }
                Ok(true)
            })
        });
        if failed.await? {
            self.moved(row.order_id).await;
        }
        Ok(())
    }

    /// Sends a refund now, if nobody else works on its payment.
    pub(super) async fn advance_refund(&self, id: RefundId) -> Result<()> {
        if let Some(row) = refund::by_ids(self.db.write(), &[id]).await?.pop()
            && row.state == State::Queued
        {
            self.advance_now(row.payment_id).await;
        }
        Ok(())
    }
}
