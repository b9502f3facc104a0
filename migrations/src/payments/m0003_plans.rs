//! Creates the plans of accounts, and what they use of them.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "payments_0003_plans"
    }
}

const UP: &[&str] = &[
    "CREATE TABLE plan_subscriptions (id id_text NOT NULL PRIMARY KEY, account_id id_text NOT NULL, \
     plan id_text NOT NULL, state id_text NOT NULL, period_start bigint NOT NULL, \
     period_end bigint NOT NULL, cancels_at_end boolean NOT NULL, credit bigint NOT NULL, \
     version bigint NOT NULL, due_at bigint, created_at bigint NOT NULL, updated_at bigint NOT NULL, \
     CHECK (credit >= 0), CHECK (period_start < period_end))",
    "CREATE UNIQUE INDEX plan_subscriptions_account_id ON plan_subscriptions (account_id)",
    "CREATE INDEX plan_subscriptions_due_at ON plan_subscriptions (due_at)",
    "CREATE TABLE plan_charges (id id_text NOT NULL PRIMARY KEY, subscription_id id_text NOT NULL, \
     \"key\" id_text NOT NULL, amount bigint NOT NULL, reason text NOT NULL, at bigint NOT NULL)",
    "CREATE UNIQUE INDEX plan_charges_key ON plan_charges (subscription_id, \"key\")",
    "CREATE TABLE usage_counters (account_id id_text NOT NULL, metric id_text NOT NULL, \
     period_start bigint NOT NULL, used bigint NOT NULL, PRIMARY KEY (account_id, metric, period_start), \
     CHECK (used >= 0))",
    "CREATE TABLE usage_entries (\"key\" id_text NOT NULL PRIMARY KEY, account_id id_text NOT NULL, \
     metric id_text NOT NULL, period_start bigint NOT NULL, units bigint NOT NULL, \
     state id_text NOT NULL, at bigint NOT NULL, CHECK (units >= 0))",
    "CREATE INDEX usage_entries_account_id ON usage_entries (account_id)",
];

const DOWN: &[&str] = &[
    "DROP TABLE usage_entries",
    "DROP TABLE usage_counters",
    "DROP TABLE plan_charges",
    "DROP TABLE plan_subscriptions",
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
