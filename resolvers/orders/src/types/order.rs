//! A placed order.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use entities::{
    ids::OrderId,
    orders::{line, part},
};
use kit::{Address, DateTime, Error, Url, Viewer, load};

use super::{
    Account, Fulfilment, OrderLine, OrderPart, OrderReturn, OrderState, OrderTotals, OrderTransition,
};
use crate::{
    loaders::{FulfilmentsOf, HistoryOf, LinesOf, PartsOf, ReturnsOf, Rows, shop},
    milliseconds,
    service::{FULFIL, Lens, Seen, Service, currency, told},
};

/// A placed order: an immutable snapshot plus a state.
pub(crate) struct Order {
    seen: Seen,
}

impl From<Seen> for Order {
    fn from(seen: Seen) -> Self {
        Self { seen }
    }
}

impl Order {
    async fn all_lines(&self, ctx: &Context<'_>) -> kit::Result<Arc<Vec<line::Model>>> {
        Ok(load::<Rows, _>(ctx, LinesOf(self.seen.row.id)).await?.unwrap_or_default())
    }

    async fn parts(&self, ctx: &Context<'_>) -> kit::Result<Vec<part::Model>> {
        let mut parts = load::<Rows, _>(ctx, PartsOf(self.seen.row.id)).await?.unwrap_or_default();
        parts.retain(|part| self.seen.lens.shows(part.seller_id));
        Ok(parts)
    }

    /// A placed order has all of it.
    fn placed<T>(value: Option<T>) -> kit::Result<T> {
        value.ok_or_else(|| Error::internal("an order that is not placed was shown"))
    }
}

/// A placed order: an immutable snapshot plus a state. Its buyer and staff see all
/// of it, a shop from the payment on what concerns its part.
#[Object(tag = "id/ord", tag = "viewer")]
impl Order {
    /// Global opaque id.
    pub(crate) async fn id(&self) -> OrderId {
        self.seen.row.id
    }

    /// How a guest got here, for the modules that add to orders.
    #[graphql(inaccessible)]
    async fn access(&self) -> &str {
        &self.seen.access
    }

    /// Human number: unique and increasing (invoice numbers, not these, are gapless).
    async fn number(&self) -> Result<String> {
        Ok(Self::placed(self.seen.row.number)?.to_string())
    }

    /// State.
    async fn state(&self) -> Result<OrderState> {
        Ok(Self::placed(told(self.seen.row.state))?.into())
    }

    /// States this viewer may move it to now, by orderFulfil and orderCancel.
    async fn allowed_transitions(&self, ctx: &Context<'_>) -> Result<Vec<OrderState>> {
        let viewer = Viewer::of(ctx);
        let shop = if viewer.may(FULFIL) { shop(ctx).await? } else { None };
        let lines = self.all_lines(ctx).await?;
        let allowed = self.seen.allowed(viewer, shop, &lines);
        Ok(allowed.into_iter().filter_map(told).map(OrderState::from).collect())
    }

    /// Buyer; null for a guest's order, and for shops.
    async fn buyer(&self) -> Option<Account> {
        let account = self.seen.row.account_id.filter(|_| self.seen.lens == Lens::Whole);
        account.map(|id| Account { id })
    }

    /// Lines as bought.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<OrderLine>> {
        let lines = self.all_lines(ctx).await?;
        let shown = lines.iter().filter(|line| self.seen.lens.shows(line.seller_id));
        Ok(shown.map(|line| OrderLine::new(&self.seen, line.clone())).collect::<kit::Result<_>>()?)
    }

    /// Parts by seller, each fulfilled on its own.
    async fn seller_parts(&self, ctx: &Context<'_>) -> Result<Vec<OrderPart>> {
        let parts = self.parts(ctx).await?;
        Ok(parts.into_iter().map(|part| OrderPart::new(self.seen.clone(), part)).collect())
    }

    /// Amounts as bought; for a shop, of its part.
    async fn totals(&self, ctx: &Context<'_>) -> Result<OrderTotals> {
        let currency = currency(&self.seen.row)?;
        match self.seen.lens {
            Lens::Whole => Ok(OrderTotals::of_order(&self.seen.row, currency)),
            Lens::Part(_) => {
                let parts = self.parts(ctx).await?;
                let part = parts.first().ok_or_else(|| Error::internal("a shop sees no part"))?;
                Ok(OrderTotals::of_part(part, currency))
            }
        }
    }

    /// Shipping address as bought; null after the buyer's account was erased, and
    /// for the shops of a cancelled order.
    async fn shipping_address(&self) -> Option<Address> {
        let is_needed = self.seen.lens == Lens::Whole || !self.seen.row.state.is_off();
        self.seen.row.shipping_address.clone().filter(|_| is_needed).map(Address::from)
    }

    /// Shipments.
    async fn fulfilments(&self, ctx: &Context<'_>) -> Result<Vec<Fulfilment>> {
        let rows = load::<Rows, _>(ctx, FulfilmentsOf(self.seen.row.id)).await?.unwrap_or_default();
        let shown = rows.into_iter().map(|row| Fulfilment::if_shown(ctx, self.seen.clone(), row));
        Ok(futures_util::future::try_join_all(shown).await?.into_iter().flatten().collect())
    }

    /// Returns asked for.
    async fn returns(&self, ctx: &Context<'_>) -> Result<Vec<OrderReturn>> {
        let rows = load::<Rows, _>(ctx, ReturnsOf(self.seen.row.id)).await?.unwrap_or_default();
        let shown = rows.into_iter().map(|row| OrderReturn::if_shown(ctx, self.seen.clone(), row));
        Ok(futures_util::future::try_join_all(shown).await?.into_iter().flatten().collect())
    }

    /// Every transition with its actor, the first first.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<OrderTransition>> {
        let rows = load::<Rows, _>(ctx, HistoryOf(self.seen.row.id)).await?.unwrap_or_default();
        let viewer = Viewer::of(ctx).user;
        Ok(rows.into_iter().map(|row| OrderTransition::new(row, self.seen.lens, viewer)).collect())
    }

    /// Invoice once paid, an HTML document at a short-lived address; null for shops.
    async fn invoice_url(&self, ctx: &Context<'_>) -> Option<Url> {
        let row = &self.seen.row;
        if row.invoice_number.is_none() || self.seen.lens != Lens::Whole {
            return None;
        }
        let service = ctx.data_unchecked::<Arc<Service>>();
        let until = service.clock.now().plus(milliseconds(service.options.link_lifetime));
        Some(service.secrets.invoice(row.id, until))
    }

    /// Placed.
    async fn placed_at(&self) -> Result<DateTime> {
        Ok(Self::placed(self.seen.row.placed_at)?)
    }

    /// When it expires unless it is paid; null once it is paid or over.
    async fn pay_until(&self) -> Option<DateTime> {
        let row = &self.seen.row;
        (row.state == entities::orders::OrderState::PendingPayment).then_some(row.pay_until)
    }

    /// Concurrency version.
    async fn version(&self) -> i32 {
        self.seen.row.version
    }
}
