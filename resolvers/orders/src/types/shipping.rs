//! What left the house, and what comes back.

use async_graphql::{Context, Object, Result};
use entities::{
    ids::{FulfilmentId, ReturnId},
    orders::{ReturnState, fulfilment, order_return},
};
use kit::{DateTime, load};

use super::{FulfilmentLine, OrderLine};
use crate::{
    loaders::{LinesOf, Rows, UnitsOf},
    service::{Lens, Seen},
};

/// A shipment.
pub(crate) struct Fulfilment {
    order: Seen,
    row: fulfilment::Model,
}

/// A return.
pub(crate) struct OrderReturn {
    order: Seen,
    row: order_return::Model,
}

impl Fulfilment {
    /// The shipment, if something of it concerns who looks at the order.
    pub(crate) async fn if_shown(
        ctx: &Context<'_>,
        order: Seen,
        row: fulfilment::Model,
    ) -> kit::Result<Option<Self>> {
        let is_shown = is_shown(ctx, &order, UnitsOf::Fulfilment(row.id)).await?;
        Ok(is_shown.then_some(Self { order, row }))
    }
}

impl OrderReturn {
    /// The return, if something of it concerns who looks at the order.
    pub(crate) async fn if_shown(
        ctx: &Context<'_>,
        order: Seen,
        row: order_return::Model,
    ) -> kit::Result<Option<Self>> {
        let is_shown = is_shown(ctx, &order, UnitsOf::Return(row.id)).await?;
        Ok(is_shown.then_some(Self { order, row }))
    }
}

/// A shipment.
#[Object(tag = "id/ful", tag = "viewer")]
impl Fulfilment {
    /// Global opaque id.
    pub(crate) async fn id(&self) -> FulfilmentId {
        self.row.id
    }

    /// Carrier.
    async fn carrier(&self) -> Option<&str> {
        self.row.carrier.as_deref()
    }

    /// Tracking number.
    async fn tracking_number(&self) -> Option<&str> {
        self.row.tracking_number.as_deref()
    }

    /// Units by line.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<FulfilmentLine>> {
        Ok(units(ctx, &self.order, UnitsOf::Fulfilment(self.row.id)).await?)
    }

    /// When it left.
    async fn shipped_at(&self) -> Option<DateTime> {
        Some(self.row.shipped_at)
    }

    /// When it arrived, null while that is not known.
    async fn delivered_at(&self) -> Option<DateTime> {
        self.row.delivered_at
    }
}

/// A return.
#[Object(tag = "id/ret", tag = "viewer")]
impl OrderReturn {
    /// Global opaque id.
    pub(crate) async fn id(&self) -> ReturnId {
        self.row.id
    }

    /// State.
    async fn state(&self) -> ReturnState {
        self.row.state
    }

    /// Reason, in the buyer's words.
    async fn reason(&self) -> &str {
        &self.row.reason
    }

    /// Units by line.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<FulfilmentLine>> {
        Ok(units(ctx, &self.order, UnitsOf::Return(self.row.id)).await?)
    }

    /// When it was asked for.
    async fn requested_at(&self) -> DateTime {
        self.row.requested_at
    }
}

async fn is_shown(ctx: &Context<'_>, order: &Seen, of: UnitsOf) -> kit::Result<bool> {
    match order.lens {
        Lens::Whole => Ok(true),
        Lens::Part(_) => Ok(!units(ctx, order, of).await?.is_empty()),
    }
}

/// The units that concern who looks at the order.
async fn units(ctx: &Context<'_>, order: &Seen, of: UnitsOf) -> kit::Result<Vec<FulfilmentLine>> {
    let units = load::<Rows, _>(ctx, of);
    let lines = load::<Rows, _>(ctx, LinesOf(order.row.id));
    let (units, lines) = futures_util::try_join!(units, lines)?;
    let (units, lines) = (units.unwrap_or_default(), lines.unwrap_or_default());
    let mut shown = Vec::with_capacity(units.len());
    for (id, quantity) in units {
        let line = lines.iter().find(|line| line.id == id && order.lens.shows(line.seller_id));
        if let Some(line) = line {
            shown.push(FulfilmentLine { line: OrderLine::new(order, line.clone())?, quantity });
        }
    }
    Ok(shown)
}
