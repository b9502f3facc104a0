//! `reservation_lines`: how many units of which variants an order was promised.

use sea_orm::{
    QueryOrder as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _},
};

use crate::ids::{OrderId, VariantId};

/// Units of a variant.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reservation_lines")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    /// Of what.
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: VariantId,
    /// How many were promised.
    pub quantity: i32,
    /// How many of these left the stock: fewer of what could be ordered when
    /// none was left.
    pub taken: i32,
    /// How many of these came back.
    pub restocked: i32,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The lines of an order, sorted by variant.
pub async fn of_order(db: &impl ConnectionTrait, order: OrderId) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::OrderId.eq(order)).order_by_asc(Column::VariantId).all(db).await
}

/// Adds lines.
pub async fn insert(transaction: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(ActiveModel::from);
    Entity::insert_many(rows).exec_without_returning(transaction).await.map(drop)
}

/// Notes that units of a line left the stock.
pub async fn take(
    transaction: &impl ConnectionTrait,
    order: OrderId,
    variant: VariantId,
    units: i32,
) -> Result<(), DbErr> {
    add(transaction, order, variant, Column::Taken, units).await
}

/// Notes that units of a line came back.
pub async fn restock(
    transaction: &impl ConnectionTrait,
    order: OrderId,
    variant: VariantId,
    units: i32,
) -> Result<(), DbErr> {
    add(transaction, order, variant, Column::Restocked, units).await
}

async fn add(
    transaction: &impl ConnectionTrait,
    order: OrderId,
    variant: VariantId,
    column: Column,
    units: i32,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(column, Expr::col(column).add(units))
        .filter(Column::OrderId.eq(order))
        .filter(Column::VariantId.eq(variant))
        .exec(transaction)
        .await
        .map(drop)
}
