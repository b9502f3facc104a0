//! `reservations`: what becomes of the units that an order was promised. The
//! state leaves HELD once, by one conditional statement.

use sea_orm::{
    ActiveValue::Set, QueryOrder as _, QuerySelect as _, entity::prelude::*, sea_query::OnConflict,
};

use crate::{ids::OrderId, time::DateTime};

/// The units of an order.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reservations")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    /// What became of them.
    pub state: State,
    /// When they are free again; for those that are, since when.
    pub until: DateTime,
    /// When the state last changed.
    pub changed_at: DateTime,
}

/// What became of the units of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// Promised.
    #[sea_orm(string_value = "HELD")]
    Held,
    /// Sold.
    #[sea_orm(string_value = "TAKEN")]
    Taken,
    /// Free again, or never promised; nothing is promised to this order any more.
    #[sea_orm(string_value = "RELEASED")]
    Released,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a reservation; false when the order has one. Waits for another
/// transaction that is adding it.
pub async fn open(transaction: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let inserted = Entity::insert(ActiveModel::from(row))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    Ok(inserted > 0)
}

/// Takes a reservation back that was added in this transaction.
pub async fn withdraw(transaction: &impl ConnectionTrait, order: OrderId) -> Result<(), DbErr> {
    Entity::delete_by_id(order).exec(transaction).await.map(drop)
}

/// Holds the units of an order until another instant; false when it holds none.
pub async fn prolong(
    transaction: &impl ConnectionTrait,
    order: OrderId,
    until: DateTime,
) -> Result<bool, DbErr> {
    let updated = Entity::update_many()
        .set(ActiveModel { until: Set(until), ..Default::default() })
        .filter(Column::OrderId.eq(order))
        .filter(Column::State.eq(State::Held))
        .exec(transaction)
        .await?;
    Ok(updated.rows_affected > 0)
}

/// Ends a reservation: of all who try, at once or one after the other, one is
/// told true. With `due` only one that ends by then.
pub async fn end(
    transaction: &impl ConnectionTrait,
    order: OrderId,
    state: State,
    now: DateTime,
    due: Option<DateTime>,
) -> Result<bool, DbErr> {
    let mut update = Entity::update_many()
        .set(ActiveModel {
            state: Set(state),
            until: Set(now),
            changed_at: Set(now),
            ..Default::default()
        })
        .filter(Column::OrderId.eq(order))
        .filter(Column::State.eq(State::Held));
    if let Some(due) = due {
        update = update.filter(Column::Until.lte(due));
    }
    Ok(update.exec(transaction).await?.rows_affected > 0)
}

/// What became of the units of an order, locked until the transaction ends.
pub async fn lock(transaction: &impl ConnectionTrait, order: OrderId) -> Result<Option<State>, DbErr> {
    let mut found = Entity::find_by_id(order);
    if transaction.get_database_backend() == sea_orm::DbBackend::Postgres {
        found = found.lock_exclusive();
    }
    Ok(found.one(transaction).await?.map(|row| row.state))
}

/// Orders whose units are free again by now, those that waited longest first.
pub async fn due(db: &impl ConnectionTrait, now: DateTime, limit: u64) -> Result<Vec<OrderId>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::OrderId)
        .filter(Column::State.eq(State::Held))
        .filter(Column::Until.lte(now))
        .order_by_asc(Column::Until)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Forgets what was free again before this instant.
pub async fn forget_released(db: &impl ConnectionTrait, before: DateTime) -> Result<u64, DbErr> {
    let deleted = Entity::delete_many()
        .filter(Column::State.eq(State::Released))
        .filter(Column::Until.lt(before))
        .exec(db)
        .await?;
    Ok(deleted.rows_affected)
}
