//! GraphQL types of products, and the stubs of other modules' entities to which
//! products add fields.

mod category;
mod events;
mod filter;
mod inputs;
mod payloads;
mod product;
mod quote;
mod rating;
mod review;
mod stubs;
mod variant;

use async_graphql::{Enum, ID, Interface};

pub(crate) use self::{
    category::Category,
    events::ProductEvent,
    filter::{ProductFilter, ProductRef, ProductSort},
    inputs::{BulkErrorPolicy, CategoryInput, InventoryChange, ProductInput},
    payloads::{CategoryPayload, ProductBulkPayload, ProductPayload, ReviewPayload},
    product::Product,
    quote::Quote,
    review::Review,
    stubs::{Account, Seller, User},
    variant::Variant,
};

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
    field(name = "at", ty = "&kit::DateTime", desc = "When it happened."),
    field(name = "cursor", ty = "&String", desc = "Position; pass as `after` to resume without gaps.")
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
