//! The moves of an order, and what its watchers are told.

use async_graphql::{Object, SimpleObject};
use entities::orders::transition;
use kit::{DateTime, ids::UserId};

use super::{Order, OrderState, User};
use crate::service::{Lens, told};

/// A move in the state machine.
pub(crate) struct OrderTransition {
    row: transition::Model,
    lens: Lens,
    viewer: Option<UserId>,
}

impl OrderTransition {
    /// A move, as somebody with this view of the order sees it.
    pub(crate) const fn new(row: transition::Model, lens: Lens, viewer: Option<UserId>) -> Self {
        Self { row, lens, viewer }
    }

    /// A shop learns neither who else moved an order nor in which words.
    fn is_open(&self) -> bool {
        self.lens == Lens::Whole || (self.row.actor_id.is_some() && self.row.actor_id == self.viewer)
    }
}

/// A move in the state machine.
#[Object(tag = "viewer")]
impl OrderTransition {
    /// From; null when it was placed.
    async fn from(&self) -> Option<OrderState> {
        self.row.from_state.and_then(told).map(OrderState::from)
    }

    /// To.
    async fn to(&self) -> async_graphql::Result<OrderState> {
        let state = told(self.row.to_state).map(OrderState::from);
        Ok(state.ok_or_else(|| kit::Error::internal("no move leads to a hidden state"))?)
    }

    /// Who; null for the system, for guests, and where it is not the viewer's
    /// business.
    async fn actor(&self) -> Option<User> {
        self.row.actor_id.filter(|_| self.is_open()).map(|id| User { id })
    }

    /// When.
    async fn at(&self) -> DateTime {
        self.row.at
    }

    /// Why, where it was said and is the viewer's business.
    async fn reason(&self) -> Option<&str> {
        self.row.reason.as_deref().filter(|_| self.is_open())
    }
}

/// An order was placed or changed.
#[derive(SimpleObject)]
#[graphql(tag = "viewer")]
pub(crate) struct OrderEvent {
    /// When it happened.
    pub(crate) at: DateTime,
    /// Position; pass as `after` to resume without gaps.
    pub(crate) cursor: String,
    /// Order as of now.
    pub(crate) order: Order,
    /// The move, when the state changed.
    pub(crate) transition: Option<OrderTransition>,
}
