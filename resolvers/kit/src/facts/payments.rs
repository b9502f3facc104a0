//! What payments tell.

use entities::ids::{AccountId, OrderId, PaymentId};
use serde::{Deserialize, Serialize};
use subscriptions::Fact;

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PaymentState {
    /// The payer must do something: confirm it, or prove who they are.
    RequiresAction,
    /// The provider works on it.
    Processing,
    /// The money is set aside.
    Authorized,
    /// The money was taken.
    Captured,
    /// Part of what was taken was given back.
    PartiallyRefunded,
    /// All of what was taken was given back.
    Refunded,
    /// It was declined.
    Failed,
    /// It was called off before money was taken.
    Voided,
}

/// A payment was opened or moved on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentChanged {
    /// Which.
    pub payment_id: PaymentId,
    /// For which order.
    pub order_id: OrderId,
    /// Whose; `None` for a guest's.
    pub account_id: Option<AccountId>,
    /// Where it stands now.
    pub state: PaymentState,
}

impl Fact for PaymentChanged {
    const KIND: &'static str = "payment.changed";

    fn subject(&self) -> String {
        self.payment_id.to_string()
    }
}
