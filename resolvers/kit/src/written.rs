//! Whether a transaction has changed any row.

use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, DbErr, Statement};

/// What [`has_written`] compares with.
pub(crate) async fn before(transaction: &DatabaseTransaction) -> Result<i64, DbErr> {
    match transaction.get_database_backend() {
        // Its number says so itself: a transaction gets one when it first writes.
        DbBackend::Postgres => Ok(0),
        _ => number(transaction, "SELECT total_changes() AS n").await,
    }
}

/// Whether a row has changed since.
pub(crate) async fn has_written(transaction: &DatabaseTransaction, before: i64) -> Result<bool, DbErr> {
    let sql = match transaction.get_database_backend() {
        DbBackend::Postgres => {
            "SELECT (CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN 0 ELSE 1 END)::bigint AS n"
        }
        _ => "SELECT total_changes() AS n",
    };
    Ok(number(transaction, sql).await? != before)
}

async fn number(transaction: &DatabaseTransaction, sql: &str) -> Result<i64, DbErr> {
    let statement = Statement::from_string(transaction.get_database_backend(), sql);
    let row = transaction.query_one_raw(statement).await?;
    row.map_or(Ok(0), |row| row.try_get("", "n"))
}
