//! Creates payments, refunds, and what providers told of them. What was given back
//! is never above what was taken, that never above what was set aside, and that
//! never above what was asked for.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "payments_0001_payments"
    }
}

const UP: &[&str] = &[
    "CREATE TABLE payments (id id_text NOT NULL PRIMARY KEY, order_id id_text NOT NULL, \
     account_id id_text, guest_access id_text, provider id_text NOT NULL, provider_ref id_text, \
     client_secret text, next_action text, state id_text NOT NULL, currency id_text NOT NULL, \
     amount bigint NOT NULL, authorized bigint NOT NULL, captured bigint NOT NULL, \
     refunded bigint NOT NULL, failure text, capture_wanted bigint, called_off_at bigint, \
     called_off_for text, version bigint NOT NULL, lease id_text, leased_until bigint NOT NULL, \
     due_at bigint, attempts integer NOT NULL, created_at bigint NOT NULL, updated_at bigint NOT NULL, \
     CHECK (refunded >= 0), CHECK (refunded <= captured), CHECK (captured <= authorized), \
     CHECK (authorized <= amount), CHECK (capture_wanted IS NULL OR capture_wanted > 0))",
    "CREATE UNIQUE INDEX payments_order_id ON payments (order_id)",
    "CREATE UNIQUE INDEX payments_provider_ref ON payments (provider, provider_ref)",
    "CREATE INDEX payments_due_at ON payments (due_at)",
    "CREATE INDEX payments_account_id ON payments (account_id)",
    "CREATE TABLE payment_refunds (id id_text NOT NULL PRIMARY KEY, payment_id id_text NOT NULL, \
     order_id id_text NOT NULL, \"key\" id_text NOT NULL, amount bigint NOT NULL, reason text NOT NULL, \
     state id_text NOT NULL, provider_ref id_text, failure text, created_at bigint NOT NULL, \
     updated_at bigint NOT NULL, CHECK (amount > 0))",
    "CREATE UNIQUE INDEX payment_refunds_key ON payment_refunds (payment_id, \"key\")",
    "CREATE INDEX payment_refunds_provider_ref ON payment_refunds (provider_ref)",
    "CREATE TABLE payment_events (provider id_text NOT NULL, id id_text NOT NULL, kind id_text NOT NULL, \
     subject id_text NOT NULL, received_at bigint NOT NULL, due_at bigint, attempts integer NOT NULL, \
     PRIMARY KEY (provider, id))",
    "CREATE INDEX payment_events_due_at ON payment_events (due_at)",
    "CREATE INDEX payment_events_received_at ON payment_events (received_at)",
    "CREATE TABLE payment_cursors (provider id_text NOT NULL PRIMARY KEY, cursor text NOT NULL)",
];

const DOWN: &[&str] = &[
    "DROP TABLE payment_cursors",
    "DROP TABLE payment_events",
    "DROP TABLE payment_refunds",
    "DROP TABLE payments",
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
