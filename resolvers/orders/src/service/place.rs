//! The steps by which an order is placed or given up. Any process may run them,
//! from the start, as often as it likes.

use entities::{
    idempotency,
    ids::OrderId,
    orders::{
        OrderState, counter, line,
        order::{self, Model, Stamps},
        work,
    },
};
use kit::{
    Money, Result, UserError, UserErrorCode,
    ports::{Claimed, NewPayment, Opened, Reserved, Shortage, Units},
};

use super::{
    Service,
    checkout::{self, MUTATION},
    moves::{self, By},
};
use crate::options::milliseconds;

/// What became of an order that was being placed.
pub(crate) enum End {
    /// It is placed.
    Placed(Box<Model>),
    /// It can't be, for these reasons; nothing is left of it.
    Refused(Vec<UserError>),
    /// Somebody else gave it up.
    Gone,
}

impl Service {
    /// Takes over an order whose process went away. False while it is there.
    pub(super) async fn take_over(&self, id: OrderId) -> Result<bool> {
        let now = self.clock.now();
        let until = now.plus(milliseconds(self.options.lease));
        Ok(work::lease(self.db.write(), id, now, until).await?)
    }

    /// Places an order that this process has leased, or gives it up. After a
    /// failure anybody may go on with it.
    pub(crate) async fn place(&self, id: OrderId) -> Result<End> {
        let end = self.steps(id).await;
        if end.is_err() {
            let _ = work::let_go(self.db.write(), id).await;
        }
        end
    }

    async fn steps(&self, id: OrderId) -> Result<End> {
        let Some(order) = order::find(self.db.write(), id).await? else {
            return Ok(End::Gone);
        };
        match order.state {
            OrderState::Placing => {}
            OrderState::Undoing => {
                let reason = UserError::new(UserErrorCode::Expired, "", "checkout broke off; try again");
                return self.undo(&order, vec![reason]).await;
            }
            _ => return Ok(End::Placed(Box::new(order))),
        }
        let refused = match self.carts.claim(id, order.cart_id, order.cart_version).await? {
            Claimed::Ours => None,
            Claimed::Changed(version) => Some(UserError::version_conflict("cartVersion", version)),
            Claimed::Gone => Some(UserError::not_found("cart", "cart")),
            Claimed::CodeUsedUp(code) => Some(UserError::new(
                UserErrorCode::DiscountNotApplicable,
                "cart",
                format!("the code {code} is used up"),
            )),
        };
        if let Some(reason) = refused {
            return self.undo(&order, vec![reason]).await;
        }
        let lines = line::of_orders(self.db.write(), &[id]).await?;
        let units: Vec<Units> = lines
            .iter()
            .map(|line| Units { variant_id: line.variant_id, quantity: line.quantity })
            .collect();
        match self.stock.reserve(id, &units, order.pay_until).await? {
            Reserved::Held => {}
            Reserved::Short(shortages) => {
                return self.undo(&order, out_of_stock(&lines, &shortages)).await;
            }
            Reserved::Ended => {
                let reason =
                    UserError::new(UserErrorCode::Expired, "", "checkout took too long; try again");
                return self.undo(&order, vec![reason]).await;
            }
        }
        let is_payment_late = match order.total {
            // There is nothing to pay.
            0 => false,
            _ => match self.payments.open(payment(&order)?).await? {
                Opened::Ready(_) => false,
                Opened::Later(_) => true,
                Opened::Refused(_) => {
                    let rule = "this total can't be paid here in this currency";
                    let reason = UserError::new(UserErrorCode::PaymentDeclined, "expectedTotal", rule);
                    return self.undo(&order, vec![reason]).await;
                }
            },
        };
        if !self.become_pending(&order, is_payment_late).await? {
            return self.found(id).await;
        }
        if order.total == 0 {
            self.settle_order(id).await?;
        }
        self.found(id).await
    }

    /// Places the order under a number. A number may be lost: when two processes
    /// place one order, the second took one for nothing. Nothing is billed by it.
    async fn become_pending(&self, order: &Model, is_payment_late: bool) -> Result<bool> {
        let (id, by) = (order.id, By { actor: order.user_id, reason: None, at: self.clock.now() });
        self.db
            .transaction(move |transaction| {
                let by = by.clone();
                Box::pin(async move {
                    let number = counter::next(transaction, counter::Counter::Order).await?;
                    let stamps = Stamps {
                        number: Some(number),
                        placed_at: Some(by.at),
                        is_payment_late,
                        ..Stamps::default()
                    };
                    let states = (OrderState::Placing, OrderState::PendingPayment);
                    let placed = moves::advance(transaction, id, states, stamps, &by).await?;
                    Ok(placed.is_some())
                })
            })
            .await
    }

    async fn found(&self, id: OrderId) -> Result<End> {
        let order = order::find(self.db.write(), id).await?;
        Ok(match order {
            Some(order) if order.state.is_placed() => End::Placed(Box::new(order)),
            _ => End::Gone,
        })
    }

    /// Gives an order up and undoes its steps, the last first. Its key may be used
    /// again.
    async fn undo(&self, order: &Model, reasons: Vec<UserError>) -> Result<End> {
        let id = order.id;
        if !order::give_up(self.db.write(), id).await? {
            // Somebody placed it meanwhile, or has undone all of it.
            return self.found(id).await;
        }
        self.payments.call_off(id, "not placed").await?;
        self.stock.release(id).await?;
        self.carts.reopen(id).await?;
        let key = order.retry_scope.clone().zip(order.retry_key.clone());
        self.db
            .transaction(move |transaction| {
                let key = key.clone();
                Box::pin(async move {
                    if order::remove(transaction, id).await?
                        && let Some((scope, key)) = key
                    {
                        idempotency::forget(transaction, &scope, MUTATION, &key).await?;
                    }
                    Ok(())
                })
            })
            .await?;
        Ok(End::Refused(reasons))
    }
}

/// One failure for each line that runs short.
fn out_of_stock(lines: &[line::Model], shortages: &[Shortage]) -> Vec<UserError> {
    let mut reasons = Vec::new();
    for line in lines {
        let short = shortages.iter().find(|shortage| shortage.variant_id == line.variant_id);
        if let Some(Shortage { variant_id, available }) = short {
            let field = format!("cart.lines.{}", line.position);
            reasons.push(UserError::out_of_stock(&field, *variant_id, *available));
        }
    }
    reasons
}

fn payment(order: &Model) -> Result<NewPayment> {
    Ok(NewPayment {
        order_id: order.id,
        account_id: order.account_id,
        guest_access: order.guest_access.clone(),
        amount: Money::new(order.total, checkout::currency(order)?),
    })
}
