//! Creates what holds units of stock: reservations of orders, and a ledger of
//! everything that moved units in or out; and who bought what.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "products_0005_stock"
    }
}

// Variants say themselves that `0 <= reserved <= on_hand`, unless they can be
// ordered without end.
const TABLES: &[&str] = &[
    "CREATE TABLE reservations (order_id id_text NOT NULL PRIMARY KEY, \
     state id_text NOT NULL CHECK (state IN ('HELD', 'TAKEN', 'RELEASED')), \
     until bigint NOT NULL, changed_at bigint NOT NULL)",
    "CREATE INDEX reservations_until ON reservations (state, until)",
    "CREATE TABLE reservation_lines (\
     order_id id_text NOT NULL REFERENCES reservations (order_id) ON DELETE CASCADE, \
     variant_id id_text NOT NULL, quantity integer NOT NULL CHECK (quantity > 0), \
     taken integer NOT NULL CHECK (taken BETWEEN 0 AND quantity), \
     restocked integer NOT NULL CHECK (restocked BETWEEN 0 AND taken), \
     PRIMARY KEY (order_id, variant_id))",
    "CREATE TABLE restocks (\
     order_id id_text NOT NULL REFERENCES reservations (order_id) ON DELETE CASCADE, \
     \"key\" id_text NOT NULL, at bigint NOT NULL, PRIMARY KEY (order_id, \"key\"))",
    "CREATE TABLE stock_changes (id id_text NOT NULL PRIMARY KEY, variant_id id_text NOT NULL, \
     account_id id_text, order_id id_text, delta integer NOT NULL, on_hand integer NOT NULL, \
     reason text NOT NULL, at bigint NOT NULL)",
    "CREATE INDEX stock_changes_variant ON stock_changes (variant_id, id)",
    "CREATE INDEX stock_changes_account ON stock_changes (account_id)",
    "CREATE TABLE purchases (user_id id_text NOT NULL, \
     product_id id_text NOT NULL REFERENCES products (id) ON DELETE CASCADE, at bigint NOT NULL, \
     PRIMARY KEY (user_id, product_id))",
    // What was shown once stays quotable, as something that is no longer on sale.
    "ALTER TABLE products ADD COLUMN was_shown boolean NOT NULL DEFAULT FALSE",
    "UPDATE products SET was_shown = TRUE WHERE status <> 'DRAFT'",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "ALTER TABLE products DROP COLUMN was_shown",
                "DROP TABLE purchases",
                "DROP TABLE stock_changes",
                "DROP TABLE restocks",
                "DROP TABLE reservation_lines",
                "DROP TABLE reservations",
            ],
        )
        .await
    }
}
