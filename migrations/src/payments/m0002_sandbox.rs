//! Creates the books of the sandbox, which plays a payment provider.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "payments_0002_sandbox"
    }
}

const UP: &[&str] = &[
    "CREATE TABLE sandbox_intents (id id_text NOT NULL PRIMARY KEY, payment id_text NOT NULL, \
     currency id_text NOT NULL, amount bigint NOT NULL, is_manual boolean NOT NULL, \
     status id_text NOT NULL, failure text, captured bigint NOT NULL, refunded bigint NOT NULL, \
     secret text NOT NULL, settles_at bigint, settles_as id_text, created_at bigint NOT NULL)",
    "CREATE UNIQUE INDEX sandbox_intents_payment ON sandbox_intents (payment)",
    "CREATE INDEX sandbox_intents_settles_at ON sandbox_intents (settles_at)",
    "CREATE TABLE sandbox_ledger (id id_text NOT NULL PRIMARY KEY, intent id_text NOT NULL, \
     kind id_text NOT NULL, amount bigint NOT NULL, reference text, at bigint NOT NULL)",
    "CREATE INDEX sandbox_ledger_intent ON sandbox_ledger (intent)",
    "CREATE TABLE sandbox_keys (\"key\" id_text NOT NULL PRIMARY KEY, input text NOT NULL, \
     at bigint NOT NULL)",
    "CREATE TABLE sandbox_events (id id_text NOT NULL PRIMARY KEY, kind id_text NOT NULL, \
     intent id_text NOT NULL, payment id_text NOT NULL, created_at bigint NOT NULL, sends_at bigint)",
    "CREATE INDEX sandbox_events_sends_at ON sandbox_events (sends_at)",
    "CREATE TABLE sandbox_switches (name id_text NOT NULL PRIMARY KEY)",
];

const DOWN: &[&str] = &[
    "DROP TABLE sandbox_switches",
    "DROP TABLE sandbox_events",
    "DROP TABLE sandbox_keys",
    "DROP TABLE sandbox_ledger",
    "DROP TABLE sandbox_intents",
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
