//! What orders tell.

use entities::ids::{AccountId, OrderId, ProductId, SellerId, UserId};
use serde::{Deserialize, Serialize};
use subscriptions::Fact;

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrderState {
    /// Placed and not paid.
    PendingPayment,
    /// Paid, nothing shipped.
    Paid,
    /// Some of it is shipped.
    Fulfilling,
    /// All of it is shipped.
    Fulfilled,
    /// Delivered, and past the time for returns.
    Completed,
    /// Called off.
    Cancelled,
    /// Not paid in time.
    Expired,
}

/// An order was placed or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderChanged {
    /// Which.
    pub order_id: OrderId,
    /// Whose; `None` for a guest's.
    pub account_id: Option<AccountId>,
    /// Who sells in it.
    pub seller_ids: Vec<SellerId>,
    /// The number of the move in its history, when the state changed.
    pub transition: Option<i32>,
    /// Where it stands now.
    pub state: OrderState,
}

impl Fact for OrderChanged {
    const KIND: &'static str = "order.changed";

    fn subject(&self) -> String {
        self.order_id.to_string()
    }
}

/// An order was paid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderPaid {
    /// Which.
    pub order_id: OrderId,
    /// Whose; `None` for a guest's.
    pub account_id: Option<AccountId>,
    /// The public side of that account.
    pub user_id: Option<UserId>,
    /// Who sells in it.
    pub seller_ids: Vec<SellerId>,
    /// What was bought.
    pub product_ids: Vec<ProductId>,
}

impl Fact for OrderPaid {
    const KIND: &'static str = "order.paid";

    fn subject(&self) -> String {
        self.order_id.to_string()
    }
}
