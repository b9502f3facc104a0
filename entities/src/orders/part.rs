//! `order_parts`: what one seller owes of an order, and what it brings them.

use sea_orm::{QueryOrder as _, QuerySelect as _, entity::prelude::*};

use crate::ids::{OrderId, OrderPartId, SellerId};

/// One seller's part, frozen at checkout. The parts of an order add up to it.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_parts")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderPartId,
    /// Of which order.
    pub order_id: OrderId,
    /// Whose.
    pub seller_id: SellerId,
    /// Its place among the parts.
    pub position: i32,
    /// Sum of its lines after their own discounts.
    pub subtotal: i64,
    /// Its lines' shares of the discounts on the whole order.
    pub discount: i64,
    /// Its share of shipping.
    pub shipping: i64,
    /// Tax on its lines and its share of shipping.
    pub tax: i64,
    /// `subtotal - discount + shipping + tax`.
    pub total: i64,
    /// What the marketplace keeps.
    pub commission: i64,
    /// What the seller gets.
    pub payout: i64,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The parts of these orders, in their order.
///
/// # Errors
/// When the database fails.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(Column::OrderId)
        .order_by_asc(Column::Position)
        .all(db)
        .await
}

/// The parts with these ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[OrderPartId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// Who sells in an order.
///
/// # Errors
/// When the database fails.
pub async fn sellers(db: &impl ConnectionTrait, order: OrderId) -> Result<Vec<SellerId>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::SellerId)
        .filter(Column::OrderId.eq(order))
        .order_by_asc(Column::Position)
        .into_tuple()
        .all(db)
        .await
}
