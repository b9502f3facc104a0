//! `event_floor`: the last event that was deleted from the log, in one row.

use sea_orm::{
    ActiveValue::Set,
    QuerySelect as _,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};

/// Where the log begins.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_floor")]
pub struct Model {
    /// Always 0: there is one row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Of the last event that was deleted.
    pub transaction: i64,
    /// Of the last event that was deleted.
    pub sequence: i64,
}

/// The floor stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Transaction and number of the last event that was deleted; zeros when none was.
///
/// # Errors
/// When the database fails.
pub async fn read(db: &impl ConnectionTrait) -> Result<(i64, i64), DbErr> {
    let row = Entity::find_by_id(0)
        .select_only()
        .columns([Column::Transaction, Column::Sequence])
        .into_tuple()
        .one(db)
        .await?;
    Ok(row.unwrap_or_default())
}

/// Notes that everything up to here is deleted.
///
/// # Errors
/// When the database fails.
pub async fn raise(
    transaction: &impl ConnectionTrait,
    (number, sequence): (i64, i64),
) -> Result<(), DbErr> {
    let row = ActiveModel { id: Set(0), transaction: Set(number), sequence: Set(sequence) };
    // Instances that trim together never move it back.
    let is_higher = Expr::cust(
        "(event_floor.\"transaction\", event_floor.sequence) \
         < (excluded.\"transaction\", excluded.sequence)",
    );
    let replace = OnConflict::column(Column::Id)
        .update_columns([Column::Transaction, Column::Sequence])
        .action_and_where(is_higher)
        .to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(transaction).await.map(drop)
}
