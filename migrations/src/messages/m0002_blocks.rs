//! Creates blocks, the messages that they keep back, and reports.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "messages_0002_blocks"
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE user_blocks (user_id id_text NOT NULL, blocked_id id_text NOT NULL, \
     at bigint NOT NULL, PRIMARY KEY (user_id, blocked_id))",
    "CREATE INDEX user_blocks_newest ON user_blocks (user_id, at, blocked_id)",
    "CREATE INDEX user_blocks_blocked ON user_blocks (blocked_id, user_id)",
    "CREATE TABLE withheld_messages ( \
     conversation_id id_text NOT NULL REFERENCES conversations (id) ON DELETE CASCADE, \
     user_id id_text NOT NULL, sequence bigint NOT NULL, \
     PRIMARY KEY (conversation_id, user_id, sequence))",
    "CREATE TABLE message_reports ( \
     message_id id_text NOT NULL REFERENCES messages (id) ON DELETE CASCADE, \
     reporter_id id_text NOT NULL, reason text NOT NULL, at bigint NOT NULL, \
     PRIMARY KEY (message_id, reporter_id))",
    "CREATE INDEX message_reports_newest ON message_reports (at, message_id, reporter_id)",
];

const DROPS: &[&str] =
    &["DROP TABLE message_reports", "DROP TABLE withheld_messages", "DROP TABLE user_blocks"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, DROPS).await
    }
}
