//! Creates second factors and their challenges, mailed tokens, address books.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "users_0004_second_steps"
    }
}

const TABLES: [&str; 5] =
    ["mfa_factors", "recovery_codes", "mfa_challenges", "mailed_tokens", "addresses"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let json = match manager.get_database_backend() {
            DbBackend::Postgres => "jsonb",
            _ => "text",
        };
        let of_account = "account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE";
        let statements = [
            format!(
                "CREATE TABLE mfa_factors (id text PRIMARY KEY, {of_account}, secret text NOT NULL, \
                 created_at bigint NOT NULL, confirmed_at bigint, last_step bigint NOT NULL)"
            ),
            format!(
                "CREATE TABLE recovery_codes ({of_account}, hash text NOT NULL, \
                 PRIMARY KEY (account_id, hash))"
            ),
            format!(
                "CREATE TABLE mfa_challenges (id text PRIMARY KEY, {of_account}, user_agent text, \
                 created_at bigint NOT NULL, expires_at bigint NOT NULL, attempts integer NOT NULL, \
                 is_done boolean NOT NULL)"
            ),
            format!(
                "CREATE TABLE mailed_tokens (hash text PRIMARY KEY, {of_account}, \
                 purpose text NOT NULL, expires_at bigint NOT NULL, used_at bigint)"
            ),
            format!(
                "CREATE TABLE addresses (id text PRIMARY KEY, {of_account}, address {json} NOT NULL, \
                 is_default_shipping boolean NOT NULL, is_default_billing boolean NOT NULL, \
                 created_at bigint NOT NULL)"
            ),
            // At most one default of each kind, whatever runs in parallel.
            "CREATE UNIQUE INDEX addresses_shipping ON addresses (account_id) WHERE is_default_shipping"
                .to_owned(),
            "CREATE UNIQUE INDEX addresses_billing ON addresses (account_id) WHERE is_default_billing"
                .to_owned(),
        ];
        for statement in statements {
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        for table in ["mfa_factors", "mfa_challenges", "mailed_tokens", "addresses"] {
            let index = format!("CREATE INDEX {table}_account_id ON {table} (account_id)");
            manager.get_connection().execute_unprepared(&index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}
