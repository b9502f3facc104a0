//! `order_returns` and their lines: units that come back.

use sea_orm::{QueryOrder as _, entity::prelude::*};

use super::ReturnState;
use crate::{
    ids::{OrderId, OrderLineId, ReturnId},
    sql::Sql,
    time::DateTime,
};

/// A return.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_returns")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReturnId,
    /// Of which order.
    pub order_id: OrderId,
    /// Where it stands.
    pub state: ReturnState,
    /// Why, in the buyer's words.
    pub reason: String,
    /// When it was asked for.
    pub requested_at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Units of a line in a return.
pub mod line {
    use sea_orm::entity::prelude::*;

    use crate::ids::{OrderLineId, ReturnId};

    /// Units of a line in a return.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "order_return_lines")]
    pub struct Model {
        /// Which return.
        #[sea_orm(primary_key, auto_increment = false)]
        pub return_id: ReturnId,
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

/// Writes a return.
///
/// # Errors
/// When the database fails.
pub async fn insert(
    transaction: &impl ConnectionTrait,
    row: Model,
    lines: &[(OrderLineId, i32)],
) -> Result<(), DbErr> {
    let return_id = row.id;
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(transaction).await?;
    let lines = lines.iter().map(|(line_id, quantity)| {
        let row = line::Model { return_id, line_id: *line_id, quantity: *quantity };
        line::ActiveModel::from(row).reset_all()
    });
    line::Entity::insert_many(lines).exec_without_returning(transaction).await.map(drop)
}

/// Moves a return on if it still stands at `from`. False when it stood elsewhere.
///
/// # Errors
/// When the database fails.
pub async fn advance(
    transaction: &impl ConnectionTrait,
    id: ReturnId,
    from: ReturnState,
    to: ReturnState,
) -> Result<bool, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE order_returns SET state = ").bind(to.into_value());
    sql.push(" WHERE id = ").bind(id).push(" AND state = ").bind(from.into_value());
    Ok(transaction.execute_raw(sql.statement()).await?.rows_affected() == 1)
}

/// The returns of these orders, the first first.
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

/// The returns with these ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[ReturnId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The units of these returns.
///
/// # Errors
/// When the database fails.
pub async fn lines_of(
    db: &impl ConnectionTrait,
    returns: &[ReturnId],
) -> Result<Vec<line::Model>, DbErr> {
    line::Entity::find()
        .filter(line::Column::ReturnId.is_in(returns.iter().copied()))
        .order_by_asc(line::Column::ReturnId)
        .order_by_asc(line::Column::LineId)
        .all(db)
        .await
}
