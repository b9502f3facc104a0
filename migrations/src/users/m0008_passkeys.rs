//! Lets second factors be passkeys, and keeps the challenges that these sign.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "users_0008_passkeys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements = [
            "ALTER TABLE mfa_factors ADD COLUMN kind text NOT NULL DEFAULT 'TOTP'",
            "ALTER TABLE mfa_factors ADD COLUMN credential_id text",
            "CREATE UNIQUE INDEX mfa_factors_credential_id ON mfa_factors (credential_id) \
             WHERE credential_id IS NOT NULL",
            "ALTER TABLE mfa_challenges ADD COLUMN passkey text",
            // Without an account: of somebody who wants to sign in.
            "CREATE TABLE passkey_challenges (challenge text PRIMARY KEY, \
             account_id text REFERENCES accounts (id) ON DELETE CASCADE, state text NOT NULL, \
             expires_at bigint NOT NULL)",
            "CREATE INDEX passkey_challenges_account_id ON passkey_challenges (account_id)",
            "CREATE INDEX passkey_challenges_expires_at ON passkey_challenges (expires_at)",
        ];
        for statement in statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let statements = [
            "DROP TABLE passkey_challenges",
            "ALTER TABLE mfa_challenges DROP COLUMN passkey",
            "DROP INDEX mfa_factors_credential_id",
            // An instance without this migration would take them for apps.
            "DELETE FROM mfa_factors WHERE kind <> 'TOTP'",
            "ALTER TABLE mfa_factors DROP COLUMN credential_id",
            "ALTER TABLE mfa_factors DROP COLUMN kind",
        ];
        for statement in statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}
