//! Creates what handlers of events and the log's retention remember; names the
//! kinds of events in lower case, `entity.fact`.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "events_0002_handlers"
    }
}

/// Kinds that were written under another name.
const RENAMED: [(&str, &str); 7] = [
    ("AccountCreated", "account.created"),
    ("AccountUpdated", "account.updated"),
    ("SessionStarted", "session.started"),
    ("SessionRevoked", "session.revoked"),
    ("ProductChanged", "product.changed"),
    ("ProductArchived", "product.archived"),
    ("ReviewSaved", "review.saved"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let json = match manager.get_database_backend() {
            DbBackend::Postgres => "jsonb",
            _ => "text",
        };
        let db = manager.get_connection();
        db.execute_unprepared(
            "CREATE INDEX events_subject ON events (subject, \"transaction\", sequence)",
        )
        .await?;
        db.execute_unprepared(
            "CREATE TABLE event_floor (id integer PRIMARY KEY, \"transaction\" bigint NOT NULL, \
             sequence bigint NOT NULL)",
        )
        .await?;
        db.execute_unprepared(
            "CREATE TABLE event_handlers (name text PRIMARY KEY, \"transaction\" bigint NOT NULL, \
             sequence bigint NOT NULL, leased_by text, leased_until bigint NOT NULL, \
             moved_at bigint NOT NULL)",
        )
        .await?;
        let retries = format!(
            "CREATE TABLE event_retries (handler text NOT NULL, sequence bigint NOT NULL, \
             \"transaction\" bigint NOT NULL, kind text NOT NULL, version integer NOT NULL, \
             subject text NOT NULL, payload {json} NOT NULL, at bigint NOT NULL, \
             attempts integer NOT NULL, next_attempt_at bigint NOT NULL, error text NOT NULL, \
             is_dead boolean NOT NULL, PRIMARY KEY (handler, sequence))"
        );
        db.execute_unprepared(&retries).await?;
        db.execute_unprepared("CREATE INDEX event_retries_subject ON event_retries (handler, subject)")
            .await?;
        for (old, new) in RENAMED {
            let rename = format!("UPDATE events SET kind = '{new}' WHERE kind = '{old}'");
            db.execute_unprepared(&rename).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for (old, new) in RENAMED {
            let rename = format!("UPDATE events SET kind = '{old}' WHERE kind = '{new}'");
            db.execute_unprepared(&rename).await?;
        }
        for table in ["event_retries", "event_handlers", "event_floor"] {
            db.execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        db.execute_unprepared("DROP INDEX events_subject").await.map(drop)
    }
}
