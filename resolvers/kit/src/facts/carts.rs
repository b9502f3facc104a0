//! What carts tell.

use entities::ids::{CartId, DiscountId};
use serde::{Deserialize, Serialize};
use subscriptions::Fact;

/// A cart was changed, or what is in it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CartChanged {
    /// Which.
    pub cart_id: CartId,
}

impl Fact for CartChanged {
    const KIND: &'static str = "cart.changed";

    fn subject(&self) -> String {
        self.cart_id.to_string()
    }
}

/// A discount code was made, changed or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscountChanged {
    /// Which.
    pub discount_id: DiscountId,
}

impl Fact for DiscountChanged {
    const KIND: &'static str = "discount.changed";

    fn subject(&self) -> String {
        self.discount_id.to_string()
    }
}
