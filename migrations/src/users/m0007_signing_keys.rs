//! Creates the keys that sign access tokens one after the other.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "users_0007_signing_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // `signing_keys`, which holds one key, is left to instances of the last
        // release; its key is taken over by the first instance that starts.
        let statements = [
            "CREATE TABLE token_keys (id text PRIMARY KEY, purpose text NOT NULL, \
             public_key text NOT NULL, private_key_pem text, created_at bigint NOT NULL, \
             retired_at bigint, verifies_until bigint)",
            // One key signs, whatever runs in parallel.
            "CREATE UNIQUE INDEX token_keys_signing ON token_keys (purpose) WHERE retired_at IS NULL",
        ];
        for statement in statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("token_keys").to_owned()).await
    }
}
