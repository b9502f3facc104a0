//! Creates identities, the accounts' logins with identity providers; an account
//! need no longer have an email and a password.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, Statement},
};

use crate::statements;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "users_0005_identities"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let of_account = "account_id text NOT NULL REFERENCES accounts (id) ON DELETE CASCADE \
             DEFERRABLE INITIALLY DEFERRED";
        // Deferred: the row comes before its account, so that it holds off all
        // others who would make the same.
        let table = format!(
            "CREATE TABLE identities (id id_text PRIMARY KEY, {of_account}, provider text NOT NULL, \
             subject text NOT NULL, label text NOT NULL, created_at bigint NOT NULL, \
             UNIQUE (provider, subject))"
        );
        let index = "CREATE INDEX identities_account_id ON identities (account_id)";
        statements::run(manager, &[&table, index]).await?;
        match manager.get_database_backend() {
            DbBackend::Postgres => {
                let email = "ALTER TABLE accounts ALTER COLUMN email DROP NOT NULL";
                let password = "ALTER TABLE accounts ALTER COLUMN password_hash DROP NOT NULL";
                statements::run(manager, &[email, password]).await
            }
            _ => allow_null(manager).await,
        }
    }

    /// The columns stay nullable: accounts without an email may be there.
    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("identities").to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// SQLite has no statement for it, and dropping the table would delete what
/// refers to it; see "Making Other Kinds Of Table Schema Changes" in its manual.
async fn allow_null(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    let version = Statement::from_string(DbBackend::Sqlite, "PRAGMA schema_version");
    let version = db.query_one_raw(version).await?;
    let version: i32 = version.map_or(Ok(0), |row| row.try_get_by_index(0))?;
    let statements = [
        "PRAGMA writable_schema = ON".to_owned(),
        "UPDATE sqlite_schema SET sql = replace(replace(sql, \
         '\"email\" text NOT NULL UNIQUE', '\"email\" text UNIQUE'), \
         '\"password_hash\" text NOT NULL', '\"password_hash\" text') \
         WHERE type = 'table' AND name = 'accounts'"
            .to_owned(),
        // Every connection reads the schema anew.
        format!("PRAGMA schema_version = {}", version + 1),
        "PRAGMA writable_schema = OFF".to_owned(),
    ];
    for statement in statements {
        db.execute_unprepared(&statement).await?;
    }
    Ok(())
}
