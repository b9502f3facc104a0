//! Loaders of products and what belongs to each of them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use async_graphql::dataloader::Loader;
use entities::{
    ids::{AccountId, ProductId, SellerId},
    products::{Scope, favourite, image, price_span, product, variant},
};
use kit::{CurrencyCode, Error, Result, groups};

use super::Rows;
use crate::types::Quote;

/// The long texts of a product.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct DetailsOf(pub(crate) ProductId);

/// The first images of a product, or all.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ImagesOf {
    pub(crate) product: ProductId,
    pub(crate) first: Option<i32>,
}

/// Lowest and highest price of a product, in one currency.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PriceSpanOf {
    pub(crate) product: ProductId,
    pub(crate) quote: Quote,
}

/// Whether a variant of the product can be bought now.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct InStock(pub(crate) ProductId);

/// Whether an account keeps a product as a favourite.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct IsFavourite {
    pub(crate) account: AccountId,
    pub(crate) product: ProductId,
}

/// Reviews with 1 to 5 stars over all products of a seller.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RatingsOf(pub(crate) SellerId);

impl Loader<(Scope, ProductId)> for Rows {
    type Value = Arc<product::Row>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[(Scope, ProductId)],
    ) -> Result<HashMap<(Scope, ProductId), Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (scope, ids) in groups(keys.iter().copied()) {
            let rows = product::by_ids(self.0.read(), scope, &ids).await?;
            found.extend(rows.into_iter().map(|row| ((scope, row.id), row)));
        }
        Ok(found)
    }
}

impl Loader<DetailsOf> for Rows {
    type Value = Arc<product::Details>;
    type Error = Error;

    async fn load(&self, keys: &[DetailsOf]) -> Result<HashMap<DetailsOf, Self::Value>> {
        let ids: Vec<ProductId> = keys.iter().map(|key| key.0).collect();
        let rows = product::details(self.0.read(), &ids).await?;
        Ok(rows.into_iter().map(|(id, details)| (DetailsOf(id), details)).collect())
    }
}

impl Loader<ImagesOf> for Rows {
    type Value = Vec<Arc<image::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[ImagesOf]) -> Result<HashMap<ImagesOf, Self::Value>> {
        let mut found: HashMap<ImagesOf, Self::Value> = HashMap::with_capacity(keys.len());
        for (first, products) in groups(keys.iter().map(|key| (key.first, key.product))) {
            for image in image::of_products(self.0.read(), &products, first).await? {
                let key = ImagesOf { product: image.product_id, first };
                found.entry(key).or_default().push(Arc::new(image));
            }
        }
        Ok(found)
    }
}

impl Loader<PriceSpanOf> for Rows {
    type Value = (price_span::Model, CurrencyCode);
    type Error = Error;

    async fn load(&self, keys: &[PriceSpanOf]) -> Result<HashMap<PriceSpanOf, Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (quote, products) in groups(keys.iter().map(|key| (key.quote, key.product))) {
            let (code, otherwise) = quote.codes();
            let db = self.0.read();
            let spans = price_span::of_products(db, &products, &code, otherwise.as_deref()).await?;
            for (currency, span) in quote.by_preference(spans, |span| &span.currency) {
                found.insert(PriceSpanOf { product: span.product_id, quote }, (span, currency));
            }
        }
        Ok(found)
    }
}

impl Loader<InStock> for Rows {
    type Value = bool;
    type Error = Error;

    async fn load(&self, keys: &[InStock]) -> Result<HashMap<InStock, bool>> {
        let ids: Vec<ProductId> = keys.iter().map(|key| key.0).collect();
        let found: HashSet<ProductId> =
            variant::in_stock(self.0.read(), &ids).await?.into_iter().collect();
        Ok(keys.iter().map(|key| (*key, found.contains(&key.0))).collect())
    }
}

impl Loader<IsFavourite> for Rows {
    type Value = bool;
    type Error = Error;

    async fn load(&self, keys: &[IsFavourite]) -> Result<HashMap<IsFavourite, bool>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (account, products) in groups(keys.iter().map(|key| (key.account, key.product))) {
            let kept: HashSet<ProductId> =
                favourite::among(self.0.read(), account, &products).await?.into_iter().collect();
            let answer = |product| (IsFavourite { account, product }, kept.contains(&product));
            found.extend(products.into_iter().map(answer));
        }
        Ok(found)
    }
}

impl Loader<RatingsOf> for Rows {
    type Value = [i64; 5];
    type Error = Error;

    async fn load(&self, keys: &[RatingsOf]) -> Result<HashMap<RatingsOf, Self::Value>> {
        let sellers: Vec<SellerId> = keys.iter().map(|key| key.0).collect();
        let rows = product::ratings_of_sellers(self.0.read(), &sellers).await?;
        Ok(rows.into_iter().map(|(seller, ratings)| (RatingsOf(seller), ratings)).collect())
    }
}
