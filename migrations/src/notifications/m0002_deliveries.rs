//! Creates what is on its way by mail and push, the devices, and the secret
//! that signs addresses in mails.

use sea_orm_migration::prelude::*;

use crate::statements::run;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "notifications_0002_deliveries"
    }
}

const TABLES: &[&str] = &[
    "CREATE TABLE push_devices (id id_text NOT NULL PRIMARY KEY, account_id id_text NOT NULL, \
     token id_text NOT NULL UNIQUE, platform text NOT NULL, registered_at bigint NOT NULL)",
    "CREATE INDEX push_devices_account ON push_devices (account_id, registered_at, id)",
    // Without a notification it is the account's digest, which is written as it is sent.
    "CREATE TABLE notification_deliveries (id id_text NOT NULL PRIMARY KEY, \
     account_id id_text NOT NULL, channel id_text NOT NULL, \
     notification_id id_text REFERENCES notifications (id) ON DELETE CASCADE, \
     device_id id_text REFERENCES push_devices (id) ON DELETE CASCADE, state id_text NOT NULL, \
     attempts integer NOT NULL, due_at bigint NOT NULL, created_at bigint NOT NULL, problem text)",
    "CREATE INDEX notification_deliveries_due ON notification_deliveries (channel, due_at, id) \
     WHERE state IN ('QUEUED', 'CLAIMED')",
    "CREATE UNIQUE INDEX notification_deliveries_digest ON notification_deliveries \
     (account_id, channel) WHERE notification_id IS NULL AND state = 'QUEUED'",
    "CREATE INDEX notification_deliveries_notification ON notification_deliveries (notification_id)",
    "CREATE INDEX notification_deliveries_device ON notification_deliveries (device_id)",
    "CREATE INDEX notification_deliveries_age ON notification_deliveries (created_at)",
    "CREATE TABLE notification_secrets (purpose id_text NOT NULL PRIMARY KEY, secret text NOT NULL)",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, TABLES).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(
            manager,
            &[
                "DROP TABLE notification_secrets",
                "DROP TABLE notification_deliveries",
                "DROP TABLE push_devices",
            ],
        )
        .await
    }
}
