//! Creates endpoints of third parties, their secrets, and what is delivered to
//! them.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "webhooks_0001_webhooks"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [endpoints(), secrets(), deliveries()] {
            manager.create_table(table).await?;
        }
        let unique = Index::create()
            .name("webhook_deliveries_endpoint_id_event_id")
            .table("webhook_deliveries")
            .col("endpoint_id")
            .col("event_id")
            .unique()
            .to_owned();
        manager.create_index(unique).await?;
        for (name, columns) in [
            ("webhook_deliveries_due", ["endpoint_id", "state", "next_attempt_at"].as_slice()),
            ("webhook_deliveries_order", &["endpoint_id", "subject", "state"]),
            ("webhook_deliveries_finished_at", &["finished_at"]),
        ] {
            let mut index = Index::create();
            index.name(name).table("webhook_deliveries");
            for column in columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        let of_endpoint = Index::create()
            .name("webhook_secrets_endpoint_id")
            .table("webhook_secrets")
            .col("endpoint_id")
            .to_owned();
        manager.create_index(of_endpoint).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["webhook_deliveries", "webhook_secrets", "webhook_endpoints"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn endpoints() -> TableCreateStatement {
    Table::create()
        .table("webhook_endpoints")
        .col(ColumnDef::new("id").text().not_null().primary_key())
        .col(ColumnDef::new("url").text().not_null())
        .col(ColumnDef::new("kinds").text().not_null())
        .col(ColumnDef::new("is_enabled").boolean().not_null())
        .col(ColumnDef::new("failing_since").big_integer())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("updated_at").big_integer().not_null())
        .to_owned()
}

fn secrets() -> TableCreateStatement {
    Table::create()
        .table("webhook_secrets")
        .col(ColumnDef::new("secret").text().not_null().primary_key())
        .col(ColumnDef::new("endpoint_id").text().not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("valid_until").big_integer())
        .foreign_key(
            ForeignKey::create()
                .from("webhook_secrets", "endpoint_id")
                .to("webhook_endpoints", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}

fn deliveries() -> TableCreateStatement {
    Table::create()
        .table("webhook_deliveries")
        .col(ColumnDef::new("id").text().not_null().primary_key())
        .col(ColumnDef::new("endpoint_id").text().not_null())
        .col(ColumnDef::new("event_id").text().not_null())
        .col(ColumnDef::new("log_transaction").big_integer().not_null())
        .col(ColumnDef::new("log_sequence").big_integer().not_null())
        .col(ColumnDef::new("kind").text().not_null())
        .col(ColumnDef::new("subject").text().not_null())
        .col(ColumnDef::new("body").text().not_null())
        .col(ColumnDef::new("state").text().not_null())
        .col(ColumnDef::new("attempts").integer().not_null())
        .col(ColumnDef::new("last_status").integer())
        .col(ColumnDef::new("last_error").text())
        .col(ColumnDef::new("next_attempt_at").big_integer().not_null())
        .col(ColumnDef::new("lease").text())
        .col(ColumnDef::new("leased_until").big_integer().not_null())
        .col(ColumnDef::new("created_at").big_integer().not_null())
        .col(ColumnDef::new("finished_at").big_integer())
        .foreign_key(
            ForeignKey::create()
                .from("webhook_deliveries", "endpoint_id")
                .to("webhook_endpoints", "id")
                .on_delete(ForeignKeyAction::Cascade),
        )
        .to_owned()
}
