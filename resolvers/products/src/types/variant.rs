//! A purchasable unit of a product.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use entities::products::{
    price,
    variant::{self, Availability},
};
use kit::{CurrencyCode, Error, Money, Require, SelectedOption, Viewer, ids::VariantId, load};

use super::{Product, Quote};
use crate::loaders::{PriceOf, Rows, scope};

/// A purchasable unit.
pub(crate) struct Variant {
    row: Arc<variant::Model>,
}

impl From<Arc<variant::Model>> for Variant {
    fn from(row: Arc<variant::Model>) -> Self {
        Self { row }
    }
}

impl Variant {
    async fn quote(
        &self,
        ctx: &Context<'_>,
        currency: Option<CurrencyCode>,
    ) -> kit::Result<Option<(price::Model, CurrencyCode)>> {
        let quote = Quote::new(Viewer::of(ctx), currency);
        load::<Rows, _>(ctx, PriceOf { variant: self.row.id, quote }).await
    }
}

/// A purchasable unit.
#[Object(tag = "id/var")]
impl Variant {
    /// Global opaque id.
    pub(crate) async fn id(&self) -> VariantId {
        self.row.id
    }

    /// Unique SKU.
    async fn sku(&self) -> &str {
        &self.row.sku
    }

    /// The product this is a variant of.
    async fn product(&self, ctx: &Context<'_>) -> Result<Product> {
        let key = (scope(ctx).await?, self.row.product_id);
        let row = load::<Rows, _>(ctx, key).await?;
        Ok(row.map(Product::from).ok_or_else(|| Error::internal("the product is gone"))?)
    }

    /// The chosen values, e.g. "Oak / 140 cm".
    async fn title(&self) -> &str {
        &self.row.title
    }

    /// Chosen options.
    async fn options(&self) -> Vec<SelectedOption> {
        self.row.options.0.iter().cloned().map(SelectedOption::from).collect()
    }

    /// Price now; null when it is not sold in the currency asked for, or neither in
    /// the viewer's nor in EUR.
    async fn price(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Currency; the viewer's when absent, or EUR for a guest and for what is not sold in the viewer's."
        )]
        currency: Option<CurrencyCode>,
    ) -> Result<Option<Money>> {
        let quote = self.quote(ctx, currency).await?;
        Ok(quote.map(|(price, currency)| Money::new(price.minor_units, currency)))
    }

    /// Crossed-out price in the currency of the price, null when there is none.
    async fn compare_at_price(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Currency; the viewer's when absent, or EUR for a guest and for what is not sold in the viewer's."
        )]
        currency: Option<CurrencyCode>,
    ) -> Result<Option<Money>> {
        let Some((price, currency)) = self.quote(ctx, currency).await? else {
            return Ok(None);
        };
        Ok(price.compare_at.map(|minor_units| Money::new(minor_units, currency)))
    }

    /// Coarse stock for shoppers.
    async fn availability(&self) -> Availability {
        Availability::of(self.row.available(), self.row.is_backorderable)
    }

    /// Exact free units (on hand - reserved).
    #[graphql(guard = "Require(\"inventory:read\")", requires_scopes = "inventory:read")]
    async fn available(&self) -> Option<i32> {
        Some(self.row.available())
    }

    /// Weight in grams, null when unknown.
    async fn weight_grams(&self) -> Option<i32> {
        self.row.weight_grams
    }
}
