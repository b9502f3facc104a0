//! The rules of orders. Know nothing of GraphQL.
//!
//! **Checkout** is a row of steps in several modules, none of which can be undone
//! by a rollback: the order is written in a hidden state, then the cart is
//! claimed, units are reserved, a payment is opened, and the order is placed. Each
//! step may be repeated, so whoever finds an order that is half-way goes on with
//! it. Whoever must give one up says so first, in the row (`UNDOING`): from then
//! on nobody places it, and everybody who finds it undoes it.
//!
//! **The reservation decides** whether an order was paid or is over: `take` and
//! `release` of its units compete in one statement of the products module. Nothing
//! here trusts a clock to tell.

mod cancel;
mod checkout;
mod complete;
mod fulfil;
mod moves;
mod place;
mod refund;
mod returns;
mod settle;
mod snapshot;
mod view;
mod work;

use std::sync::Arc;

use kit::{
    Clock, Database, Platform, Result, UserError, Viewer,
    ports::{Carts, Payments, Sellers, Stock},
    text,
};

pub(crate) use self::{
    checkout::{Draft, Placed, currency},
    fulfil::Shipment,
    moves::told,
    refund::{RefundDraft, What},
    settle::SettleOrders,
    view::{Lens, Seen, scope},
};
use crate::{OrdersOptions, secrets::Secrets};

/// Sees all orders.
pub(crate) const READ: &str = "orders:read";
/// Cancels orders and decides returns.
pub(crate) const WRITE: &str = "orders:write";
/// Ships.
pub(crate) const FULFIL: &str = "orders:fulfil";
/// Gives money back.
pub(crate) const REFUND: &str = "orders:refund";

/// The most characters of a reason.
const MAX_REASON: usize = 500;
/// The most lines that one request names.
const MAX_LINES: usize = 200;

/// What the rules need.
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) options: OrdersOptions,
    pub(crate) secrets: Secrets,
    carts: Arc<dyn Carts>,
    stock: Arc<dyn Stock>,
    payments: Arc<dyn Payments>,
    sellers: Arc<dyn Sellers>,
}

impl Service {
    pub(crate) async fn open(platform: &Platform, options: OrdersOptions) -> Result<Self> {
        Ok(Self {
            db: platform.db.clone(),
            clock: platform.clock.clone(),
            secrets: Secrets::open(&options, platform).await?,
            carts: platform.ports.get::<dyn Carts>()?,
            stock: platform.ports.get::<dyn Stock>()?,
            payments: platform.ports.get::<dyn Payments>()?,
            sellers: platform.ports.get::<dyn Sellers>()?,
            options,
        })
    }
}

/// A reason, cleaned, or what is wrong with it.
fn reason(text: &str) -> Result<String, UserError> {
    let reason = text::plain_line(text);
    match text::length("reason", &reason, 1, MAX_REASON) {
        Some(wrong) => Err(wrong),
        None => Ok(reason),
    }
}

/// Whether the viewer decides for the shop.
fn is_staff(viewer: &Viewer) -> bool {
    viewer.may(READ)
}

#[cfg(test)]
pub(crate) use self::{
    moves::MOVES,
    snapshot::tests::{a_cart, snapshot_of},
};
