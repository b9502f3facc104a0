//! Statements written for both databases.

use sea_orm_migration::{
    SchemaManager,
    sea_orm::{ConnectionTrait as _, DbBackend, DbErr},
};

/// Runs statements written for both databases: `id_text` is text that is compared
/// byte by byte (cursors rely on one order everywhere), `json_text` a document.
pub(crate) async fn run(manager: &SchemaManager<'_>, statements: &[&str]) -> Result<(), DbErr> {
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
