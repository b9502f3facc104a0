//! `order_transitions`: every move of an order, numbered from 1 without a gap.

use sea_orm::{QueryOrder as _, entity::prelude::*};

use super::OrderState;
use crate::{
    ids::{OrderId, UserId},
    time::DateTime,
};

/// A move.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_transitions")]
pub struct Model {
    /// Of which order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    /// The how manieth.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i32,
    /// Where it stood; none when it was placed.
    pub from_state: Option<OrderState>,
    /// Where it stands since.
    pub to_state: OrderState,
    /// Who moved it; none for the system and for guests.
    pub actor_id: Option<UserId>,
    /// Why.
    pub reason: Option<String>,
    /// When.
    pub at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The moves of these orders, the first first.
///
/// # Errors
/// When the database fails.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(Column::OrderId)
        .order_by_asc(Column::Sequence)
        .all(db)
        .await
}

/// One move.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: &impl ConnectionTrait,
    order: OrderId,
    sequence: i32,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((order, sequence)).one(db).await
}

/// Writes a move.
///
/// # Errors
/// When the database fails.
pub async fn insert(transaction: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(row).reset_all())
        .exec_without_returning(transaction)
        .await
        .map(drop)
}
