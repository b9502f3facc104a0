//! `order_restocks`: units that are to go back into stock, until they are there.

use sea_orm::{FromJsonQueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use crate::ids::{OrderId, VariantId};

/// Units on their way back into stock.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_restocks")]
pub struct Model {
    /// Of which order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    /// Why; they go back once for each key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// The units.
    #[sea_orm(column_type = "JsonBinary")]
    pub units: Restocked,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Units by variant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Restocked(pub Vec<(VariantId, i32)>);

/// Notes units that are to go back.
///
/// # Errors
/// When the database fails.
pub async fn insert(transaction: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(row).reset_all())
        .exec_without_returning(transaction)
        .await
        .map(drop)
}

/// What is to go back of an order.
///
/// # Errors
/// When the database fails.
pub async fn of_order(db: &impl ConnectionTrait, order: OrderId) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::OrderId.eq(order)).all(db).await
}

/// The units are back.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &impl ConnectionTrait, order: OrderId, key: &str) -> Result<(), DbErr> {
    Entity::delete_by_id((order, key.to_owned())).exec(db).await.map(drop)
}
