//! Lets accounts have a day on which they are erased.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "users_0006_deletion"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("ALTER TABLE accounts ADD COLUMN deletion_scheduled_at bigint").await?;
        db.execute_unprepared(
            "CREATE INDEX accounts_deletion_scheduled_at ON accounts (deletion_scheduled_at) \
             WHERE deletion_scheduled_at IS NOT NULL",
        )
        .await
        .map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("DROP INDEX accounts_deletion_scheduled_at").await?;
        db.execute_unprepared("ALTER TABLE accounts DROP COLUMN deletion_scheduled_at").await.map(drop)
    }
}
