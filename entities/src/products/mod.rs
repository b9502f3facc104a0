//! The tables of the products module.

pub mod category;
pub mod erasure;
pub mod favourite;
pub mod filter;
pub mod image;
pub mod list;
pub mod price;
pub mod price_span;
pub mod product;
pub mod review;
mod scope;
pub mod variant;

pub use scope::{ProductStatus, Scope};
