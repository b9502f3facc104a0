//! GraphQL types of carts, and the stubs of other modules' entities that they
//! refer to.

mod cart;
mod discount;
mod events;
mod inputs;
mod payloads;
mod shipping;
mod stubs;
mod totals;
mod warnings;

use async_graphql::{ID, Interface};

pub(crate) use self::{
    cart::{Cart, CartLine},
    discount::Discount,
    events::CartEvent,
    inputs::{CartLineAdd, CartLinesInput, DiscountInput},
    payloads::{CartPayload, DiscountPayload},
    shipping::ShippingOption,
    stubs::{Account, Product, Seller, Variant},
    totals::OrderTotals,
    warnings::{CartWarning, message_of},
};

/// Anything with a global id; fetch it again with node(id).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global opaque id."))]
pub(crate) enum Node {
    Cart(Cart),
    Discount(Discount),
}

/// Something that happened, in a resumable stream.
#[derive(Interface)]
#[graphql(
    field(name = "at", ty = "&kit::DateTime", desc = "When it happened."),
    field(name = "cursor", ty = "&String", desc = "Position; pass as `after` to resume without gaps.")
)]
pub(crate) enum StreamEvent {
    Cart(CartEvent),
}
