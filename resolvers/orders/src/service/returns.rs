//! Returns: asked for by the buyer, decided by staff, along one table of moves.

use entities::{
    ids::{OrderId, OrderLineId, ReturnId},
    orders::{OrderState, ReturnState, Scope, line, order, order_return, refund},
};
use kit::{Error, Id as _, Outcome, Result, UserError, UserErrorCode, Viewer, refuse};

use super::{
    Service,
    fulfil::{check_units, no_line, too_many},
    moves, reason,
    refund::{End, What, Wish, put_back},
    view::Seen,
};

/// All moves of a return.
pub(crate) const MOVES: &[(ReturnState, ReturnState)] = &[
    (ReturnState::Requested, ReturnState::Approved),
    (ReturnState::Requested, ReturnState::Rejected),
    (ReturnState::Approved, ReturnState::Received),
    (ReturnState::Received, ReturnState::Refunded),
];

impl Service {
    /// Asks to return units.
    pub(crate) async fn request_return(
        &self,
        viewer: &Viewer,
        scope: &Scope,
        id: OrderId,
        lines: Vec<(OrderLineId, i32)>,
        why: &str,
    ) -> Result<Outcome<OrderId>> {
        let mut wrong = check_units(&lines);
        let why = match reason(why) {
            Ok(why) => why,
            Err(bad) => {
                wrong.push(bad);
                String::new()
            }
        };
        if !wrong.is_empty() {
            return Ok(Err(wrong));
        }
        let (viewer, scope, now) = (viewer.clone(), scope.clone(), self.clock.now());
        self.db
            .change(move |transaction| {
                let (viewer, scope) = (viewer.clone(), scope.clone());
                let (lines, why) = (lines.clone(), why.clone());
                Box::pin(async move {
                    let order = order::lock(transaction, &scope, id).await?;
                    let Some(seen) = order.map(|order| Seen::new(order, &scope)) else {
                        return Err(refuse(UserError::not_found("id", "order")));
                    };
                    may_return(&seen, &viewer).map_err(refuse)?;
                    let known = line::of_orders(transaction, &[id]).await?;
                    for (index, (line_id, units)) in lines.iter().enumerate() {
                        let Some(line) = known.iter().find(|line| line.id == *line_id) else {
                            return Err(refuse(no_line(index)));
                        };
                        if !line::bring_back(transaction, id, *line_id, *units).await? {
                            let left = line::returnable(transaction, line.id).await?;
                            return Err(refuse(too_many(index, left, "there to return")));
                        }
                    }
                    let row = order_return::Model {
                        id: ReturnId::generate(),
                        order_id: id,
                        state: ReturnState::Requested,
                        reason: why,
                        requested_at: now,
                    };
                    order_return::insert(transaction, row, &lines).await?;
                    moves::touch(transaction, &seen.row, false, now).await?;
                    Ok(id)
                })
            })
            .await
    }

    /// Decides a return.
    pub(crate) async fn resolve_return(
        &self,
        viewer: &Viewer,
        id: ReturnId,
        to: ReturnState,
        restock: bool,
    ) -> Result<Outcome<OrderId>> {
        if restock && to != ReturnState::Received {
            let rule = "units go back into stock when they are received";
            return Ok(Err(vec![UserError::invalid("restock", rule)]));
        }
        let Some(row) = order_return::by_ids(self.db.write(), &[id]).await?.pop() else {
            return Ok(Err(vec![UserError::not_found("returnId", "return")]));
        };
        if to == ReturnState::Refunded {
            return self.refund_return(viewer, row).await;
        }
        let outcome = self.decide(row.clone(), to, restock).await?;
        if outcome.is_ok() && restock {
            self.tie_up_soon(row.order_id).await;
        }
        Ok(outcome)
    }

