//! What products tell.

use entities::ids::{ProductId, ReviewId, SellerId, UserId};
use serde::{Deserialize, Serialize};
use subscriptions::Fact;

/// What changed about a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProductChange {
    /// The price of a variant.
    Price,
    /// The stock of a variant.
    Availability,
    /// Texts, category, options or variants.
    Content,
    /// Who sees it.
    Status,
}

/// A product was made or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductChanged {
    /// Which.
    pub product_id: ProductId,
    /// Whose.
    pub seller_id: SellerId,
    /// What about it.
    pub changed: Vec<ProductChange>,
}

/// A product was taken off sale.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProductArchived {
    /// Which.
    pub product_id: ProductId,
    /// Whose.
    pub seller_id: SellerId,
    /// What about it.
    pub changed: Vec<ProductChange>,
}

/// A review was written, changed or answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReviewSaved {
    /// Which.
    pub review_id: ReviewId,
    /// Of what.
    pub product_id: ProductId,
    /// Whose product.
    pub seller_id: SellerId,
    /// Who wrote it.
    pub author_id: UserId,
    /// 1 to 5.
    pub stars: i32,
    /// Whether the seller has answered.
    pub has_reply: bool,
}

impl Fact for ProductChanged {
    const KIND: &'static str = "product.changed";

    fn subject(&self) -> String {
        self.product_id.to_string()
    }
}

impl Fact for ProductArchived {
    const KIND: &'static str = "product.archived";

    fn subject(&self) -> String {
        self.product_id.to_string()
    }
}

impl Fact for ReviewSaved {
    const KIND: &'static str = "review.saved";

    fn subject(&self) -> String {
        self.review_id.to_string()
    }
}
