//! What other modules ask of payments.

use std::sync::Arc;

use entities::payments::payment::{self, Model, State};
use kit::{
    DateTime, Error, Id as _, Result,
    ids::{OrderId, PaymentId},
    ports::{Balance, NewPayment, Opened, PaymentWatcher, Payments, Refunded},
};

use super::{Service, tell};
use crate::provider::{NewIntent, is_away};

/// How long a payment that could not be opened waits for the next try.
const SOON: i64 = 5_000;

#[async_trait::async_trait]
impl Payments for Service {
    async fn open(&self, wish: NewPayment) -> Result<Opened> {
        let row = self.recorded(wish).await?;
        if row.state == State::Voided && row.provider_ref.is_none() {
            return Ok(Opened::Refused(row.id));
        }
        if row.provider_ref.is_some() || row.amount == 0 || row.called_off_at.is_some() {
            return Ok(Opened::Ready(row.id));
        }
        match self.open_at_provider(&row).await {
            Ok(row) if row.state == State::Voided => Ok(Opened::Refused(row.id)),
            Ok(row) => Ok(Opened::Ready(row.id)),
            Err(error) if is_away(&error) => Ok(Opened::Later(row.id)),
            Err(error) => Err(error),
        }
    }

    async fn balance(&self, order: OrderId) -> Result<Balance> {
        let rows = payment::of_orders(self.db.write(), &[order]).await?;
        Ok(rows.iter().fold(Balance::default(), |sum, row| Balance {
            authorized: sum.authorized + authorized(row),
            captured: sum.captured + row.captured,
            refunded: sum.refunded + row.refunded,
        }))
    }

    async fn call_off(&self, order: OrderId, reason: &str) -> Result<()> {
        let (now, reason) = (self.clock.now(), reason.to_owned());
        let called_off = self.db.transaction(move |transaction| {
            let reason = reason.clone();
            Box::pin(async move { Ok(payment::call_off(transaction, order, &reason, now).await?) })
        });
        if let Some(row) = called_off.await? {
            self.advance_now(row.id).await;
        }
        Ok(())
    }

    async fn refund(&self, order: OrderId, key: &str, amount: i64, reason: &str) -> Result<Refunded> {
        let refunded = self.record_refund(order, key, amount, reason).await?;
        if let Refunded::Accepted(id) = &refunded {
            self.advance_refund(*id).await?;
        }
        Ok(refunded)
    }

    fn watch(&self, watcher: Arc<dyn PaymentWatcher>) {
        *self.watcher.write().expect("no code panics while it holds this lock") = Some(watcher);
    }
}

impl Service {
    /// The payment of an order, which is written when it is not there yet.
    async fn recorded(&self, wish: NewPayment) -> Result<Model> {
        let (now, order) = (self.clock.now(), wish.order_id);
        let amount = wish.amount.minor_units.0;
        if amount < 0 {
            return Err(Error::internal(format!("{order} asks for less than nothing")));
        }
        let row = Model {
            id: PaymentId::generate(),
            order_id: order,
            account_id: wish.account_id,
            guest_access: wish.guest_access,
            provider: self.calls.name().to_owned(),
            provider_ref: None,
            client_secret: None,
            next_action: None,
            // Of nothing there is nothing to take.
            state: if amount == 0 { State::Captured } else { State::RequiresAction },
            currency: wish.amount.currency.to_string(),
            amount,
            authorized: 0,
            captured: 0,
            refunded: 0,
            failure: None,
            capture_wanted: None,
            called_off_at: None,
            called_off_for: None,
            version: 1,
            lease: None,
            leased_until: DateTime(0),
            due_at: (amount > 0).then(|| now.plus(SOON)),
            attempts: 0,
            created_at: now,
            updated_at: now,
        };
        let recorded = self.db.transaction(move |transaction| {
            let row = row.clone();
            Box::pin(async move {
                if payment::insert(transaction, row.clone()).await? {
                    tell(transaction, &row, now).await?;
                    return Ok(Some(row));
                }
                Ok(payment::of_orders(transaction, &[order]).await?.pop())
            })
        });
        recorded.await?.ok_or_else(|| Error::internal(format!("{order} has no payment")))
    }

    /// Opens a payment at the provider; the row as it is then: void when the provider
    /// takes no such payment. Whoever opens it twice opens it once.
    pub(super) async fn open_at_provider(&self, row: &Model) -> Result<Model> {
        let wish = NewIntent {
            payment: row.id,
            amount: row.amount,
            currency: row.currency.clone(),
            is_manual: self.is_manual,
        };
        let intent = match self.calls.open(&wish).await? {
            Ok(intent) => intent,
            Err(refused) => {
                tracing::warn!(payment.id = %row.id, reason = %refused.0, "the provider takes no such payment");
                self.void_unopened(row).await?;
                return self.fresh(row.id).await;
            }
        };
        let mut row = row.clone();
        loop {
            if let Some(after) = self.apply(&row, &intent).await? {
                return Ok(after);
            }
            row = self.fresh(row.id).await?;
            if row.provider_ref.is_some() {
                return Ok(row);
            }
        }
    }

    /// A payment that is known to be there, as it is now.
    pub(super) async fn fresh(&self, id: PaymentId) -> Result<Model> {
        let row = payment::by_id(self.db.write(), id).await?;
        row.ok_or_else(|| Error::internal(format!("{id} is gone")))
    }
}

/// What is set aside or taken.
const fn authorized(row: &Model) -> i64 {
    match row.state {
        State::Authorized => row.authorized,
        // What was not captured of it was freed.
        State::Captured | State::PartiallyRefunded | State::Refunded => row.captured,
        State::RequiresAction | State::Processing | State::Failed | State::Voided => 0,
    }
}
