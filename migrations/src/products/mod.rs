//! The tables of the products module.

mod m0001_catalogue;
mod m0002_reviews;
mod m0003_favourites;
mod m0004_idempotency;
mod m0005_stock;
mod m0006_slugs_and_images;

use sea_orm_migration::MigrationTrait;

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_catalogue::Migration),
        Box::new(m0002_reviews::Migration),
        Box::new(m0003_favourites::Migration),
        Box::new(m0004_idempotency::Migration),
        Box::new(m0005_stock::Migration),
        Box::new(m0006_slugs_and_images::Migration),
    ]
}
