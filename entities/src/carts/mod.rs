//! The tables of the carts module.

pub mod cart;
pub mod discount;
pub mod discount_use;
pub mod erasure;
pub mod line;
pub mod told;
