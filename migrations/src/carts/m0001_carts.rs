//! Creates carts and their lines.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "carts_0001_carts"
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE carts (id id_text NOT NULL PRIMARY KEY, account_id id_text, token_hash id_text UNIQUE, \
     currency id_text NOT NULL, state id_text NOT NULL, order_id id_text UNIQUE, codes json_text NOT NULL, \
     shipping_address json_text, shipping_handle text, version integer NOT NULL, \
     created_at bigint NOT NULL, updated_at bigint NOT NULL, expires_at bigint NOT NULL)",
    // One open cart an account and currency, however many devices open it at once.
    "CREATE UNIQUE INDEX carts_open ON carts (account_id, currency) WHERE state = 'OPEN'",
    "CREATE INDEX carts_account ON carts (account_id)",
    "CREATE INDEX carts_expires_at ON carts (expires_at)",
    "CREATE TABLE cart_lines (id id_text NOT NULL PRIMARY KEY, \
     cart_id id_text NOT NULL REFERENCES carts (id) ON DELETE CASCADE, variant_id id_text NOT NULL, \
     product_id id_text NOT NULL, quantity integer NOT NULL CHECK (quantity > 0), note id_text NOT NULL, \
     price_when_added bigint NOT NULL, accepted_price bigint NOT NULL, wanted integer, \
     told_price bigint, told_left integer, position integer NOT NULL, added_at bigint NOT NULL)",
    // What adding the same again adds to.
    "CREATE UNIQUE INDEX cart_lines_same ON cart_lines (cart_id, variant_id, note)",
    "CREATE INDEX cart_lines_product ON cart_lines (product_id, variant_id)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE cart_lines", "DROP TABLE carts"]).await
    }
}
