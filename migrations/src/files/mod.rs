//! The tables of the files module.

mod m0001_uploads;
mod m0002_keys;

use sea_orm_migration::MigrationTrait;

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(m0001_uploads::Migration), Box::new(m0002_keys::Migration)]
}
