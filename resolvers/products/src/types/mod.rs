//! GraphQL types of products, and the stubs of other modules' entities to which
//! products add fields.

mod category;
mod events;
mod filter;
mod inputs;
mod payloads;
mod product;
mod rating;
mod review;
mod stubs;
mod variant;

use async_graphql::{Enum, ID, Interface};
use kit::{CurrencyCode, Viewer};

pub(crate) use self::{
    category::Category,
    events::ProductEvent,
    filter::{ProductFilter, ProductRef, ProductSort},
    inputs::ProductInput,
    payloads::{ProductPayload, ReviewPayload},
    product::Product,
    review::Review,
    stubs::{Account, Seller, User},
    variant::Variant,
};

/// The currency of prices when neither the query nor the viewer names one.
const DEFAULT_CURRENCY: &str = "EUR";

/// Anything with a global id; fetch it again with node(id).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global opaque id."))]
pub(crate) enum Node {
    Product(Product),
    Category(Category),
    Variant(Variant),
    Review(Review),
}

/// Something that happened, in a resumable stream.
#[derive(Interface)]
#[graphql(
    field(name = "cursor", ty = "&String", desc = "Position; pass as `after` to resume without gaps."),
    field(name = "at", ty = "&kit::DateTime", desc = "When it happened.")
)]
pub(crate) enum StreamEvent {
    Product(ProductEvent),
}

/// Sort direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum SortDirection {
    /// Smallest, oldest or A first.
    Asc,
    /// Largest, newest or Z first.
    Desc,
}

/// The currency to quote prices in: as asked for, the viewer's, or euros.
pub(crate) fn quoted_currency(viewer: &Viewer, asked: Option<CurrencyCode>) -> CurrencyCode {
    asked.or(viewer.currency).unwrap_or_else(|| DEFAULT_CURRENCY.parse().expect("EUR is a currency"))
}
