//! The tables, one folder a module: SeaORM entities, typed ids, and the row
//! queries that carry their own visibility scope.

pub mod events;
pub mod ids;
pub mod notifications;
pub mod products;
pub mod time;
pub mod users;
