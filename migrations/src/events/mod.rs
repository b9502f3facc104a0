//! The event log's tables.

mod m0001_events;
mod m0002_handlers;
mod m0003_acts;

use sea_orm_migration::MigrationTrait;

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_events::Migration),
        Box::new(m0002_handlers::Migration),
        Box::new(m0003_acts::Migration),
    ]
}
