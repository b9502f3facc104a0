//! Creates favourites.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "products_0003_favourites"
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE favourites (account_id id_text NOT NULL, \
     product_id id_text NOT NULL REFERENCES products (id) ON DELETE CASCADE, at bigint NOT NULL, \
     PRIMARY KEY (account_id, product_id))",
    "CREATE INDEX favourites_newest ON favourites (account_id, at, product_id)",
    "CREATE INDEX favourites_product ON favourites (product_id)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE favourites"]).await
    }
}
