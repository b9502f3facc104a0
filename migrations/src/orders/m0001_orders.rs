//! Creates orders, what belongs to them, and the counters of their numbers.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "orders_0001_orders"
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE orders (id id_text NOT NULL PRIMARY KEY, state id_text NOT NULL, \
     number bigint UNIQUE, account_id id_text, user_id id_text, guest_access id_text, email text, \
     currency id_text NOT NULL, subtotal bigint NOT NULL, discount bigint NOT NULL, \
     shipping bigint NOT NULL, tax bigint NOT NULL, total bigint NOT NULL, \
     shipping_title text NOT NULL, shipping_address json_text, billing_address json_text, \
     cart_id id_text NOT NULL, cart_version integer NOT NULL, version integer NOT NULL, \
     moves integer NOT NULL, pay_until bigint NOT NULL, placed_at bigint, paid_at bigint, \
     fulfilled_at bigint, invoice_number bigint UNIQUE, is_payment_late boolean NOT NULL, \
     has_loose_ends boolean NOT NULL, leased_until bigint NOT NULL, retry_scope id_text, \
     retry_key id_text, created_at bigint NOT NULL, \
     CHECK (subtotal - discount + shipping + tax = total AND total >= 0))",
    "CREATE INDEX orders_placed ON orders (placed_at, id)",
    "CREATE INDEX orders_account ON orders (account_id, placed_at, id)",
    "CREATE INDEX orders_paid ON orders (paid_at)",
    "CREATE INDEX orders_hidden ON orders (leased_until) WHERE state IN ('PLACING', 'UNDOING')",
    "CREATE INDEX orders_unpaid ON orders (pay_until) WHERE state = 'PENDING_PAYMENT'",
    "CREATE INDEX orders_fulfilled ON orders (fulfilled_at) WHERE state = 'FULFILLED'",
    "CREATE INDEX orders_loose_ends ON orders (id) WHERE has_loose_ends",
    "CREATE TABLE order_parts (id id_text NOT NULL PRIMARY KEY, \
     order_id id_text NOT NULL REFERENCES orders (id) ON DELETE CASCADE, \
     seller_id id_text NOT NULL, position integer NOT NULL, subtotal bigint NOT NULL, \
     discount bigint NOT NULL, shipping bigint NOT NULL, tax bigint NOT NULL, total bigint NOT NULL, \
     commission bigint NOT NULL, payout bigint NOT NULL, UNIQUE (order_id, seller_id), \
     CHECK (subtotal - discount + shipping + tax = total), CHECK (commission + payout = total))",
    "CREATE INDEX order_parts_seller ON order_parts (seller_id, order_id)",
    "CREATE TABLE order_lines (id id_text NOT NULL PRIMARY KEY, \
     order_id id_text NOT NULL REFERENCES orders (id) ON DELETE CASCADE, \
     part_id id_text NOT NULL, position integer NOT NULL, variant_id id_text NOT NULL, \
     product_id id_text NOT NULL, seller_id id_text NOT NULL, title text NOT NULL, sku text NOT NULL, \
     options json_text NOT NULL, quantity integer NOT NULL CHECK (quantity > 0), \
     unit_price bigint NOT NULL, discount bigint NOT NULL, tax bigint NOT NULL, \
     total bigint NOT NULL CHECK (total >= 0), note text, shipped integer NOT NULL, \
     cancelled integer NOT NULL, returned integer NOT NULL, refunded integer NOT NULL, \
     restocked integer NOT NULL, \
     CHECK (shipped >= 0 AND cancelled >= 0 AND shipped + cancelled <= quantity), \
     CHECK (returned >= 0 AND returned <= shipped), \
     CHECK (refunded >= 0 AND refunded <= quantity), \
     CHECK (restocked >= 0 AND restocked <= quantity), UNIQUE (order_id, position))",
    "CREATE INDEX order_lines_variant ON order_lines (variant_id)",
    "CREATE TABLE order_transitions (order_id id_text NOT NULL REFERENCES orders (id) ON DELETE CASCADE, \
     sequence integer NOT NULL, from_state id_text, to_state id_text NOT NULL, actor_id id_text, \
     reason text, at bigint NOT NULL, PRIMARY KEY (order_id, sequence))",
    "CREATE INDEX order_transitions_actor ON order_transitions (actor_id)",
    "CREATE TABLE order_fulfilments (id id_text NOT NULL PRIMARY KEY, \
     order_id id_text NOT NULL REFERENCES orders (id) ON DELETE CASCADE, carrier text, \
     tracking_number text, shipped_at bigint NOT NULL, delivered_at bigint)",
    "CREATE INDEX order_fulfilments_order ON order_fulfilments (order_id, id)",
    "CREATE TABLE order_fulfilment_lines ( \
     fulfilment_id id_text NOT NULL REFERENCES order_fulfilments (id) ON DELETE CASCADE, \
     line_id id_text NOT NULL, quantity integer NOT NULL CHECK (quantity > 0), \
     PRIMARY KEY (fulfilment_id, line_id))",
    "CREATE TABLE order_returns (id id_text NOT NULL PRIMARY KEY, \
     order_id id_text NOT NULL REFERENCES orders (id) ON DELETE CASCADE, state id_text NOT NULL, \
     reason text NOT NULL, requested_at bigint NOT NULL)",
    "CREATE INDEX order_returns_order ON order_returns (order_id, id)",
    "CREATE TABLE order_return_lines ( \
     return_id id_text NOT NULL REFERENCES order_returns (id) ON DELETE CASCADE, \
     line_id id_text NOT NULL, quantity integer NOT NULL CHECK (quantity > 0), \
     PRIMARY KEY (return_id, line_id))",
    "CREATE TABLE order_refunds (id id_text NOT NULL PRIMARY KEY, \
     order_id id_text NOT NULL REFERENCES orders (id) ON DELETE CASCADE, return_id id_text UNIQUE, \
     is_done boolean NOT NULL, amount bigint NOT NULL, units json_text NOT NULL, \
     is_restocked boolean NOT NULL, reason text NOT NULL, actor_id id_text, \
     leased_until bigint NOT NULL, retry_scope id_text, retry_key id_text, \
     created_at bigint NOT NULL)",
    "CREATE INDEX order_refunds_order ON order_refunds (order_id)",
    "CREATE INDEX order_refunds_open ON order_refunds (leased_until) WHERE NOT is_done",
    "CREATE TABLE order_restocks (order_id id_text NOT NULL REFERENCES orders (id) ON DELETE CASCADE, \
     \"key\" id_text NOT NULL, units json_text NOT NULL, PRIMARY KEY (order_id, \"key\"))",
    "CREATE TABLE order_counters (name id_text NOT NULL PRIMARY KEY, value bigint NOT NULL)",
    "INSERT INTO order_counters (name, value) VALUES ('order', 100000), ('invoice', 0)",
    "CREATE TABLE order_keys (purpose id_text NOT NULL PRIMARY KEY, secret text NOT NULL, \
     created_at bigint NOT NULL)",
];

const DROPS: &[&str] = &[
    "DROP TABLE order_keys",
    "DROP TABLE order_counters",
    "DROP TABLE order_restocks",
    "DROP TABLE order_refunds",
    "DROP TABLE order_return_lines",
    "DROP TABLE order_returns",
    "DROP TABLE order_fulfilment_lines",
    "DROP TABLE order_fulfilments",
    "DROP TABLE order_transitions",
    "DROP TABLE order_lines",
    "DROP TABLE order_parts",
    "DROP TABLE orders",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROPS).await
    }
}
