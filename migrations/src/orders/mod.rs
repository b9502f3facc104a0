//! The tables of the orders module.

mod m0001_orders;

use sea_orm_migration::prelude::*;

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(m0001_orders::Migration)]
}
