//! Loaders of variants and their prices.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entities::{
    ids::{ProductId, VariantId},
    products::{Scope, price, variant},
};
use kit::{CurrencyCode, Error, PageArgs, Result, groups};

use super::Rows;
use crate::types::Quote;

/// A page of a product's variants, with one row more to see whether it goes on.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct VariantsOf {
    pub(crate) product: ProductId,
    pub(crate) page: PageArgs<variant::Position>,
}

/// How many variants a product has.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct VariantCountOf(pub(crate) ProductId);

/// What a variant costs, in one currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PriceOf {
    pub(crate) variant: VariantId,
    pub(crate) quote: Quote,
}

impl Loader<(Scope, VariantId)> for Rows {
    type Value = Arc<variant::Model>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[(Scope, VariantId)],
    ) -> Result<HashMap<(Scope, VariantId), Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (scope, ids) in groups(keys.iter().copied()) {
            let rows = variant::by_ids(self.0.read(), scope, &ids).await?;
            found.extend(rows.into_iter().map(|row| ((scope, row.id), row)));
        }
        Ok(found)
    }
}

impl Loader<VariantsOf> for Rows {
    type Value = Vec<Arc<variant::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[VariantsOf]) -> Result<HashMap<VariantsOf, Self::Value>> {
        let mut found: HashMap<VariantsOf, Self::Value> = HashMap::with_capacity(keys.len());
        for (page, products) in groups(keys.iter().map(|key| (key.page.clone(), key.product))) {
            for row in variant::pages(self.0.read(), &products, page.rows()).await? {
                let key = VariantsOf { product: row.product_id, page: page.clone() };
                found.entry(key).or_default().push(row);
            }
        }
        Ok(found)
    }
}

impl Loader<VariantCountOf> for Rows {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[VariantCountOf]) -> Result<HashMap<VariantCountOf, i64>> {
        let products: Vec<ProductId> = keys.iter().map(|key| key.0).collect();
        let counts = variant::counts(self.0.read(), &products).await?;
        Ok(counts.into_iter().map(|(product, count)| (VariantCountOf(product), count)).collect())
    }
}

impl Loader<PriceOf> for Rows {
    type Value = (price::Model, CurrencyCode);
    type Error = Error;

    async fn load(&self, keys: &[PriceOf]) -> Result<HashMap<PriceOf, Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (quote, variants) in groups(keys.iter().map(|key| (key.quote, key.variant))) {
            let (code, otherwise) = quote.codes();
            let db = self.0.read();
            let prices = price::of_variants(db, &variants, &code, otherwise.as_deref()).await?;
            for (currency, price) in quote.by_preference(prices, |price| &price.currency) {
                found.insert(PriceOf { variant: price.variant_id, quote }, (price, currency));
            }
        }
        Ok(found)
    }
}
