//! The tables of the notifications module.

mod m0001_feed;
mod m0002_deliveries;

use sea_orm_migration::MigrationTrait;

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(m0001_feed::Migration), Box::new(m0002_deliveries::Migration)]
}
