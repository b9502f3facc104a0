//! The amounts of an order, or of a shop's part of one.

use async_graphql::SimpleObject;
use entities::orders::{order, part};
use kit::{CurrencyCode, Money};

/// subtotal - discount + shipping + tax = total.
#[derive(Debug, Clone, SimpleObject)]
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
    pub(crate) fn of_order(row: &order::Model, currency: CurrencyCode) -> Self {
        Self {
            subtotal: Money::new(row.subtotal, currency),
            discount: Money::new(row.discount, currency),
            shipping: Money::new(row.shipping, currency),
            tax: Money::new(row.tax, currency),
            total: Money::new(row.total, currency),
            is_estimate: false,
        }
    }

    pub(crate) fn of_part(row: &part::Model, currency: CurrencyCode) -> Self {
        Self {
            subtotal: Money::new(row.subtotal, currency),
            discount: Money::new(row.discount, currency),
            shipping: Money::new(row.shipping, currency),
            tax: Money::new(row.tax, currency),
            total: Money::new(row.total, currency),
            is_estimate: false,
        }
    }
}