    async fn decide(
        &self,
        row: order_return::Model,
        to: ReturnState,
        restock: bool,
    ) -> Result<Outcome<OrderId>> {
        let now = self.clock.now();
        self.db
            .change(move |transaction| {
                let row = row.clone();
                Box::pin(async move {
                    let (id, order_id) = (row.id, row.order_id);
                    let Some(order) = order::lock(transaction, &Scope::All, order_id).await? else {
                        return Err(refuse(UserError::not_found("returnId", "return")));
                    };
                    // As it is now that its order is locked.
                    let row = order_return::by_ids(transaction, &[id]).await?.pop();
                    let from = row.map(|row| row.state);
                    let move_ = MOVES.iter().find(|(start, end)| Some(*start) == from && *end == to);
                    let Some((from, to)) = move_ else { return Err(refuse(no_move(from, to))) };
                    order_return::advance(transaction, id, *from, *to).await?;
                    let units = units_of(transaction, id).await?;
                    if *to == ReturnState::Rejected {
                        for (line_id, units) in &units {
                            line::bring_back(transaction, order_id, *line_id, -units).await?;
                        }
                    }
                    let has_restock =
                        restock && put_back(transaction, order_id, &id.to_string(), &units).await?;
                    moves::touch(transaction, &order, has_restock, now).await?;
                    Ok(order_id)
                })
            })
            .await
    }

    /// Pays a return back that was received: a refund of its units, once.
    async fn refund_return(
        &self,
        viewer: &Viewer,
        row: order_return::Model,
    ) -> Result<Outcome<OrderId>> {
        if row.state != ReturnState::Received {
            return Ok(Err(vec![no_move(Some(row.state), ReturnState::Refunded)]));
        }
        let begun = match refund::of_return(self.db.write(), row.id).await? {
            Some(begun) => match self.take_over_refund(begun.id).await? {
                true => Some(begun.id),
                // It is being paid back, or was.
                false => None,
            },
            None => {
                let lines = units_of(self.db.write(), row.id).await?;
                let wish = Wish {
                    order_id: row.order_id,
                    return_id: Some(row.id),
                    what: What::Lines(lines),
                    restock: false,
                    reason: "returned".to_owned(),
                };
                match self.set_aside(viewer, wish, None).await {
                    Ok(Ok(id)) => id,
                    Ok(Err(refused)) => return Ok(Err(refused)),
                    Err(error) if is_begun(&error) => None,
                    Err(error) => return Err(error),
                }
            }
        };
        let Some(id) = begun else {
            return Ok(Err(vec![no_move(Some(ReturnState::Refunded), ReturnState::Refunded)]));
        };
        match self.pay_back(id).await? {
            End::Done => Ok(Ok(row.order_id)),
            End::Refused(reason) => Ok(Err(vec![reason])),
            End::Gone => Ok(Err(vec![no_move(Some(row.state), ReturnState::Refunded)])),
        }
    }
}

/// Another request was first to pay the same return back.
fn is_begun(error: &Error) -> bool {
    match error {
        Error::Internal(cause) => cause.downcast_ref::<sea_orm::DbErr>().is_some_and(kit::is_taken),
        _ => false,
    }
}

async fn units_of(db: &impl sea_orm::ConnectionTrait, id: ReturnId) -> Result<Vec<(OrderLineId, i32)>> {
    let lines = order_return::lines_of(db, &[id]).await?;
    Ok(lines.into_iter().map(|line| (line.line_id, line.quantity)).collect())
}

fn may_return(seen: &Seen, viewer: &Viewer) -> Result<(), UserError> {
    let refused = |message| UserError::new(UserErrorCode::ForbiddenTransition, "id", message);
    if !seen.is_decided_by(viewer) {
        return Err(refused("only its buyer and staff ask to return something"));
    }
    match seen.row.state {
        OrderState::Fulfilling | OrderState::Fulfilled => Ok(()),
        OrderState::Completed => Err(refused("the time for returns is over")),
        OrderState::Cancelled | OrderState::Expired => Err(refused("it is over")),
        _ => Err(refused("nothing of it is shipped")),
    }
}

fn no_move(from: Option<ReturnState>, to: ReturnState) -> UserError {
    let from = from.map_or_else(|| "gone".to_owned(), |from| format!("{from:?}").to_lowercase());
    let message = format!("a return that is {from} can't become {to:?}").to_lowercase();
    UserError::new(UserErrorCode::ForbiddenTransition, "state", message)
}
