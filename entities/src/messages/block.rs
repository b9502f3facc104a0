//! `user_blocks`: who wants to hear nothing of whom. A block works both ways.

use sea_orm::{
    Condition, Order, QueryOrder as _, QuerySelect as _,
    entity::prelude::*,
    sea_query::{ExprTrait as _, OnConflict},
};
use serde::{Deserialize, Serialize};

use crate::{Page, ids::UserId, time::DateTime};

/// A block.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_blocks")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// Whom.
    #[sea_orm(primary_key, auto_increment = false)]
    pub blocked_id: UserId,
    /// Since when.
    pub at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Where a block stands in the list of a user's blocks.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Since when.
    pub at: DateTime,
    /// The tie-breaker.
    pub blocked_id: UserId,
}

fn between(one: UserId, others: &[UserId]) -> Condition {
    let others = || others.iter().copied();
    Condition::any()
        .add(Column::UserId.eq(one).and(Column::BlockedId.is_in(others())))
        .add(Column::BlockedId.eq(one).and(Column::UserId.is_in(others())))
}

/// Whether there is a block between somebody and one of these, either way.
///
/// # Errors
/// When the database fails.
pub async fn exists(db: &impl ConnectionTrait, one: UserId, others: &[UserId]) -> Result<bool, DbErr> {
    Ok(Entity::find().filter(between(one, others)).one(db).await?.is_some())
}

/// Adds a block; false when it is there.
///
/// # Errors
/// When the database fails.
pub async fn insert(transaction: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let unless_there = OnConflict::new().do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(row)).on_conflict(unless_there);
    insert.exec_without_returning(transaction).await.map(|rows| rows == 1)
}

/// Lifts a block; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(
    transaction: &impl ConnectionTrait,
    user: UserId,
    blocked: UserId,
) -> Result<bool, DbErr> {
    let deleted = Entity::delete_by_id((user, blocked)).exec(transaction).await?;
    Ok(deleted.rows_affected > 0)
}

/// A page of a user's blocks, newest first.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &impl ConnectionTrait,
    user: UserId,
    page: Page<'_, Position>,
) -> Result<Vec<Model>, DbErr> {
    let order = if page.is_backward { Order::Asc } else { Order::Desc };
    let mut find = Entity::find().filter(Column::UserId.eq(user));
    if let Some(Position { at, blocked_id }) = page.from {
        let (beyond, tied) = match page.is_backward {
            true => (Column::At.gt(*at), Column::BlockedId.gt(*blocked_id)),
            false => (Column::At.lt(*at), Column::BlockedId.lt(*blocked_id)),
        };
        find = find.filter(beyond.or(Column::At.eq(*at).and(tied)));
    }
    find.order_by(Column::At, order.clone())
        .order_by(Column::BlockedId, order)
        .limit(page.limit)
        .all(db)
        .await
}
