//! The tables of the products module.

mod m0001_catalogue;
mod m0002_reviews;
mod m0003_favourites;
mod m0004_idempotency;

use sea_orm_migration::{
    MigrationTrait,
    sea_orm::{ConnectionTrait as _, DbBackend, DbErr},
};

pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(m0001_catalogue::Migration),
        Box::new(m0002_reviews::Migration),
        Box::new(m0003_favourites::Migration),
        Box::new(m0004_idempotency::Migration),
    ]
}

/// Runs statements written for both databases: `id_text` is text that is compared
/// byte by byte (cursors rely on one order everywhere), `json_text` a document.
async fn run(manager: &sea_orm_migration::SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
    let (id, json) = match manager.get_database_backend() {
        DbBackend::Postgres => ("text COLLATE \"C\"", "jsonb"),
        // SQLite compares bytes unless told otherwise.
        _ => ("text", "text"),
    };
    for statement in statements {
        let statement = statement.replace("id_text", id).replace("json_text", json);
        manager.get_connection().execute_unprepared(&statement).await?;
    }
    Ok(())
}
