//! `order_fulfilments` and their lines: what was shipped, when and how.

use sea_orm::{QueryOrder as _, entity::prelude::*};

use crate::{
    ids::{FulfilmentId, OrderId, OrderLineId},
    time::DateTime,
};

/// A shipment.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_fulfilments")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FulfilmentId,
    /// Of which order.
    pub order_id: OrderId,
    /// Who carries it.
    pub carrier: Option<String>,
    /// Where to look for it.
    pub tracking_number: Option<String>,
    /// When it left.
    pub shipped_at: DateTime,
    /// When it arrived, if known.
    pub delivered_at: Option<DateTime>,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Units of a line in a shipment.
pub mod line {
    use sea_orm::entity::prelude::*;

    use crate::ids::{FulfilmentId, OrderLineId};

    /// Units of a line in a shipment.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_fulfilment_lines")]
    pub struct Model {
        /// Which shipment.
        #[sea_orm(primary_key, auto_increment = false)]
        pub fulfilment_id: FulfilmentId,
        /// Which line.
        #[sea_orm(primary_key, auto_increment = false)]
        pub line_id: OrderLineId,
        /// How many.
        pub quantity: i32,
    }

    /// Loaders follow the references.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Writes a shipment.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    transaction: &impl ConnectionTrait,
    row: Model,
    lines: &[(OrderLineId, i32)],
) -> Result<(), DbErr> {
    let fulfilment_id = row.id;
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(transaction).await?;
    let lines = lines.iter().map(|(line_id, quantity)| {
        let row = line::Model { fulfilment_id, line_id: *line_id, quantity: *quantity };
        line::ActiveModel::from(row).reset_all()
    });
    line::Entity::insert_many(lines).exec_without_returning(transaction).await.map(drop)
}

/// The shipments of these orders, the first first.
///
/// # Errors
/// When the database fails.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// The shipments with these ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[FulfilmentId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The units of these shipments.
///
/// # Errors
/// When the database fails.
pub async fn lines_of(
    db: &impl ConnectionTrait,
    fulfilments: &[FulfilmentId],
) -> Result<Vec<line::Model>, DbErr> {
    line::Entity::find()
        .filter(line::Column::FulfilmentId.is_in(fulfilments.iter().copied()))
        .order_by_asc(line::Column::FulfilmentId)
        .order_by_asc(line::Column::LineId)
        .all(db)
        .await
}
