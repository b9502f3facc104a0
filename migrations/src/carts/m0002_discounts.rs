//! Creates discount codes and their uses.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "carts_0002_discounts"
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE discounts (id id_text NOT NULL PRIMARY KEY, code id_text NOT NULL UNIQUE, \
     kind id_text NOT NULL, basis_points integer, minor_units bigint, currency id_text, \
     product_ids json_text NOT NULL, seller_ids json_text NOT NULL, minimum_subtotal bigint, \
     valid_from bigint, valid_until bigint, usage_limit integer, once_per_account boolean NOT NULL, \
     is_combinable boolean NOT NULL, uses integer NOT NULL, archived_at bigint, version integer NOT NULL, \
     created_at bigint NOT NULL, updated_at bigint NOT NULL)",
    // `once` is the account of a use of which every account has one.
    "CREATE TABLE discount_uses (order_id id_text NOT NULL, \
     discount_id id_text NOT NULL REFERENCES discounts (id) ON DELETE CASCADE, \
     account_id id_text, once id_text, at bigint NOT NULL, PRIMARY KEY (order_id, discount_id))",
    "CREATE UNIQUE INDEX discount_uses_once ON discount_uses (discount_id, once) WHERE once IS NOT NULL",
    "CREATE INDEX discount_uses_account ON discount_uses (account_id)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE discount_uses", "DROP TABLE discounts"]).await
    }
}
