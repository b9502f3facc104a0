//! The tables of the orders module.

pub mod counter;
pub mod erasure;
pub mod fulfilment;
pub mod key;
pub mod line;
pub mod list;
pub mod order;
pub mod order_return;
pub mod part;
pub mod refund;
pub mod restock;
mod scope;
pub mod state;
pub mod transition;
pub mod work;

pub use scope::Scope;
pub use state::{OrderState, ReturnState};
