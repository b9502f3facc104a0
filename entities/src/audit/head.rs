//! `audit_head`: where the chain of records ends, so that a tail that was cut
//! off is missed.

use sea_orm::{ActiveValue::Set, entity::prelude::*, sea_query::OnConflict};

/// The only row.
const ONLY: i32 = 1;

/// The end of the chain.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_head")]
pub struct Model {
    /// There is one row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// Of the last record.
    pub sequence: i64,
    /// Of the last record.
    pub hash: String,
    /// Hash of this row.
    pub seal: String,
}

/// Stands alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The end of the chain; `None` before the first record.
///
/// # Errors
/// When the database fails.
pub async fn read(db: &impl ConnectionTrait) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(ONLY).one(db).await
}

/// Notes where the chain ends.
///
/// # Errors
/// When the database fails.
pub async fn write(
    db: &impl ConnectionTrait,
    sequence: i64,
    hash: String,
    seal: String,
) -> Result<(), DbErr> {
    let row = ActiveModel { id: Set(ONLY), sequence: Set(sequence), hash: Set(hash), seal: Set(seal) };
    let replace = OnConflict::column(Column::Id)
        .update_columns([Column::Sequence, Column::Hash, Column::Seal])
        .to_owned();
    Entity::insert(row).on_conflict(replace).exec_without_returning(db).await.map(drop)
}
