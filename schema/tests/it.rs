//! The engine through its front door: small supergraphs with exact answers,
//! properties over random documents, snapshots of plans, bounds.

mod bounds;
mod cases;
mod fanout;
mod plans;
mod properties;
mod support;
