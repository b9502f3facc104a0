//! The tables of the webhooks module.

mod m0001_webhooks;

use sea_orm_migration::MigrationTrait;

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(m0001_webhooks::Migration)]
}
