//! Creates the audit log: records that refuse to be changed or deleted, what
//! they are about, and where their chain ends.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

use crate::statements;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "audit_0001_records"
    }
}

const APPEND_ONLY: [&str; 2] = ["audit_records", "audit_subjects"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "CREATE TABLE audit_records (sequence bigint NOT NULL PRIMARY KEY, entry bigint NOT NULL, \
             event bigint NOT NULL, at bigint NOT NULL, act id_text, actor id_text, \
             action id_text NOT NULL, kind id_text NOT NULL, version integer NOT NULL, \
             subject id_text NOT NULL, data text NOT NULL, previous_hash id_text NOT NULL, \
             hash id_text NOT NULL)",
            // An event is recorded once, and an act has one entry.
            "CREATE UNIQUE INDEX audit_records_event ON audit_records (event)",
            "CREATE UNIQUE INDEX audit_records_opening ON audit_records (act) WHERE sequence = entry",
            "CREATE INDEX audit_records_act ON audit_records (act)",
            "CREATE INDEX audit_records_entry ON audit_records (entry)",
            "CREATE INDEX audit_records_actor ON audit_records (actor, sequence)",
            "CREATE INDEX audit_records_action ON audit_records (action, sequence)",
            "CREATE INDEX audit_records_kind ON audit_records (kind, entry)",
            "CREATE INDEX audit_records_at ON audit_records (at)",
            "CREATE TABLE audit_subjects (subject id_text NOT NULL, record bigint NOT NULL, \
             entry bigint NOT NULL, PRIMARY KEY (subject, record))",
            "CREATE INDEX audit_subjects_record ON audit_subjects (record)",
            "CREATE TABLE audit_head (id integer NOT NULL PRIMARY KEY, sequence bigint NOT NULL, \
             hash id_text NOT NULL, seal id_text NOT NULL)",
        ];
        statements::run(manager, &tables).await?;
        let db = manager.get_connection();
        let is_postgres = manager.get_database_backend() == DbBackend::Postgres;
        if is_postgres {
            db.execute_unprepared(
                "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 RAISE EXCEPTION 'the audit log is append-only'; END $$",
            )
            .await?;
        }
        for table in APPEND_ONLY {
            for change in ["UPDATE", "DELETE"] {
                let refuse = match is_postgres {
                    true => format!(
                        "CREATE TRIGGER {table}_{change} BEFORE {change} ON {table} \
                         FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
                    ),
                    false => format!(
                        "CREATE TRIGGER {table}_{change} BEFORE {change} ON {table} \
                         BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
                    ),
                };
                db.execute_unprepared(&refuse).await?;
            }
            if is_postgres {
                let refuse = format!(
                    "CREATE TRIGGER {table}_truncate BEFORE TRUNCATE ON {table} \
                     FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()"
                );
                db.execute_unprepared(&refuse).await?;
            }
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for table in ["audit_head", "audit_subjects", "audit_records"] {
            db.execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            db.execute_unprepared("DROP FUNCTION audit_refuse()").await?;
        }
        Ok(())
    }
}
