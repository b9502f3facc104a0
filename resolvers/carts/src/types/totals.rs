//! What a cart comes to.

use async_graphql::SimpleObject;
use kit::{CurrencyCode, Money};

use crate::pricing::Totals;

/// subtotal - discount + shipping + tax = total.
#[derive(SimpleObject)]
#[graphql(shareable)]
pub(crate) struct OrderTotals {
    /// Sum of line totals before order discounts.
    subtotal: Money,
    /// Order discounts.
    discount: Money,
    /// Shipping.
    shipping: Money,
    /// Tax.
    tax: Money,
    /// To pay.
    total: Money,
    /// True until address and rate are known.
    is_estimate: bool,
}

impl OrderTotals {
    pub(crate) fn new(totals: Totals, currency: CurrencyCode) -> Self {
        let money = |minor_units| Money::new(minor_units, currency);
        Self {
            subtotal: money(totals.subtotal),
            discount: money(totals.discount),
            shipping: money(totals.shipping),
            tax: money(totals.tax),
            total: money(totals.total),
            is_estimate: totals.is_estimate,
        }
    }
}
