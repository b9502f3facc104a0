//! Creates public profiles, private accounts and shops.

use sea_orm_migration::prelude::*;

pub(crate) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &str {
        "users_0001_people"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(users()).await?;
        manager.create_table(accounts()).await?;
        manager.create_table(sellers()).await?;
        let newest_first = Index::create()
            .name("users_joined_at_id")
            .table("users")
            .col("joined_at")
            .col("id")
            .to_owned();
        manager.create_index(newest_first).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["sellers", "accounts", "users"] {
            manager.drop_table(Table::drop().table(table).to_owned()).await?;
        }
        Ok(())
    }
}

fn users() -> TableCreateStatement {
    Table::create()
        .table("users")
        .col(ColumnDef::new("id").text().not_null().primary_key())
        .col(ColumnDef::new("handle").text().not_null().unique_key())
        .col(ColumnDef::new("display_name").text().not_null())
        .col(ColumnDef::new("avatar_url").text())
        .col(ColumnDef::new("bio").text())
        .col(ColumnDef::new("joined_at").big_integer().not_null())
        .to_owned()
}

fn accounts() -> TableCreateStatement {
    Table::create()
        .table("accounts")
        .col(ColumnDef::new("id").text().not_null().primary_key())
        .col(ColumnDef::new("user_id").text().not_null().unique_key())
        .col(ColumnDef::new("email").text().not_null().unique_key())
        .col(ColumnDef::new("email_verified").boolean().not_null())
        .col(ColumnDef::new("password_hash").text().not_null())
        .col(ColumnDef::new("roles").text().not_null())
        .col(ColumnDef::new("locale").text().not_null())
        .col(ColumnDef::new("currency").text().not_null())
        .col(ColumnDef::new("version").integer().not_null())
        .foreign_key(ForeignKey::create().from("accounts", "user_id").to("users", "id"))
        .to_owned()
}

fn sellers() -> TableCreateStatement {
    Table::create()
        .table("sellers")
        .col(ColumnDef::new("id").text().not_null().primary_key())
        .col(ColumnDef::new("user_id").text().not_null().unique_key())
        .col(ColumnDef::new("name").text().not_null())
        .col(ColumnDef::new("slug").text().not_null().unique_key())
        .col(ColumnDef::new("status").text().not_null())
        .col(ColumnDef::new("policies").text())
        .foreign_key(ForeignKey::create().from("sellers", "user_id").to("users", "id"))
        .to_owned()
}
