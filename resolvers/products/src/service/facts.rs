//! The facts that products write to the event log.

use entities::products::{product, review};
pub(crate) use kit::facts::ProductChange as Change;
use kit::{
    DateTime, Result,
    facts::{ProductArchived, ProductChanged, ReviewSaved},
};
use sea_orm::ConnectionTrait;
use subscriptions::{Event, EventLog, Fact as _, Kinds, NewEvent};

/// Kinds of events whose subject is a product.
pub(crate) fn product_events() -> Kinds {
    Kinds::of([ProductChanged::KIND, ProductArchived::KIND])
}

/// What an event says has changed; nothing when it was written by a later
/// version of us.
pub(crate) fn changes(event: &Event) -> Vec<Change> {
    let changed = event.read::<ProductChanged>().map(|fact| fact.changed);
    let archived = || event.read::<ProductArchived>().map(|fact| fact.changed);
    changed.or_else(archived).unwrap_or_default()
}

/// Writes that a product changed, or that it was taken off sale.
pub(super) async fn product_changed(
    transaction: &impl ConnectionTrait,
    fact: ProductChanged,
    is_archived: bool,
    at: DateTime,
) -> Result<()> {
    let event = match is_archived {
        false => NewEvent::new(&fact, at),
        true => {
            let ProductChanged { product_id, seller_id, changed } = fact;
            NewEvent::new(&ProductArchived { product_id, seller_id, changed }, at)
        }
    };
    Ok(EventLog::append(transaction, event).await?)
}

/// Writes that a review was written, changed or answered.
pub(super) async fn review_saved(
    transaction: &impl ConnectionTrait,
    product: &product::Row,
    review: &review::Model,
    at: DateTime,
) -> Result<()> {
    let fact = ReviewSaved {
        review_id: review.id,
        product_id: product.id,
        seller_id: product.seller_id,
        author_id: review.author_id,
        stars: review.stars,
        has_reply: review.reply.is_some(),
    };
    Ok(EventLog::append(transaction, NewEvent::new(&fact, at)).await?)
}
