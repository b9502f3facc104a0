//! The facts that products write to the event log.

use entities::products::{product, review};
use kit::{
    DateTime, Result,
    ids::{ProductId, SellerId, UserId},
};
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use subscriptions::{Event, EventLog, NewEvent};

/// Kinds of events whose subject is a product.
pub(crate) const PRODUCT_EVENTS: [&str; 2] = [CHANGED, ARCHIVED];

const CHANGED: &str = "ProductChanged";
const ARCHIVED: &str = "ProductArchived";
const REVIEWED: &str = "ReviewSaved";

/// What changed about a product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Change {
    /// The price of a variant.
    Price,
    /// The stock of a variant.
    Availability,
    /// Texts, category, options or variants.
    Content,
    /// Who sees it.
    Status,
}

/// The payload of `ProductChanged` and `ProductArchived`.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ProductFact {
    /// What changed.
    pub(crate) changed: Vec<Change>,
    /// Whose product it is.
    pub(crate) seller_id: SellerId,
}

/// The payload of `ReviewSaved`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct ReviewFact {
    product_id: ProductId,
    seller_id: SellerId,
    author_id: UserId,
    stars: i32,
    has_reply: bool,
}

impl ProductFact {
    /// What an event says has changed; nothing when it was written by a later
    /// version of us.
    pub(crate) fn changes(event: &Event) -> Vec<Change> {
        Self::deserialize(&event.payload).map(|fact| fact.changed).unwrap_or_default()
    }
}

/// Writes that a product changed.
pub(super) async fn product_changed(
    transaction: &impl ConnectionTrait,
    id: ProductId,
    fact: &ProductFact,
    at: DateTime,
) -> Result<()> {
    Ok(EventLog::append(transaction, NewEvent::new(CHANGED, id, fact, at)).await?)
}

/// Writes that a product was taken off sale.
pub(super) async fn product_archived(
    transaction: &impl ConnectionTrait,
    id: ProductId,
    fact: &ProductFact,
    at: DateTime,
) -> Result<()> {
    Ok(EventLog::append(transaction, NewEvent::new(ARCHIVED, id, fact, at)).await?)
}

/// Writes that a review was written, changed or answered.
pub(super) async fn review_saved(
    transaction: &impl ConnectionTrait,
    product: &product::Row,
    review: &review::Model,
    at: DateTime,
) -> Result<()> {
    let fact = ReviewFact {
        product_id: product.id,
        seller_id: product.seller_id,
        author_id: review.author_id,
        stars: review.stars,
        has_reply: review.reply.is_some(),
    };
    Ok(EventLog::append(transaction, NewEvent::new(REVIEWED, review.id, &fact, at)).await?)
}
