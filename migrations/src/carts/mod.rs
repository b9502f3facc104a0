//! The tables of the carts module.

mod m0001_carts;
mod m0002_discounts;

use sea_orm_migration::MigrationTrait;

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(m0001_carts::Migration), Box::new(m0002_discounts::Migration)]
}
