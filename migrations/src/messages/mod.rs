//! The tables of the messages module.

mod m0001_conversations;
mod m0002_blocks;

use sea_orm_migration::MigrationTrait;

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(m0001_conversations::Migration), Box::new(m0002_blocks::Migration)]
}
