//! Taking what is set aside, in whole or in part, once.

use entities::payments::payment::{self, Model, State};
use kit::{MoneyInput, Result, RetryKey, UserError, Viewer, ids::PaymentId};
use serde::Serialize;

use super::{
    Confirmed, Service,
    confirm::{forbidden, unavailable},
};

/// The name under which retry-safe keys of this mutation are kept.
const MUTATION: &str = "paymentCapture";

#[derive(Serialize)]
struct Input {
    payment: PaymentId,
    amount: Option<i64>,
}

impl Service {
    /// Takes `amount` of what is set aside, or all of it; the rest is freed.
    pub(crate) async fn capture(
        &self,
        viewer: &Viewer,
        id: PaymentId,
        amount: Option<MoneyInput>,
        key: &str,
    ) -> Result<Confirmed> {
        let account = viewer.require_account()?;
        let Some(row) = payment::by_id(self.db.read(), id).await? else {
            return Ok(Confirmed::refused(None, UserError::not_found("paymentId", "payment")));
        };
        let units = amount.map(|amount| amount.minor_units.0);
        let key =
            RetryKey::new(account.to_string(), MUTATION, key, &Input { payment: id, amount: units });
        let key = match key.and_then(|key| checked(&row, amount).map(|()| key)) {
            Ok(key) => key,
            Err(wrong) => return Ok(Confirmed::refused(Some(row), wrong)),
        };
        let (now, wanted) = (self.clock.now(), units.unwrap_or(row.amount));
        let wanted = self.db.change(move |transaction| {
            let key = key.clone();
            Box::pin(async move {
                if key.claim(transaction, &id.to_string(), now).await?.is_some() {
                    return Ok(());
                }
                match payment::want_capture(transaction, id, wanted, now).await? {
                    true => Ok(()),
                    false => Err(kit::refuse(forbidden("the payment is not, or no longer, set aside"))),
                }
            })
        });
        if let Err(errors) = wanted.await? {
            return Ok(Confirmed { payment: Some(self.fresh(id).await?), errors });
        }
        if let Some(held) = self.wait_for(id).await? {
            let outcome = self.bring_on(id).await;
            // What could not be done now is noted, and done by the worker.
            if let Err(error) = self.give_back(held, outcome).await {
                tracing::info!(payment.id = %id, %error, "a capture waits for its provider");
            }
        }
        let row = self.fresh(id).await?;
        Ok(match row.state {
            State::Authorized => Confirmed::refused(Some(row), unavailable()),
            _ => Confirmed { payment: Some(row), errors: Vec::new() },
        })
    }
}

fn checked(row: &Model, amount: Option<MoneyInput>) -> Result<(), UserError> {
    let Some(amount) = amount else { return Ok(()) };
    if amount.currency.to_string() != row.currency {
        return Err(UserError::invalid("amount.currency", format!("must be {}", row.currency)));
    }
    match (1..=row.amount).contains(&amount.minor_units.0) {
        true => Ok(()),
        false => {
            let message = format!("must be from 1 to {}", row.amount);
            Err(UserError::invalid("amount.minorUnits", message))
        }
    }
}
