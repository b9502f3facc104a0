//! Statements that no client could run, on the database of a gateway under test.

use sea_orm::{ConnectionTrait as _, Statement};

use crate::TestApp;

/// Runs a statement.
///
/// # Panics
/// When the database refuses it.
pub async fn execute(app: &TestApp, sql: &str) {
    app.app().db().write().execute_unprepared(sql).await.expect(sql);
}

/// The number that a query answers, such as a count.
///
/// # Panics
/// When it answers no number.
pub async fn number(app: &TestApp, sql: &str) -> i64 {
    let db = app.app().db().read();
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect(sql).expect("a row");
    row.try_get_by_index(0).expect("a number")
}
