//! A line as bought.

use async_graphql::{Object, SimpleObject};
use entities::{ids::OrderLineId, orders::line};
use kit::{CurrencyCode, Money, Result, SelectedOption};

use super::Variant;
use crate::service::{Seen, currency};

/// A line as bought; survives the product.
#[derive(Clone)]
pub(crate) struct OrderLine {
    row: line::Model,
    currency: CurrencyCode,
}

impl OrderLine {
    /// A line of this order.
    pub(crate) fn new(order: &Seen, row: line::Model) -> Result<Self> {
        Ok(Self { row, currency: currency(&order.row)? })
    }
}

/// A line as bought; survives the product.
#[Object(tag = "viewer")]
impl OrderLine {
    /// Id.
    pub(crate) async fn id(&self) -> OrderLineId {
        self.row.id
    }

    /// Variant if it still exists and the viewer may see it.
    async fn variant(&self) -> Option<Variant> {
        Some(Variant { id: self.row.variant_id })
    }

    /// Title then.
    async fn title(&self) -> &str {
        &self.row.title
    }

    /// SKU then.
    async fn sku(&self) -> &str {
        &self.row.sku
    }

    /// Options then.
    async fn options(&self) -> Vec<SelectedOption> {
        self.row.options.0.iter().cloned().map(SelectedOption::from).collect()
    }

    /// Units.
    async fn quantity(&self) -> i32 {
        self.row.quantity
    }

    /// Price of one then.
    async fn unit_price(&self) -> Money {
        Money::new(self.row.unit_price, self.currency)
    }

    /// Discount on the line, and its share of the discounts on the order.
    async fn discount(&self) -> Money {
        Money::new(self.row.discount, self.currency)
    }

    /// Tax share.
    async fn tax(&self) -> Money {
        Money::new(self.row.tax, self.currency)
    }

    /// quantity x unitPrice - discount + tax.
    async fn total(&self) -> Money {
        Money::new(self.row.total, self.currency)
    }

    /// Units shipped.
    async fn fulfilled_quantity(&self) -> i32 {
        self.row.shipped
    }

    /// Units that will not be shipped.
    async fn cancelled_quantity(&self) -> i32 {
        self.row.cancelled
    }

    /// Units of those shipped that come back: in returns that were not rejected.
    async fn returned_quantity(&self) -> i32 {
        self.row.returned
    }

    /// Units refunded.
    async fn refunded_quantity(&self) -> i32 {
        self.row.refunded
    }
}

/// Units of a line, shipped or returned.
#[derive(SimpleObject)]
#[graphql(tag = "viewer")]
pub(crate) struct FulfilmentLine {
    /// Line.
    pub(crate) line: OrderLine,
    /// Units.
    pub(crate) quantity: i32,
}
