//! `event_retries`: events that a handler could not take, and those of the same
//! subject that wait behind them. They carry the event: the log may forget it.

use sea_orm::{
    Condition, FromQueryResult, QueryOrder as _, QuerySelect as _, entity::prelude::*,
    sea_query::OnConflict,
};

use crate::time::DateTime;

/// An event that waits for its handler.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event_retries")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub handler: String,
    /// The event's number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
    /// The event's writing transaction.
    pub transaction: i64,
    /// The event's kind.
    pub kind: String,
    /// The event's version.
    pub version: i32,
    /// What the event happened to.
    pub subject: String,
    /// The event's payload.
    #[sea_orm(column_type = "JsonBinary")]
    pub payload: Json,
    /// When the event happened.
    pub at: DateTime,
    /// How often it was tried; 0 when it only waits behind another.
    pub attempts: i32,
    /// When it is tried again.
    pub next_attempt_at: DateTime,
    /// Why it failed.
    pub error: String,
    /// Whether it was given up.
    pub is_dead: bool,
}

/// Retries stand alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds an event that waits; does nothing when it waits already.
///
/// # Errors
/// When the database fails.
pub async fn park(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    let unless_known = OnConflict::columns([Column::Handler, Column::Sequence]).do_nothing().to_owned();
    Entity::insert(ActiveModel::from(row).reset_all())
        .on_conflict(unless_known)
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// The oldest events behind a position that wait for a handler.
///
/// # Errors
/// When the database fails.
pub async fn waiting(
    db: &impl ConnectionTrait,
    handler: &str,
    (transaction, sequence): (i64, i64),
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let behind = Condition::any().add(Column::Transaction.gt(transaction)).add(
        Condition::all().add(Column::Transaction.eq(transaction)).add(Column::Sequence.gt(sequence)),
    );
    Entity::find()
        .filter(behind)
        .filter(Column::Handler.eq(handler))
        .filter(Column::IsDead.eq(false))
        .order_by_asc(Column::Transaction)
        .order_by_asc(Column::Sequence)
        .limit(limit)
        .all(db)
        .await
}

/// Whether an event of this subject waits for a handler.
///
/// # Errors
/// When the database fails.
pub async fn waits(db: &impl ConnectionTrait, handler: &str, subject: &str) -> Result<bool, DbErr> {
    Entity::find()
        .filter(Column::Handler.eq(handler))
        .filter(Column::Subject.eq(subject))
        .filter(Column::IsDead.eq(false))
        .exists(db)
        .await
}

/// Notes another failed attempt.
///
/// # Errors
/// When the database fails.
pub async fn failed(
    db: &impl ConnectionTrait,
    row: &Model,
    attempts: i32,
    next_attempt_at: DateTime,
    error: &str,
    is_dead: bool,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Attempts, attempts.into())
        .col_expr(Column::NextAttemptAt, next_attempt_at.0.into())
        .col_expr(Column::Error, error.into())
        .col_expr(Column::IsDead, is_dead.into())
        .filter(Column::Handler.eq(row.handler.as_str()))
        .filter(Column::Sequence.eq(row.sequence))
        .exec(db)
        .await
        .map(drop)
}

/// Removes an event that was taken at last, or that nobody wants any more;
/// false when it was not there.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &impl ConnectionTrait, handler: &str, sequence: i64) -> Result<bool, DbErr> {
    let id = (handler.to_owned(), sequence);
    Ok(Entity::delete_by_id(id).exec(db).await?.rows_affected == 1)
}

/// Events that were given up, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn dead(
    db: &impl ConnectionTrait,
    handler: Option<&str>,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(dead_of(handler, None))
        .order_by_asc(Column::Handler)
        .order_by_asc(Column::Transaction)
        .order_by_asc(Column::Sequence)
        .limit(limit)
        .all(db)
        .await
}

/// Has events that were given up tried again at once; how many.
///
/// # Errors
/// When the database fails.
pub async fn requeue(
    db: &impl ConnectionTrait,
    handler: &str,
    sequence: Option<i64>,
) -> Result<u64, DbErr> {
    let requeued = Entity::update_many()
        .col_expr(Column::Attempts, 0.into())
        .col_expr(Column::NextAttemptAt, 0_i64.into())
        .col_expr(Column::IsDead, false.into())
        .filter(dead_of(Some(handler), sequence))
        .exec(db)
        .await?;
    Ok(requeued.rows_affected)
}

/// Drops events that were given up; how many.
///
/// # Errors
/// When the database fails.
pub async fn discard(
    db: &impl ConnectionTrait,
    handler: &str,
    sequence: Option<i64>,
) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(dead_of(Some(handler), sequence)).exec(db).await?.rows_affected)
}

/// How many events wait for a handler, and how many were given up.
#[derive(Clone, Debug, PartialEq, Eq, FromQueryResult)]
pub struct Count {
    /// Whose.
    pub handler: String,
    /// Whether these were given up.
    pub is_dead: bool,
    /// How many.
    pub events: i64,
}

/// How many events wait for each handler, and how many were given up.
///
/// # Errors
/// When the database fails.
pub async fn counts(db: &impl ConnectionTrait) -> Result<Vec<Count>, DbErr> {
    Entity::find()
        .select_only()
        .columns([Column::Handler, Column::IsDead])
        .column_as(Column::Sequence.count(), "events")
        .group_by(Column::Handler)
        .group_by(Column::IsDead)
        .into_model()
        .all(db)
        .await
}

fn dead_of(handler: Option<&str>, sequence: Option<i64>) -> Condition {
    Condition::all()
        .add(Column::IsDead.eq(true))
        .add_option(handler.map(|handler| Column::Handler.eq(handler)))
        .add_option(sequence.map(|sequence| Column::Sequence.eq(sequence)))
}
