//! `order_refunds`: refunds that somebody asked for, from the moment their units
//! are set aside until the money is on its way.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{OrderId, OrderLineId, OrderRefundId, ReturnId, UserId},
    sql::Sql,
    time::DateTime,
};

/// A refund.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_refunds")]
pub struct Model {
    /// Its id, under which the money is given back once.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderRefundId,
    /// Of which order.
    pub order_id: OrderId,
    /// The return that it pays back.
    pub return_id: Option<ReturnId>,
    /// Whether the money is on its way.
    pub is_done: bool,
    /// How much, in minor units.
    pub amount: i64,
    /// The units that it pays back.
    #[sea_orm(column_type = "JsonBinary")]
    pub units: Refunds,
    /// Whether they go back into stock.
    pub is_restocked: bool,
    /// Why.
    pub reason: String,
    /// Who asked for it.
    pub actor_id: Option<UserId>,
    /// When another process may go on with it.
    pub leased_until: DateTime,
    /// Whose retry-safe key asked for it.
    pub retry_scope: Option<String>,
    /// That key.
    pub retry_key: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The units of a refund.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Refunds(pub Vec<RefundedUnits>);

/// Units of a line that are paid back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundedUnits {
    /// Which line.
    pub line_id: OrderLineId,
    /// How many.
    pub quantity: i32,
    /// How many of these were not shipped, and will not be.
    pub cancelled: i32,
}

/// The refund.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &impl ConnectionTrait, id: OrderRefundId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// The refund that pays a return back.
///
/// # Errors
/// When the database fails.
pub async fn of_return(db: &impl ConnectionTrait, id: ReturnId) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::ReturnId.eq(id)).one(db).await
}

/// Writes a refund.
///
/// # Errors
/// When the database fails.
pub async fn insert(transaction: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(row).reset_all())
        .exec_without_returning(transaction)
        .await
        .map(drop)
}

/// The money is on its way. False when that was known, or the refund is gone.
///
/// # Errors
/// When the database fails.
pub async fn end(transaction: &impl ConnectionTrait, id: OrderRefundId) -> Result<bool, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE order_refunds SET is_done = TRUE WHERE id = ").bind(id).push(" AND NOT is_done");
    Ok(transaction.execute_raw(sql.statement()).await?.rows_affected() == 1)
}

/// Removes a refund that came to nothing. False when it is done, or gone.
///
/// # Errors
/// When the database fails.
pub async fn remove(transaction: &impl ConnectionTrait, id: OrderRefundId) -> Result<bool, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("DELETE FROM order_refunds WHERE id = ").bind(id).push(" AND NOT is_done");
    Ok(transaction.execute_raw(sql.statement()).await?.rows_affected() == 1)
}

/// Takes a refund over for a while. False when somebody else has it, or it is
/// done.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    db: &impl ConnectionTrait,
    id: OrderRefundId,
    now: DateTime,
    until: DateTime,
) -> Result<bool, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("UPDATE order_refunds SET leased_until = ").bind(until).push(" WHERE id = ").bind(id);
    sql.push(" AND NOT is_done AND leased_until <= ").bind(now);
    Ok(db.execute_raw(sql.statement()).await?.rows_affected() == 1)
}

/// Lets go of a refund, so that anybody may go on with it at once.
///
/// # Errors
/// When the database fails.
pub async fn let_go(db: &impl ConnectionTrait, id: OrderRefundId) -> Result<(), DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("UPDATE order_refunds SET leased_until = 0 WHERE id = ").bind(id);
    db.execute_raw(sql.statement()).await.map(drop)
}
