//! The state machine of an order: one table of moves, and the one function that
//! makes them. Every move counts the order's version up, stands in its history
//! and is told.

use entities::orders::{
    OrderState::{
        self, Cancelled, Completed, Expired, Fulfilled, Fulfilling, Paid, PendingPayment, Placing,
    },
    order::{self, Model, Stamps},
    part, transition,
};
use kit::{
    DateTime, Error, Result,
    facts::{OrderChanged, OrderState as Told},
    ids::UserId,
};
use sea_orm::ConnectionTrait;
use subscriptions::{EventLog, NewEvent};

/// All moves that there are.
pub(crate) const MOVES: &[(OrderState, OrderState)] = &[
    (Placing, PendingPayment),
    (PendingPayment, Paid),
    (PendingPayment, Cancelled),
    (PendingPayment, Expired),
    (Paid, Fulfilling),
    (Paid, Cancelled),
    (Fulfilling, Fulfilled),
    (Fulfilled, Completed),
];

/// Who moves an order, why and when.
#[derive(Debug, Clone)]
pub(super) struct By {
    /// None for the system and for guests.
    pub(super) actor: Option<UserId>,
    pub(super) reason: Option<String>,
    pub(super) at: DateTime,
}

impl By {
    /// Nobody in particular.
    pub(super) const fn system(at: DateTime) -> Self {
        Self { actor: None, reason: None, at }
    }

    /// Nobody in particular, for a reason.
    pub(super) fn system_because(reason: &str, at: DateTime) -> Self {
        Self { actor: None, reason: Some(reason.to_owned()), at }
    }
}

/// Moves an order on, if it still stands at `from`. The order after it.
pub(super) async fn advance(
    transaction: &impl ConnectionTrait,
    id: kit::ids::OrderId,
    (from, to): (OrderState, OrderState),
    stamps: Stamps,
    by: &By,
) -> Result<Option<Model>> {
    if !MOVES.contains(&(from, to)) {
        return Err(Error::internal(format!("no order moves from {from:?} to {to:?}")));
    }
    let Some(order) = order::advance(transaction, id, from, to, stamps).await? else {
        return Ok(None);
    };
    let row = transition::Model {
        order_id: id,
        sequence: order.moves,
        from_state: from.is_placed().then_some(from),
        to_state: to,
        actor_id: by.actor,
        reason: by.reason.clone(),
        at: by.at,
    };
    transition::insert(transaction, row).await?;
    tell(transaction, &order, Some(order.moves), by.at).await?;
    Ok(Some(order))
}

/// Counts a change of an order, which is locked, and tells it.
pub(super) async fn touch(
    transaction: &impl ConnectionTrait,
    order: &Model,
    has_loose_ends: bool,
    at: DateTime,
) -> Result<()> {
    order::touch(transaction, order.id, has_loose_ends).await?;
    tell(transaction, order, None, at).await
}

async fn tell(
    transaction: &impl ConnectionTrait,
    order: &Model,
    transition: Option<i32>,
    at: DateTime,
) -> Result<()> {
    let Some(state) = told(order.state) else { return Ok(()) };
    let fact = OrderChanged {
        order_id: order.id,
        account_id: order.account_id,
        seller_ids: part::sellers(transaction, order.id).await?,
        transition,
        state,
    };
    Ok(EventLog::append(transaction, NewEvent::new(&fact, at)).await?)
}

/// The state as others know it; none of a hidden one.
pub(crate) const fn told(state: OrderState) -> Option<Told> {
    Some(match state {
        OrderState::Placing | OrderState::Undoing => return None,
        PendingPayment => Told::PendingPayment,
        Paid => Told::Paid,
        Fulfilling => Told::Fulfilling,
        Fulfilled => Told::Fulfilled,
        Completed => Told::Completed,
        Cancelled => Told::Cancelled,
        Expired => Told::Expired,
    })
}
