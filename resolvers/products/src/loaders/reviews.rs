//! Loaders of reviews.

use std::{collections::HashMap, sync::Arc};

use async_graphql::dataloader::Loader;
use entities::{
    ids::{ProductId, ReviewId},
    products::{
        Scope,
        review::{self, ReviewSort},
    },
};
use kit::{Error, PageArgs, Result, groups};

use super::Rows;

/// A page of a product's reviews, with one row more to see whether it goes on.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct ReviewsOf {
    pub(crate) product: ProductId,
    pub(crate) sort: ReviewSort,
    pub(crate) page: PageArgs<review::Position>,
}

impl Loader<(Scope, ReviewId)> for Rows {
    type Value = Arc<review::Model>;
    type Error = Error;

    async fn load(&self, keys: &[(Scope, ReviewId)]) -> Result<HashMap<(Scope, ReviewId), Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (scope, ids) in groups(keys.iter().copied()) {
            let rows = review::by_ids(self.0.read(), scope, &ids).await?;
            found.extend(rows.into_iter().map(|row| ((scope, row.id), row)));
        }
        Ok(found)
    }
}

impl Loader<ReviewsOf> for Rows {
    type Value = Vec<Arc<review::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[ReviewsOf]) -> Result<HashMap<ReviewsOf, Self::Value>> {
        let mut found: HashMap<ReviewsOf, Self::Value> = HashMap::with_capacity(keys.len());
        let pages = groups(keys.iter().map(|key| ((key.sort, key.page.clone()), key.product)));
        for ((sort, page), products) in pages {
            for row in review::pages(self.0.read(), &products, sort, page.rows()).await? {
                let key = ReviewsOf { product: row.product_id, sort, page: page.clone() };
                found.entry(key).or_default().push(row);
            }
        }
        Ok(found)
    }
}
