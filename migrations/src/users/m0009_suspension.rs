//! Lets accounts be suspended.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "users_0009_suspension"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("ALTER TABLE accounts ADD COLUMN suspended_at bigint").await?;
        db.execute_unprepared("ALTER TABLE accounts ADD COLUMN suspension_reason text").await.map(drop)
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        db.execute_unprepared("ALTER TABLE accounts DROP COLUMN suspension_reason").await?;
        db.execute_unprepared("ALTER TABLE accounts DROP COLUMN suspended_at").await.map(drop)
    }
}
