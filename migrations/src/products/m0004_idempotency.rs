//! Creates the keys that make retries of a product mutation harmless.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "products_0004_idempotency"
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE products_idempotency (account_id id_text NOT NULL, mutation id_text NOT NULL, \
     \"key\" id_text NOT NULL, input_hash text NOT NULL, product_id id_text NOT NULL, \
     at bigint NOT NULL, PRIMARY KEY (account_id, mutation, \"key\"))",
    "CREATE INDEX products_idempotency_at ON products_idempotency (at)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE products_idempotency"]).await
    }
}
