//! The tables of the products module.

pub mod category;
pub mod erasure;
pub mod favourite;
pub mod filter;
pub mod image;
pub mod list;
pub mod loose_image;
pub mod price;
pub mod price_span;
pub mod product;
pub mod purchase;
pub mod quote;
pub mod reservation;
pub mod reservation_line;
pub mod restock;
pub mod review;
mod scope;
pub mod slug;
pub mod stock;
pub mod stock_change;
pub mod variant;

pub use scope::{ProductStatus, Scope};
