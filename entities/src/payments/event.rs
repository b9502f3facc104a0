//! `payment_events`: what providers told, each once, until somebody has looked;
//! `payment_cursors`: up to where they were asked what they told.

use sea_orm::{
    DbBackend, FromQueryResult as _, QueryFilter as _, Statement, Value,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use crate::time::DateTime;

/// Something a provider told.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_events")]
pub struct Model {
    /// Who told it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub provider: String,
    /// The provider's id of it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// What happened, in the provider's words.
    pub kind: String,
    /// What it happened to: what the provider calls it, or our id.
    pub subject: String,
    /// When we heard of it.
    pub received_at: DateTime,
    /// When to look; `None` when somebody has.
    pub due_at: Option<DateTime>,
    /// How often it was looked at in vain.
    pub attempts: i32,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Rows of one statement: databases bind only so many values.
const ROWS: usize = 1_000;

/// Keeps events; those that are known are left out. How many were new.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<u64, DbErr> {
    let mut new = 0;
    for rows in rows.chunks(ROWS) {
        let rows = rows.iter().map(|row| ActiveModel::from(row.clone()).reset_all());
        let once = OnConflict::columns([Column::Provider, Column::Id]).do_nothing().to_owned();
        new += Entity::insert_many(rows).on_conflict(once).exec_without_returning(db).await?;
    }
    Ok(new)
}

/// Takes events that are due, at most `limit`, the longest due first; nobody else
/// is given them before `until`.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    db: &impl ConnectionTrait,
    limit: i64,
    now: DateTime,
    until: DateTime,
) -> Result<Vec<Model>, DbErr> {
    let backend = db.get_database_backend();
    let skip = if backend == DbBackend::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE payment_events SET due_at = $1, attempts = attempts + 1 WHERE (provider, id) IN \
         (SELECT provider, id FROM payment_events WHERE due_at <= $2 ORDER BY due_at LIMIT $3{skip}) \
         RETURNING *"
    );
    let values: [Value; 3] = [until.into(), now.into(), limit.into()];
    let rows = db.query_all_raw(Statement::from_sql_and_values(backend, sql, values)).await?;
    rows.iter().map(|row| Model::from_query_result(row, "")).collect()
}

/// Somebody has looked at an event, or will at `due`.
///
/// # Errors
/// When the database fails.
pub async fn done(db: &impl ConnectionTrait, event: &Model, due: Option<DateTime>) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(due))
        .filter(Column::Provider.eq(&event.provider))
        .filter(Column::Id.eq(&event.id))
        .exec(db)
        .await
        .map(drop)
}

/// Forgets events that were looked at, and came before; how many.
///
/// # Errors
/// When the database fails.
pub async fn forget_older(db: &impl ConnectionTrait, than: DateTime) -> Result<u64, DbErr> {
    let done = Entity::delete_many()
        .filter(Column::DueAt.is_null())
        .filter(Expr::col(Column::ReceivedAt).lt(than.0))
        .exec(db)
        .await?;
    Ok(done.rows_affected)
}

/// Up to where a provider was asked.
///
/// # Errors
/// When the database fails.
pub async fn cursor(db: &impl ConnectionTrait, provider: &str) -> Result<Option<String>, DbErr> {
    let sql = "SELECT cursor FROM payment_cursors WHERE provider = $1";
    let values: [Value; 1] = [provider.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.query_one_raw(statement).await?.map(|row| row.try_get("", "cursor")).transpose()
}

/// A provider was asked up to here.
///
/// # Errors
/// When the database fails.
pub async fn move_cursor(db: &impl ConnectionTrait, provider: &str, cursor: &str) -> Result<(), DbErr> {
    let sql = "INSERT INTO payment_cursors (provider, cursor) VALUES ($1, $2) \
               ON CONFLICT (provider) DO UPDATE SET cursor = excluded.cursor";
    let values: [Value; 2] = [provider.into(), cursor.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    db.execute_raw(statement).await.map(drop)
}
