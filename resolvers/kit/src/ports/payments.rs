//! Money for orders.

use std::sync::Arc;

use entities::ids::{AccountId, OrderId, PaymentId, RefundId};

use crate::{Money, Result};

/// A payment to open.
#[derive(Debug, Clone)]
pub struct NewPayment {
    /// For which order; an order has one open payment at most.
    pub order_id: OrderId,
    /// Whose order; `None` for a guest's.
    pub account_id: Option<AccountId>,
    /// SHA-256 of the secret by which a guest sees the order, in hexadecimal.
    pub guest_access: Option<String>,
    /// How much to take.
    pub amount: Money,
}

/// How the opening of a payment ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// The provider knows of it and waits for the shopper.
    Ready(PaymentId),
    /// The provider is away: it is opened when the shopper confirms it, or by a
    /// worker before.
    Later(PaymentId),
    /// The provider takes no such payment, and never will.
    Refused(PaymentId),
}

/// Money of an order over all its payments, in minor units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Balance {
    /// Authorized and neither captured nor voided, or captured.
    pub authorized: i64,
    /// Captured.
    pub captured: i64,
    /// Given back, or on its way back.
    pub refunded: i64,
}

/// How a refund ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refunded {
    /// The provider has it, or will get it from a worker: it counts as given
    /// back.
    Accepted(RefundId),
    /// Only so much of what was captured is left to refund, in minor units.
    Exceeds(i64),
}

/// Takes and gives back money; implemented by the payments module. Every call
/// may be repeated.
#[async_trait::async_trait]
pub trait Payments: Send + Sync {
    /// Opens the payment of an order; the second time it answers as the first.
    ///
    /// # Errors
    /// When the owning module can't answer; the provider's being away is none.
    async fn open(&self, payment: NewPayment) -> Result<Opened>;

    /// What was taken and given back for an order.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn balance(&self, order: OrderId) -> Result<Balance>;

    /// The order is off: no money is taken for it any more, what was authorized
    /// is voided and what was captured is given back. A worker does what the
    /// provider can't do now.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn call_off(&self, order: OrderId, reason: &str) -> Result<()>;

    /// Gives back part of what was captured, once for each `key`.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn refund(&self, order: OrderId, key: &str, amount: i64, reason: &str) -> Result<Refunded>;

    /// Whom to tell when an order's money has moved.
    fn watch(&self, watcher: Arc<dyn PaymentWatcher>);
}

/// Follows the money of orders; implemented by the orders module. It is told at
/// once, so that whoever paid reads a paid order next; should it be down at that
/// moment, the event `payment.changed` tells it again.
#[async_trait::async_trait]
pub trait PaymentWatcher: Send + Sync {
    /// Whether money may be taken for the order: it is placed, unpaid and holds
    /// its units.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn is_payable(&self, order: OrderId) -> Result<bool>;

    /// Looks at what was paid for the order and moves it on.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn settle(&self, order: OrderId) -> Result<()>;
}
