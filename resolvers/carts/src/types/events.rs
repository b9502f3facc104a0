//! What a watcher of a cart is told.

use async_graphql::SimpleObject;
use kit::DateTime;

use super::Cart;

/// The cart changed on any device, or under it.
#[derive(SimpleObject)]
pub(crate) struct CartEvent {
    /// When it happened.
    pub(crate) at: DateTime,
    /// Cart as of now.
    pub(crate) cart: Cart,
    /// Position; pass as `after` to resume without gaps.
    pub(crate) cursor: String,
}
