//! `event_handlers`: how far every handler is, and which process runs it.

use sea_orm::{ActiveValue::Set, Condition, QueryOrder as _, entity::prelude::*, sea_query::OnConflict};

use crate::time::DateTime;

/// A handler's durable position.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_handlers")]
pub struct Model {
    /// Its name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Of the last event it is done with.
    pub transaction: i64,
    /// Of the last event it is done with.
    pub sequence: i64,
    /// The process that runs it.
    pub leased_by: Option<String>,
    /// When another process may take over.
    pub leased_until: DateTime,
    /// When the position was last written.
    pub moved_at: DateTime,
}

/// Handlers stand alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a handler at a position, unless it is known.
///
/// # Errors
/// When the database fails.
pub async fn register(
    db: &impl ConnectionTrait,
    name: &str,
    (transaction, sequence): (i64, i64),
    now: DateTime,
) -> Result<(), DbErr> {
    let row = ActiveModel {
        name: Set(name.to_owned()),
        transaction: Set(transaction),
        sequence: Set(sequence),
        leased_by: Set(None),
        leased_until: Set(DateTime(0)),
        moved_at: Set(now),
    };
    let unless_known = OnConflict::column(Column::Name).do_nothing().to_owned();
    Entity::insert(row).on_conflict(unless_known).exec_without_returning(db).await.map(drop)
}

/// Takes or renews the right to run a handler; its position, or `None` while
/// another process has it.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    db: &impl ConnectionTrait,
    name: &str,
    process: &str,
    now: DateTime,
    until: DateTime,
) -> Result<Option<(i64, i64)>, DbErr> {
    let free = Condition::any()
        .add(Column::LeasedBy.is_null())
        .add(Column::LeasedBy.eq(process))
        .add(Column::LeasedUntil.lt(now));
    let leased = Entity::update_many()
        .col_expr(Column::LeasedBy, process.into())
        .col_expr(Column::LeasedUntil, until.0.into())
        .filter(Column::Name.eq(name))
        .filter(free)
        .exec_with_returning(db)
        .await?;
    Ok(leased.into_iter().next().map(|row| (row.transaction, row.sequence)))
}

/// Where a handler stands that whoever comes moves on in a transaction: nobody
/// else can until that ends. `None` for one that is not registered.
///
/// # Errors
/// When the database fails.
pub async fn hold(
    transaction: &impl ConnectionTrait,
    name: &str,
    now: DateTime,
) -> Result<Option<(i64, i64)>, DbErr> {
    let held = Entity::update_many()
        .col_expr(Column::MovedAt, now.0.into())
        .filter(Column::Name.eq(name))
        .exec_with_returning(transaction)
        .await?;
    Ok(held.into_iter().next().map(|row| (row.transaction, row.sequence)))
}

/// Moves a handler on that [`hold`] holds.
///
/// # Errors
/// When the database fails.
pub async fn move_to(
    transaction: &impl ConnectionTrait,
    name: &str,
    (number, sequence): (i64, i64),
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Transaction, number.into())
        .col_expr(Column::Sequence, sequence.into())
        .filter(Column::Name.eq(name))
        .exec(transaction)
        .await
        .map(drop)
}

/// A handler, unless it is not known.
///
/// # Errors
/// When the database fails.
pub async fn by_name(db: &impl ConnectionTrait, name: &str) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(name.to_owned()).one(db).await
}

/// Lets another process run it.
///
/// # Errors
/// When the database fails.
pub async fn release(db: &impl ConnectionTrait, name: &str, process: &str) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::LeasedUntil, 0_i64.into())
        .filter(Column::Name.eq(name))
        .filter(Column::LeasedBy.eq(process))
        .exec(db)
        .await
        .map(drop)
}

/// Notes how far a handler is; false when this process may not run it any more.
///
/// # Errors
/// When the database fails.
pub async fn advance(
    db: &impl ConnectionTrait,
    name: &str,
    process: &str,
    (transaction, sequence): (i64, i64),
    now: DateTime,
) -> Result<bool, DbErr> {
    let moved = Entity::update_many()
        .col_expr(Column::Transaction, transaction.into())
        .col_expr(Column::Sequence, sequence.into())
        .col_expr(Column::MovedAt, now.0.into())
        .filter(Column::Name.eq(name))
        .filter(Column::LeasedBy.eq(process))
        .exec(db)
        .await?;
    Ok(moved.rows_affected == 1)
}

/// All handlers, by name.
///
/// # Errors
/// When the database fails.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_asc(Column::Name).all(db).await
}

/// Forgets a handler that is no more; false when it was not known.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &impl ConnectionTrait, name: &str) -> Result<bool, DbErr> {
    Ok(Entity::delete_by_id(name.to_owned()).exec(db).await?.rows_affected == 1)
}
