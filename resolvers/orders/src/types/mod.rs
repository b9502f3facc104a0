//! GraphQL types of orders, and the stubs of other modules' entities to which
//! orders add fields.

mod events;
mod filter;
mod inputs;
mod line;
mod order;
mod part;
mod payloads;
mod shipping;
mod stubs;
mod totals;

use async_graphql::{ID, Interface};

pub(crate) use self::{
    events::{OrderEvent, OrderTransition},
    filter::{OrderFilter, OrderState},
    inputs::{CheckoutInput, LineQuantity, RefundInput, pairs},
    line::{FulfilmentLine, OrderLine},
    order::Order,
    part::OrderPart,
    payloads::OrderPayload,
    shipping::{Fulfilment, OrderReturn},
    stubs::{Account, Seller, User, Variant},
    totals::OrderTotals,
};

/// Anything with a global id; fetch it again with node(id).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global opaque id."))]
pub(crate) enum Node {
    Order(Order),
    Fulfilment(Fulfilment),
    OrderReturn(OrderReturn),
}

/// Something that happened, in a resumable stream.
#[derive(Interface)]
#[graphql(
    field(name = "at", ty = "&kit::DateTime", desc = "When it happened."),
    field(name = "cursor", ty = "&String", desc = "Position; pass as `after` to resume without gaps.")
)]
pub(crate) enum StreamEvent {
    Order(OrderEvent),
}
