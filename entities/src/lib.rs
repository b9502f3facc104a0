//! The tables, one folder a module: SeaORM entities, typed ids, and the row
//! queries that carry their own visibility scope.

pub mod audit;
pub mod carts;
pub mod events;
pub mod files;
pub mod idempotency;
pub mod ids;
pub mod messages;
pub mod notifications;
pub mod orders;
mod page;
pub mod payments;
pub mod products;
mod sql;
pub mod time;
pub mod users;
pub mod webhooks;

pub use page::Page;
