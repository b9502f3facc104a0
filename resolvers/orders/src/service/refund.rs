//! `orderRefund`: by lines, by amount, or the rest. Units are set aside first, then
//! the money is given back under the refund's id, then units go back into stock;
//! a worker goes on with a refund that somebody left half-way.

use std::time::Duration;

use entities::{
    idempotency,
    ids::{OrderId, OrderLineId, OrderRefundId, ReturnId},
    orders::{
        OrderState, Scope, line, order,
        order::Model,
        order_return,
        refund::{self, RefundedUnits, Refunds},
        restock::{self, Restocked},
        state::ReturnState,
    },
};
use kit::{
    Error, Id as _, Outcome, Result, RetryKey, UserError, UserErrorCode, Viewer, ports::Refunded, refuse,
};
use sea_orm::DatabaseTransaction;
use serde::Serialize;
use tokio::time::Instant;

use super::{
    Service, checkout,
    fulfil::{check_units, follow_units, no_line, too_many},
    moves::By,
    reason,
    snapshot::worth,
};
use crate::options::milliseconds;

/// The name under which retry-safe keys of this mutation are kept.
const MUTATION: &str = "orderRefund";
/// How long to wait before another look at a refund with the same key.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A refund as somebody wants it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RefundDraft {
    pub(crate) order_id: OrderId,
    pub(crate) what: What,
    pub(crate) restock: bool,
    pub(crate) reason: String,
}

/// What to give back.
#[derive(Debug, Clone, Serialize)]
pub(crate) enum What {
    /// What these units cost.
    Lines(Vec<(OrderLineId, i32)>),
    /// Minor units, of a currency.
    Amount(i64, String),
    /// All that is left.
    Rest,
}

/// What became of a refund.
pub(super) enum End {
    /// The money is on its way.
    Done,
    /// Nothing came of it, for this reason.
    Refused(UserError),
    /// Somebody else ended it.
    Gone,
}

/// A refund before its units are set aside.
#[derive(Debug, Clone)]
pub(super) struct Wish {
    pub(super) order_id: OrderId,
    pub(super) return_id: Option<ReturnId>,
    pub(super) what: What,
    pub(super) restock: bool,
    pub(super) reason: String,
}

