//! Creates the uploads: slots, and the files that filled them.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "files_0001_uploads"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("uploads")
            .col(ColumnDef::new("id").text().not_null().primary_key())
            .col(ColumnDef::new("account_id").text().not_null())
            .col(ColumnDef::new("name").text().not_null())
            .col(ColumnDef::new("media_type").text().not_null())
            .col(ColumnDef::new("size").big_integer().not_null())
            .col(ColumnDef::new("created_at").big_integer().not_null())
            .col(ColumnDef::new("expires_at").big_integer().not_null())
            .col(ColumnDef::new("object_key").text().unique_key())
            .col(ColumnDef::new("hash").text())
            .col(ColumnDef::new("stored_at").big_integer())
            .col(ColumnDef::new("attached_to").text())
            .col(ColumnDef::new("place").integer().not_null().default(0))
            .col(ColumnDef::new("released_at").big_integer())
            .to_owned();
        manager.create_table(table).await?;
        for column in ["account_id", "attached_to", "expires_at", "released_at"] {
            let name = format!("uploads_{column}");
            let index = Index::create().name(name).table("uploads").col(column).to_owned();
            manager.create_index(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("uploads").to_owned()).await
    }
}
