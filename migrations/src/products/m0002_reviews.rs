//! Creates reviews.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "products_0002_reviews"
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE reviews (id id_text NOT NULL PRIMARY KEY, \
     product_id id_text NOT NULL REFERENCES products (id) ON DELETE CASCADE, \
     author_id id_text NOT NULL, stars integer NOT NULL CHECK (stars BETWEEN 1 AND 5), body text NOT NULL, reply text, \
     is_verified_purchase boolean NOT NULL, helpful_count integer NOT NULL, \
     created_at bigint NOT NULL, updated_at bigint NOT NULL, UNIQUE (product_id, author_id))",
    "CREATE INDEX reviews_created ON reviews (product_id, created_at, id)",
    "CREATE INDEX reviews_stars ON reviews (product_id, stars, id)",
    "CREATE INDEX reviews_helpful ON reviews (product_id, helpful_count, id)",
    "CREATE INDEX reviews_author ON reviews (author_id)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE reviews"]).await
    }
}
