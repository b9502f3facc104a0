//! The tables, one folder a module: SeaORM entities, typed ids, and the row
//! queries that carry their own visibility scope.

pub mod events;
pub mod files;
pub mod ids;
pub mod messages;
mod page;
pub mod products;
mod sql;
pub mod time;
pub mod users;

pub use page::Page;
pub mod webhooks;
