//! A cart and its lines.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use entities::carts::cart;
use kit::{
    Address, CurrencyCode, DateTime, Error, Money, UserErrorCode,
    ids::{CartId, CartLineId},
    load,
};

use super::{CartWarning, OrderTotals, ShippingOption, Variant, warnings::warning_of};
use crate::{
    loaders::{AsRead, Rows},
    pricing::{PricedRow, Pricing},
};

/// A cart: a guest's (by secret token) or an account's (one open cart a currency).
#[derive(Clone)]
pub(crate) struct Cart {
    row: Arc<cart::Model>,
    /// What the request presented, or was just given.
    token: Option<String>,
}

impl Cart {
    /// A cart that somebody reaches by this secret, or without one.
    pub(crate) const fn new(row: Arc<cart::Model>, token: Option<String>) -> Self {
        Self { row, token }
    }

    async fn pricing(&self, ctx: &Context<'_>) -> kit::Result<Arc<Pricing>> {
        let pricing = load::<Rows, _>(ctx, AsRead(self.row.clone())).await?;
        pricing.ok_or_else(|| Error::internal("the cart was not priced"))
    }

    fn code(&self) -> kit::Result<CurrencyCode> {
        let code = self.row.currency.parse();
        code.map_err(|()| Error::internal("a cart has an unknown currency"))
    }

    /// A line by its id.
    pub(crate) async fn line(&self, ctx: &Context<'_>, id: CartLineId) -> kit::Result<Option<CartLine>> {
        let (pricing, currency) = (self.pricing(ctx).await?, self.code()?);
        let place = pricing.lines.iter().position(|line| line.row.id == id);
        Ok(place.map(|place| CartLine { pricing, place, currency }))
    }
}

/// A cart: a guest's (by secret token) or an account's (one open cart a currency).
#[Object(tag = "id/cart", tag = "viewer")]
impl Cart {
    /// Global opaque id. A guest's cart is found by its token, not by its id.
    pub(crate) async fn id(&self) -> CartId {
        self.row.id
    }

    /// Secret for guests, shown to whoever presented it or made the cart; null for
    /// account carts.
    async fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// Lines in order added.
    async fn lines(&self, ctx: &Context<'_>) -> Result<Vec<CartLine>> {
        let (pricing, currency) = (self.pricing(ctx).await?, self.code()?);
        let line = |place| CartLine { pricing: pricing.clone(), place, currency };
        Ok((0..pricing.lines.len()).map(line).collect())
    }

    /// Units.
    async fn total_quantity(&self, ctx: &Context<'_>) -> Result<i32> {
        let pricing = self.pricing(ctx).await?;
        Ok(pricing.lines.iter().map(|line| line.row.quantity).sum())
    }

    /// Currency of all amounts.
    async fn currency(&self) -> Result<CurrencyCode> {
        Ok(self.code()?)
    }

    /// Amounts, in minor units exactly additive.
    async fn totals(&self, ctx: &Context<'_>) -> Result<OrderTotals> {
        Ok(OrderTotals::new(self.pricing(ctx).await?.totals, self.code()?))
    }

    /// Codes and whether they apply, in the order in which they do.
    async fn discount_codes(&self, ctx: &Context<'_>) -> Result<Vec<CartDiscountCode>> {
        let (pricing, currency) = (self.pricing(ctx).await?, self.code()?);
        let codes = pricing.codes.iter().map(|code| CartDiscountCode {
            code: code.text.clone(),
            applicable: code.reason.is_none(),
            reason: code.reason,
            amount: Money::new(code.amount, currency),
        });
        Ok(codes.collect())
    }

    /// Chosen address, null until there is one.
    async fn shipping_address(&self) -> Option<Address> {
        self.row.shipping_address.clone().map(Address::from)
    }

    /// Rates for that address; null until there is one.
    async fn shipping_options(&self, ctx: &Context<'_>) -> Result<Option<Vec<ShippingOption>>> {
        let (pricing, currency) = (self.pricing(ctx).await?, self.code()?);
        let options = |rates: &Vec<_>| {
            rates.iter().cloned().map(|rate| ShippingOption::new(rate, currency)).collect()
        };
        Ok(pricing.rates.as_ref().map(options))
    }

    /// Chosen rate; null until there is one, and when it is no longer offered.
    async fn selected_shipping(&self, ctx: &Context<'_>) -> Result<Option<ShippingOption>> {
        let (pricing, currency) = (self.pricing(ctx).await?, self.code()?);
        Ok(pricing.selected.clone().map(|rate| ShippingOption::new(rate, currency)))
    }

    /// What the shopper must know before paying, as of now.
    async fn warnings(&self, ctx: &Context<'_>) -> Result<Vec<CartWarning>> {
        let (pricing, currency) = (self.pricing(ctx).await?, self.code()?);
        Ok(pricing.warnings.iter().map(|warning| warning_of(warning, currency)).collect())
    }

    /// Ready for checkout: it has lines, an address and a rate, and no blocking
    /// warning.
    async fn is_ready(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.pricing(ctx).await?.is_ready())
    }

    /// Abandoned after; moves on with each change.
    async fn expires_at(&self) -> DateTime {
        self.row.expires_at
    }

    /// Concurrency version: one more with each change. Prices and stock are none.
    async fn version(&self) -> i32 {
        self.row.version
    }
}

/// A line. Price is read live; priceWhenAdded tells the change.
#[derive(Clone)]
pub(crate) struct CartLine {
    pricing: Arc<Pricing>,
    place: usize,
    currency: CurrencyCode,
}

impl CartLine {
    fn line(&self) -> &PricedRow {
        &self.pricing.lines[self.place]
    }
}

/// A line. Price is read live; priceWhenAdded tells the change.
#[Object(tag = "viewer")]
impl CartLine {
    /// Id.
    pub(crate) async fn id(&self) -> CartLineId {
        self.line().row.id
    }

    /// Variant; null when it is no longer to be seen.
    async fn variant(&self) -> Option<Variant> {
        Some(Variant { id: self.line().row.variant_id })
    }

    /// Units.
    async fn quantity(&self) -> i32 {
        self.line().row.quantity
    }

    /// Price now; the last one the shopper agreed to when it can't be bought.
    async fn unit_price(&self) -> Money {
        Money::new(self.line().unit_price, self.currency)
    }

    /// Price when added.
    async fn price_when_added(&self) -> Money {
        Money::new(self.line().row.price_when_added, self.currency)
    }

    /// Discount on this line.
    async fn discount(&self) -> Money {
        Money::new(self.line().discount, self.currency)
    }

    /// quantity x unitPrice - discount.
    async fn total(&self) -> Money {
        Money::new(self.line().total(), self.currency)
    }

    /// The caller's note.
    async fn note(&self) -> Option<&str> {
        Some(self.line().row.note.as_str()).filter(|note| !note.is_empty())
    }
}

/// A code on the cart.
#[derive(SimpleObject)]
pub(crate) struct CartDiscountCode {
    /// Code, in upper case.
    code: String,
    /// Applies now.
    applicable: bool,
    /// Why not.
    reason: Option<UserErrorCode>,
    /// What it takes off; nothing when it does not apply.
    amount: Money,
}
