//! `orderCancel`: before shipping, by the buyer or staff. What was promised or
//! taken of the stock goes back once, and so does the money.

use entities::{
    ids::OrderId,
    orders::{
        OrderState, Scope, line,
        order::{self, Stamps},
        restock::{self, Restocked},
    },
};
use kit::{Outcome, Result, UserError, UserErrorCode, Viewer, refuse};
use sea_orm::ConnectionTrait;

use super::{
    Service,
    moves::{self, By},
    reason,
    view::Seen,
};

/// The key under which a cancelled order's units go back.
const KEY: &str = "cancel";

impl Service {
    /// Cancels an order.
    pub(crate) async fn cancel(
        &self,
        viewer: &Viewer,
        scope: &Scope,
        id: OrderId,
        why: &str,
        expected_version: Option<i32>,
    ) -> Result<Outcome<OrderId>> {
        let why = match reason(why) {
            Ok(why) => why,
            Err(wrong) => return Ok(Err(vec![wrong])),
        };
        let by = By { actor: viewer.user, reason: Some(why), at: self.clock.now() };
        // A second time when it was paid meanwhile.
        for _ in 0..2 {
            let row = order::by_ids(self.db.write(), scope, &[id]).await?.pop();
            let Some(seen) = row.map(|row| Seen::new(row, scope)) else {
                return Ok(Err(vec![UserError::not_found("id", "order")]));
            };
            if let Err(wrong) = may_cancel(&seen, viewer, expected_version) {
                return Ok(Err(vec![wrong]));
            }
            let state = seen.row.state;
            if state == OrderState::PendingPayment && !self.stock.release(id).await? {
                self.settle_order(id).await?;
                continue;
            }
            let outcome = self.become_cancelled(id, state, by.clone()).await?;
            if outcome.is_ok() {
                self.tie_up_soon(id).await;
            }
            return Ok(outcome);
        }
        Ok(Err(vec![moved_on(OrderState::PendingPayment)]))
    }

    async fn become_cancelled(&self, id: OrderId, from: OrderState, by: By) -> Result<Outcome<OrderId>> {
        self.db
            .change(move |transaction| {
                let by = by.clone();
                Box::pin(async move {
                    match call_off(transaction, id, from, true, &by).await? {
                        true => Ok(id),
                        false => Err(refuse(moved_on(from))),
                    }
                })
            })
            .await
    }
}

/// Moves an order to its end, in a transaction; units that were taken for it go
/// back into stock if `restock` says so. False when it stood elsewhere.
pub(super) async fn call_off(
    transaction: &impl ConnectionTrait,
    id: OrderId,
    from: OrderState,
    restock: bool,
    by: &By,
) -> Result<bool> {
    let stamps = Stamps { has_loose_ends: true, ..Stamps::default() };
    let states = (from, OrderState::Cancelled);
    if moves::advance(transaction, id, states, stamps, by).await?.is_none() {
        return Ok(false);
    }
    let is_paid = from == OrderState::Paid;
    if is_paid && restock {
        let lines = line::of_orders(transaction, &[id]).await?;
        let mut units = Vec::with_capacity(lines.len());
        for line in lines.iter().filter(|line| line.restocked < line.quantity) {
            let left = line.quantity - line.restocked;
            line::restock(transaction, line.id, left).await?;
            units.push((line.variant_id, left));
        }
        if !units.is_empty() {
            let row = restock::Model { order_id: id, key: KEY.to_owned(), units: Restocked(units) };
            restock::insert(transaction, row).await?;
        }
    }
    line::cancel_all(transaction, id, is_paid).await?;
    Ok(true)
}

fn may_cancel(seen: &Seen, viewer: &Viewer, expected_version: Option<i32>) -> Result<(), UserError> {
    let order = &seen.row;
    if !seen.is_decided_by(viewer) {
        let message = "only its buyer and staff cancel an order";
        return Err(UserError::new(UserErrorCode::ForbiddenTransition, "id", message));
    }
    if expected_version.is_some_and(|version| version != order.version) {
        return Err(UserError::version_conflict("expectedVersion", order.version));
    }
    match order.state {
        OrderState::PendingPayment | OrderState::Paid => Ok(()),
        state => Err(moved_on(state)),
    }
}

/// The order does not stand where it could be cancelled.
fn moved_on(state: OrderState) -> UserError {
    let message = match state {
        OrderState::Fulfilling | OrderState::Fulfilled | OrderState::Completed => {
            "it is shipped: ask to return it"
        }
        OrderState::Cancelled | OrderState::Expired => "it is over",
        _ => "it has moved on meanwhile",
    };
    UserError::new(UserErrorCode::ForbiddenTransition, "id", message)
}
