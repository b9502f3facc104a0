//! What mutations take.

use async_graphql::InputObject;
use entities::ids::{OrderId, OrderLineId};
use kit::{AddressInput, CartRef, MoneyInput, UserError};

use crate::service::{Draft, RefundDraft, What};

/// Checkout: reserves stock, snapshots prices, opens a payment. Same key = same order.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct CheckoutInput {
    /// Cart; the account's own when absent.
    cart: Option<CartRef>,
    /// Fail if the cart changed since.
    cart_version: i32,
    /// Retry-safe key, up to 255 characters.
    pub(crate) idempotency_key: String,
    /// Guest email; accounts have their own.
    email: Option<String>,
    /// Billing address; the shipping address when absent.
    billing_address: Option<AddressInput>,
    /// Total the shopper saw; a different one fails with PRICE_CHANGED.
    expected_total: MoneyInput,
}

impl CheckoutInput {
    /// As the rules want it, or what is wrong with it.
    pub(crate) fn read(self) -> Result<Draft, Vec<UserError>> {
        let billing = self.billing_address.map(|address| address.check("billingAddress"));
        Ok(Draft {
            cart: self.cart,
            cart_version: self.cart_version,
            email: self.email,
            billing: billing.transpose()?,
            expected: self.expected_total.minor_units.0,
            currency: self.expected_total.currency.to_string(),
        })
    }
}

/// Units of a line.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct LineQuantity {
    /// Line.
    line_id: OrderLineId,
    /// Units, at least 1.
    quantity: i32,
}

/// The lines and units that a client names.
pub(crate) fn pairs(lines: Vec<LineQuantity>) -> Vec<(OrderLineId, i32)> {
    lines.into_iter().map(|line| (line.line_id, line.quantity)).collect()
}

/// Refund: by lines, by amount, or the rest when neither is given.
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RefundInput {
    /// Order.
    order_id: OrderId,
    /// Units to pay back at what they cost, without shipping; those that were not
    /// shipped are cancelled.
    lines: Option<Vec<LineQuantity>>,
    /// Amount to pay back; excludes `lines`.
    amount: Option<MoneyInput>,
    /// Put the units back into stock; not with `amount`, which has none.
    #[graphql(default_with = "Some(false)")]
    restock: Option<bool>,
    /// Reason, 1 to 500 characters.
    reason: String,
    /// Retry-safe key, up to 255 characters.
    pub(crate) idempotency_key: String,
}

impl RefundInput {
    /// As the rules want it, or what is wrong with it.
    pub(crate) fn read(self) -> Result<RefundDraft, Vec<UserError>> {
        let what = match (self.lines, self.amount) {
            (Some(_), Some(_)) => {
                return Err(vec![UserError::invalid("amount", "give lines or an amount, not both")]);
            }
            (Some(lines), None) => What::Lines(pairs(lines)),
            (None, Some(amount)) => What::Amount(amount.minor_units.0, amount.currency.to_string()),
            (None, None) => What::Rest,
        };
        let restock = self.restock.unwrap_or(false);
        Ok(RefundDraft { order_id: self.order_id, what, restock, reason: self.reason })
    }
}
