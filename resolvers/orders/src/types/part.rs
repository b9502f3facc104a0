//! One seller's part of an order.

use async_graphql::{Context, Object, Result};
use entities::{ids::OrderPartId, orders::part};
use kit::{Money, load};

use super::{OrderLine, OrderTotals, Seller};
use crate::{
    loaders::{LinesOf, Rows},
    service::{Seen, currency},
};

/// One seller's part; the parts of an order add up to it.
pub(crate) struct OrderPart {
    order: Seen,
    row: part::Model,
}

impl OrderPart {
    /// A part of this order, which shows it.
    pub(crate) const fn new(order: Seen, row: part::Model) -> Self {
        Self { order, row }
    }

    fn money(&self, amount: i64) -> kit::Result<Money> {
        Ok(Money::new(amount, currency(&self.order.row)?))
    }
}

/// One seller's part; the parts of an order add up to it.
#[Object(tag = "viewer")]
impl OrderPart {
    /// Id.
    pub(crate) async fn id(&self) -> OrderPartId {
        self.row.id
    }

    /// Seller.
    async fn seller(&self) -> Option<Seller> {
        Some(Seller { id: self.row.seller_id })
    }

    /// Lines.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>> {
        let lines = load::<Rows, _>(ctx, LinesOf(self.order.row.id)).await?.unwrap_or_default();
        let own = lines.iter().filter(|line| line.part_id == self.row.id);
        Ok(own.map(|line| OrderLine::new(&self.order, line.clone())).collect::<kit::Result<_>>()?)
    }

    /// Amounts of the part, with its share of shipping.
    async fn totals(&self) -> Result<OrderTotals> {
        Ok(OrderTotals::of_part(&self.row, currency(&self.order.row)?))
    }

    /// Seller's share after commission, as agreed at checkout.
    async fn payout(&self) -> Result<Money> {
        Ok(self.money(self.row.payout)?)
    }

    /// What the marketplace keeps, as agreed at checkout.
    async fn commission(&self) -> Result<Money> {
        Ok(self.money(self.row.commission)?)
    }
}
