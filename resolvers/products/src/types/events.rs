//! What a watcher of products is told.

use async_graphql::{Enum, SimpleObject};
use kit::DateTime;

use super::Product;
use crate::service::Change;

/// A product's price, stock, text or status moved.
#[derive(SimpleObject)]
pub(crate) struct ProductEvent {
    /// When it happened.
    pub(crate) at: DateTime,
    /// Position; pass as `after` to resume without gaps.
    pub(crate) cursor: String,
    /// Product as of now.
    pub(crate) product: Product,
    /// What changed.
    pub(crate) changed: Vec<ProductChange>,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Change")]
pub(crate) enum ProductChange {
    /// The price of a variant.
    Price,
    /// The stock of a variant.
    Availability,
    /// Texts, category, options or variants.
    Content,
    /// Visibility.
    Status,
}
