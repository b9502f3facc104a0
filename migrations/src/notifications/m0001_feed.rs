//! Creates notifications and what accounts prefer.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "notifications_0001_feed"
    }
}

const TABLES: &[&str] = &[
    // The key is what makes a kind's notification one: the thing it is about.
    "CREATE TABLE notifications (id id_text NOT NULL PRIMARY KEY, account_id id_text NOT NULL, \
     kind id_text NOT NULL, key id_text NOT NULL, actor_id id_text, target_id id_text, \
     details json_text NOT NULL, count integer NOT NULL, position bigint NOT NULL, \
     locale text NOT NULL, is_shown boolean NOT NULL, at bigint NOT NULL, read_at bigint, \
     mailed_at bigint, UNIQUE (account_id, kind, key))",
    "CREATE INDEX notifications_feed ON notifications (account_id, at, id)",
    "CREATE INDEX notifications_unread ON notifications (account_id, at, id) \
     WHERE read_at IS NULL AND is_shown",
    "CREATE INDEX notifications_read ON notifications (read_at) WHERE read_at IS NOT NULL",
    "CREATE INDEX notifications_hidden ON notifications (at) WHERE NOT is_shown",
    "CREATE TABLE notification_preferences (account_id id_text NOT NULL, pattern id_text NOT NULL, \
     channels json_text NOT NULL, PRIMARY KEY (account_id, pattern))",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, &["DROP TABLE notification_preferences", "DROP TABLE notifications"]).await
    }
}