impl Service {
    /// Gives money back, once for each key; whether an earlier answer was repeated.
    pub(crate) async fn refund(
        &self,
        viewer: &Viewer,
        mut draft: RefundDraft,
        key: &str,
    ) -> Result<Outcome<(OrderId, bool)>> {
        let scope = viewer.require_account()?.to_string();
        let (order_id, text) = (draft.order_id, key.to_owned());
        let key = match RetryKey::new(scope.as_str(), MUTATION, key, &draft) {
            Ok(key) => key,
            Err(wrong) => return Ok(Err(vec![wrong])),
        };
        if let Err(wrong) = draft.check() {
            return Ok(Err(wrong));
        }
        let wish = Wish {
            order_id,
            return_id: None,
            what: draft.what,
            restock: draft.restock,
            reason: draft.reason,
        };
        let deadline = Instant::now() + self.options.wait;
        loop {
            let (end, is_replayed) = match key.earlier(self.db.write()).await? {
                Err(mismatch) => return Ok(Err(vec![mismatch])),
                Ok(Some(id)) => {
                    let id = id.parse().map_err(|_| Error::internal("a key answers no refund"))?;
                    (self.earlier_refund(id).await?, true)
                }
                Ok(None) => {
                    let claim = Some((key.clone(), scope.clone(), text.clone()));
                    match self.set_aside(viewer, wish.clone(), claim).await? {
                        Err(refused) => return Ok(Err(refused)),
                        Ok(Some(id)) => (Some(self.pay_back(id).await?), false),
                        Ok(None) => (None, true),
                    }
                }
            };
            match end {
                Some(End::Done) => return Ok(Ok((order_id, is_replayed))),
                Some(End::Refused(reason)) => return Ok(Err(vec![reason])),
                Some(End::Gone) | None => {}
            }
            if Instant::now() >= deadline {
                return Err(Error::Timeout("the refund".into()));
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    /// What became of an earlier refund; goes on with it when whoever began it is
    /// gone. `None` while somebody is at it.
    async fn earlier_refund(&self, id: OrderRefundId) -> Result<Option<End>> {
        let Some(row) = refund::find(self.db.write(), id).await? else { return Ok(None) };
        if row.is_done {
            return Ok(Some(End::Done));
        }
        match self.take_over_refund(id).await? {
            true => self.pay_back(id).await.map(Some),
            false => Ok(None),
        }
    }

    /// Takes over a refund whose process went away. False while it is there.
    pub(super) async fn take_over_refund(&self, id: OrderRefundId) -> Result<bool> {
        let now = self.clock.now();
        let until = now.plus(milliseconds(self.options.lease));
        Ok(refund::lease(self.db.write(), id, now, until).await?)
    }

    /// Sets the units of a refund aside and writes it down. `None` when another
    /// request used the key meanwhile.
    pub(super) async fn set_aside(
        &self,
        viewer: &Viewer,
        wish: Wish,
        key: Option<(RetryKey, String, String)>,
    ) -> Result<Outcome<Option<OrderRefundId>>> {
        let left = match wish.what {
            What::Rest => {
                let balance = self.payments.balance(wish.order_id).await?;
                balance.captured - balance.refunded
            }
            _ => 0,
        };
        let (now, id) = (self.clock.now(), OrderRefundId::generate());
        let row = refund::Model {
            id,
            order_id: wish.order_id,
            return_id: wish.return_id,
            is_done: false,
            amount: left,
            units: Refunds::default(),
            is_restocked: wish.restock,
            reason: wish.reason,
            actor_id: viewer.user,
            leased_until: now.plus(milliseconds(self.options.lease)),
            retry_scope: key.as_ref().map(|(_, scope, _)| scope.clone()),
            retry_key: key.as_ref().map(|(_, _, text)| text.clone()),
            created_at: now,
        };
        let (what, key) = (wish.what, key.map(|(key, ..)| key));
        self.db
            .change(move |transaction| {
                let (mut row, what, key) = (row.clone(), what.clone(), key.clone());
                Box::pin(async move {
                    if let Some(key) = key
                        && key.claim(transaction, &id.to_string(), now).await?.is_some()
                    {
                        return Ok(None);
                    }
                    let order = lock(transaction, row.order_id).await?;
                    row.units = Refunds(units(transaction, &order, &what, row.return_id).await?);
                    row.amount = match &what {
                        What::Lines(_) => take_units(transaction, &order, &row.units.0).await?,
                        What::Amount(amount, currency) => {
                            if *currency != order.currency {
                                let rule = format!("the order is in {}", order.currency);
                                return Err(refuse(UserError::invalid("amount.currency", rule)));
                            }
                            *amount
                        }
                        What::Rest => {
                            take_units(transaction, &order, &row.units.0).await?;
                            row.amount
                        }
                    };
                    if row.amount <= 0 && !matches!(what, What::Lines(_)) {
                        return Err(refuse(exceeds(&order, 0)?));
                    }
                    refund::insert(transaction, row).await?;
                    Ok(Some(id))
                })
            })
            .await
    }

    /// Gives the money of a refund back that this process has leased, or takes the
    /// refund back. After a failure anybody may go on with it.
    pub(super) async fn pay_back(&self, id: OrderRefundId) -> Result<End> {
        let end = self.pay_back_leased(id).await;
        if end.is_err() {
            let _ = refund::let_go(self.db.write(), id).await;
        }
        end
    }

    async fn pay_back_leased(&self, id: OrderRefundId) -> Result<End> {
        let Some(row) = refund::find(self.db.write(), id).await? else { return Ok(End::Gone) };
        if row.is_done {
            return Ok(End::Done);
        }
        let paid = match row.amount {
            0 => None,
            amount => {
                let key = id.to_string();
                Some(self.payments.refund(row.order_id, &key, amount, &row.reason).await?)
            }
        };
        match paid {
            Some(Refunded::Exceeds(left)) => self.take_back(row, left).await,
            Some(Refunded::Accepted(_)) | None => self.end_refund(row).await,
        }
    }

    /// The money is on its way: units go back into stock, the order moves on.
    async fn end_refund(&self, row: refund::Model) -> Result<End> {
        let order_id = row.order_id;
        let now = self.clock.now();
        self.db
            .transaction(move |transaction| {
                let row = row.clone();
                Box::pin(async move {
                    let Some(order) = order::lock(transaction, &Scope::All, row.order_id).await? else {
                        return Ok(());
                    };
                    if !refund::end(transaction, row.id).await? {
                        return Ok(());
                    }
                    if let Some(id) = row.return_id {
                        let (from, to) = (ReturnState::Received, ReturnState::Refunded);
                        order_return::advance(transaction, id, from, to).await?;
                    }
                    let has_restock = row.is_restocked && restock_units(transaction, &row).await?;
                    if has_restock {
                        order::touch(transaction, order.id, true).await?;
                    }
                    let by = By::system_because("refunded", now);
                    follow_units(transaction, &order, by).await
                })
            })
            .await?;
        self.tie_up_soon(order_id).await;
        Ok(End::Done)
    }

    /// There is not so much to give back: the refund was never there.
    async fn take_back(&self, row: refund::Model, left: i64) -> Result<End> {
        let order_id = row.order_id;
        self.db
            .transaction(move |transaction| {
                let row = row.clone();
                Box::pin(async move {
                    let order = order::lock(transaction, &Scope::All, row.order_id).await?;
                    if !refund::remove(transaction, row.id).await? {
                        return Ok(());
                    }
                    // Of an order that is over all units are cancelled and paid back.
                    if order.is_some_and(|order| !order.state.is_off()) {
                        for RefundedUnits { line_id, quantity, cancelled } in &row.units.0 {
                            line::refund(transaction, row.order_id, *line_id, -quantity, -cancelled)
                                .await?;
                        }
                    }
                    if let (Some(scope), Some(key)) = (&row.retry_scope, &row.retry_key) {
                        idempotency::forget(transaction, scope, MUTATION, key).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        let order = order::find(self.db.write(), order_id).await?;
        let order = order.ok_or_else(|| Error::internal("a refund's order is gone"))?;
        Ok(End::Refused(exceeds(&order, left)?))
    }
}

impl RefundDraft {
    fn check(&mut self) -> Result<(), Vec<UserError>> {
        let mut wrong = Vec::new();
        match reason(&self.reason) {
            Ok(cleaned) => self.reason = cleaned,
            Err(bad) => wrong.push(bad),
        }
        match &self.what {
            What::Lines(lines) => wrong.extend(check_units(lines)),
            What::Amount(amount, _) if *amount < 1 => {
                wrong.push(UserError::invalid("amount.minorUnits", "must be at least 1"));
            }
            What::Amount(..) if self.restock => {
                wrong.push(UserError::invalid("restock", "an amount has no units to put back"));
            }
            What::Amount(..) | What::Rest => {}
        }
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }
}

/// The order, locked, if it was paid and is not over.
async fn lock(transaction: &DatabaseTransaction, id: OrderId) -> Result<std::sync::Arc<Model>> {
    let Some(order) = order::lock(transaction, &Scope::All, id).await? else {
        return Err(refuse(UserError::not_found("orderId", "order")));
    };
    match order.state {
        OrderState::Paid | OrderState::Fulfilling | OrderState::Fulfilled | OrderState::Completed => {
            Ok(order)
        }
        _ => {
            let message = match order.state.is_off() {
                true => "it is over: all of its money goes back by itself",
                false => "it is not paid",
            };
            Err(refuse(UserError::new(UserErrorCode::ForbiddenTransition, "orderId", message)))
        }
    }
}

/// The units that are paid back, and how many of them will not be shipped.
async fn units(
    transaction: &DatabaseTransaction,
    order: &Model,
    what: &What,
    return_id: Option<ReturnId>,
) -> Result<Vec<RefundedUnits>> {
    let lines = line::of_orders(transaction, &[order.id]).await?;
    let of_line = |line: &line::Model, quantity: i32| RefundedUnits {
        line_id: line.id,
        quantity,
        // What comes back was shipped.
        cancelled: if return_id.is_some() { 0 } else { quantity.min(line.open()) },
    };
    match what {
        What::Amount(..) => Ok(Vec::new()),
        What::Rest => {
            let left = lines.iter().filter(|line| line.refunded < line.quantity);
            Ok(left.map(|line| of_line(line, line.quantity - line.refunded)).collect())
        }
        What::Lines(wanted) => {
            let mut units = Vec::with_capacity(wanted.len());
            for (index, (id, quantity)) in wanted.iter().enumerate() {
                let Some(line) = lines.iter().find(|line| line.id == *id) else {
                    return Err(refuse(no_line(index)));
                };
                let left = line.quantity - line.refunded;
                // Units of a return may have been paid back otherwise.
                let quantity = if return_id.is_some() { left.min(*quantity) } else { *quantity };
                if quantity > left {
                    return Err(refuse(too_many(index, left, "left to refund")));
                }
                units.push(of_line(line, quantity));
            }
            Ok(units)
        }
    }
}

/// Counts units as paid back; what they are worth.
async fn take_units(
    transaction: &DatabaseTransaction,
    order: &Model,
    units: &[RefundedUnits],
) -> Result<i64> {
    let lines = line::of_orders(transaction, &[order.id]).await?;
    let mut amount = 0;
    for RefundedUnits { line_id, quantity, cancelled } in units {
        let Some(line) = lines.iter().find(|line| line.id == *line_id) else { continue };
        amount += worth(line, line.refunded, *quantity);
        if !line::refund(transaction, order.id, *line_id, *quantity, *cancelled).await? {
            return Err(Error::internal("the units of an order that is locked have changed"));
        }
    }
    Ok(amount)
}

/// Notes the units of a refund to go back into stock; false when all of them were
/// put back before.
async fn restock_units(transaction: &DatabaseTransaction, row: &refund::Model) -> Result<bool> {
    let wanted: Vec<_> = row.units.0.iter().map(|units| (units.line_id, units.quantity)).collect();
    put_back(transaction, row.order_id, &row.id.to_string(), &wanted).await
}

/// Notes units to go back into stock, of each line no more than were bought and
/// not put back before; false when there are none.
pub(super) async fn put_back(
    transaction: &DatabaseTransaction,
    order_id: OrderId,
    key: &str,
    wanted: &[(OrderLineId, i32)],
) -> Result<bool> {
    let lines = line::of_orders(transaction, &[order_id]).await?;
    let mut back = Vec::new();
    for (line_id, quantity) in wanted {
        let Some(line) = lines.iter().find(|line| line.id == *line_id) else { continue };
        let quantity = (*quantity).min(line.quantity - line.restocked);
        if quantity > 0 {
            line::restock(transaction, line.id, quantity).await?;
            back.push((line.variant_id, quantity));
        }
    }
    if back.is_empty() {
        return Ok(false);
    }
    let row = restock::Model { order_id, key: key.to_owned(), units: Restocked(back) };
    restock::insert(transaction, row).await?;
    Ok(true)
}

fn exceeds(order: &Model, left: i64) -> Result<UserError> {
    let left = kit::Money::new(left.max(0), checkout::currency(order)?);
    let message = format!("only {} {} of what was captured is left", left.rendered(), left.currency);
    Ok(UserError::new(UserErrorCode::RefundExceedsCaptured, "", message))
}
