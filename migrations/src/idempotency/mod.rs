//! Retry-safe keys, shared by all modules.

mod m0001_keys;

use sea_orm_migration::prelude::*;

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(m0001_keys::Migration)]
}
