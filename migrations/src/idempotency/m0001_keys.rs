//! Creates the keys that make retries of a mutation harmless. Keys of product
//! mutations, which had a table of their own, are kept.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "idempotency_0001_keys"
    }
}

const UP: &[&str] = &[
    "CREATE TABLE idempotency_keys (scope id_text NOT NULL, mutation id_text NOT NULL, \
     \"key\" id_text NOT NULL, input_hash text NOT NULL, answer text NOT NULL, \
     at bigint NOT NULL, PRIMARY KEY (scope, mutation, \"key\"))",
    "CREATE INDEX idempotency_keys_at ON idempotency_keys (at)",
    "INSERT INTO idempotency_keys (scope, mutation, \"key\", input_hash, answer, at) \
     SELECT account_id, mutation, \"key\", input_hash, product_id, at FROM products_idempotency",
    "DROP TABLE products_idempotency",
];

const DOWN: &[&str] = &[
    "CREATE TABLE products_idempotency (account_id id_text NOT NULL, mutation id_text NOT NULL, \
     \"key\" id_text NOT NULL, input_hash text NOT NULL, product_id id_text NOT NULL, \
     at bigint NOT NULL, PRIMARY KEY (account_id, mutation, \"key\"))",
    "CREATE INDEX products_idempotency_at ON products_idempotency (at)",
    "DROP TABLE idempotency_keys",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, UP).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DOWN).await
    }
}
