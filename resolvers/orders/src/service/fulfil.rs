//! `orderFulfil`: units leave the house, never more than are open.

use std::collections::HashSet;

use entities::{
    ids::{FulfilmentId, OrderId, OrderLineId},
    orders::{
        OrderState, Scope, fulfilment, line,
        order::{self, Model, Stamps},
    },
};
use kit::{Id as _, Outcome, Result, UserError, UserErrorCode, Viewer, refuse, text};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use super::{
    MAX_LINES, Service,
    moves::{self, By},
    view::may_ship,
};

/// The most characters of a carrier or a number.
const MAX_TRACKING: usize = 100;

/// A shipment as somebody wants it.
#[derive(Debug, Clone)]
pub(crate) struct Shipment {
    pub(crate) lines: Vec<(OrderLineId, i32)>,
    pub(crate) carrier: Option<String>,
    pub(crate) tracking_number: Option<String>,
}

impl Service {
    /// Ships units.
    pub(crate) async fn fulfil(
        &self,
        viewer: &Viewer,
        id: OrderId,
        shipment: Shipment,
    ) -> Result<Outcome<OrderId>> {
        let shipment = match shipment.checked() {
            Ok(shipment) => shipment,
            Err(wrong) => return Ok(Err(wrong)),
        };
        let shop = self.own_shop(viewer).await?;
        let scope = super::view::scope(viewer, shop, None);
        let (viewer, now) = (viewer.clone(), self.clock.now());
        let outcome = self
            .db
            .change(move |transaction| {
                let (viewer, scope, shipment) = (viewer.clone(), scope.clone(), shipment.clone());
                Box::pin(async move {
                    let order = lock_paid(transaction, &scope, id).await?;
                    let lines = line::of_orders(transaction, &[id]).await?;
                    for (index, (line_id, units)) in shipment.lines.iter().enumerate() {
                        let line = lines.iter().find(|line| line.id == *line_id);
                        let Some(line) = line.filter(|line| may_ship(&viewer, shop, line)) else {
                            return Err(refuse(no_line(index)));
                        };
                        if !line::ship(transaction, id, *line_id, *units).await? {
                            return Err(refuse(too_many(index, line.open(), "left to ship")));
                        }
                    }
                    let row = fulfilment::Model {
                        id: FulfilmentId::generate(),
                        order_id: id,
                        carrier: shipment.carrier.clone(),
                        tracking_number: shipment.tracking_number.clone(),
                        shipped_at: now,
                        delivered_at: None,
                    };
                    fulfilment::insert(transaction, row, &shipment.lines).await?;
                    follow_units(transaction, &order, By { actor: viewer.user, reason: None, at: now })
                        .await?;
                    Ok(id)
                })
            })
            .await?;
        Ok(outcome)
    }
}

impl Shipment {
    fn checked(mut self) -> Result<Self, Vec<UserError>> {
        let mut wrong = check_units(&self.lines);
        for (field, text) in
            [("carrier", &mut self.carrier), ("trackingNumber", &mut self.tracking_number)]
        {
            if let Some(text) = text {
                *text = text::plain_line(text);
                wrong.extend(text::length(field, text, 1, MAX_TRACKING));
            }
        }
        if wrong.is_empty() { Ok(self) } else { Err(wrong) }
    }
}

/// What is wrong with the units that a request names.
pub(super) fn check_units(lines: &[(OrderLineId, i32)]) -> Vec<UserError> {
    if lines.is_empty() || lines.len() > MAX_LINES {
        return vec![UserError::invalid("lines", format!("name 1 to {MAX_LINES} lines"))];
    }
    let mut wrong = Vec::new();
    let mut known = HashSet::with_capacity(lines.len());
    for (index, (id, units)) in lines.iter().enumerate() {
        if !known.insert(*id) {
            let field = format!("lines.{index}.lineId");
            wrong.push(UserError::invalid(&field, "a line is named twice"));
        }
        if *units < 1 {
            wrong.push(UserError::invalid(&format!("lines.{index}.quantity"), "must be at least 1"));
        }
    }
    wrong
}

pub(super) fn no_line(index: usize) -> UserError {
    UserError::not_found(&format!("lines.{index}.lineId"), "line")
}

pub(super) fn too_many(index: usize, left: i32, of: &str) -> UserError {
    let field = format!("lines.{index}.quantity");
    UserError::invalid(&field, format!("only {} are {of}", left.max(0)))
}

/// The order, locked, if something of it can be shipped.
async fn lock_paid(
    transaction: &DatabaseTransaction,
    scope: &Scope,
    id: OrderId,
) -> Result<std::sync::Arc<Model>> {
    let Some(order) = order::lock(transaction, scope, id).await? else {
        return Err(refuse(UserError::not_found("id", "order")));
    };
    match order.state {
        OrderState::Paid | OrderState::Fulfilling => Ok(order),
        state => {
            let message = match state {
                OrderState::PendingPayment => "it is not paid",
                OrderState::Cancelled | OrderState::Expired => "it is over",
                _ => "all of it is shipped",
            };
            Err(refuse(UserError::new(UserErrorCode::ForbiddenTransition, "id", message)))
        }
    }
}

/// Moves an order, which is locked, to where its units are: what is shipped and
/// cancelled, all of it or in part. A change in any case.
pub(super) async fn follow_units(
    transaction: &impl ConnectionTrait,
    order: &Model,
    by: By,
) -> Result<()> {
    let lines = line::of_orders(transaction, &[order.id]).await?;
    let is_begun = lines.iter().any(|line| line.shipped > 0);
    let is_through = lines.iter().all(|line| line.open() == 0);
    let mut state = order.state;
    if state == OrderState::Paid && is_begun {
        let states = (OrderState::Paid, OrderState::Fulfilling);
        moves::advance(transaction, order.id, states, Stamps::default(), &by).await?;
        state = OrderState::Fulfilling;
    }
    if state == OrderState::Fulfilling && is_through {
        let states = (OrderState::Fulfilling, OrderState::Fulfilled);
        let stamps = Stamps { fulfilled_at: Some(by.at), ..Stamps::default() };
        moves::advance(transaction, order.id, states, stamps, &by).await?;
        state = OrderState::Fulfilled;
    }
    if state == OrderState::Paid && is_through {
        // Nothing is left to ship, and nothing was: all of it is paid back. Whoever
        // did that has said whether the units go back into stock.
        super::cancel::call_off(transaction, order.id, OrderState::Paid, false, &by).await?;
        state = OrderState::Cancelled;
    }
    match state == order.state {
        true => moves::touch(transaction, order, false, by.at).await,
        false => Ok(()),
    }
}
