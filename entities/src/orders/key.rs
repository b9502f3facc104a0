//! `order_keys`: keys that this database's instances share because none was
//! configured.

use sea_orm::{QuerySelect as _, entity::prelude::*, sea_query::OnConflict};

use crate::time::DateTime;

/// A generated key.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "order_keys")]
pub struct Model {
    /// What it signs.
    #[sea_orm(primary_key, auto_increment = false)]
    pub purpose: String,
    /// Random bytes in base64.
    pub secret: String,
    /// When it was made.
    pub created_at: DateTime,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Model").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// Keys stand alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The key for a purpose.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &impl ConnectionTrait, purpose: &str) -> Result<Option<String>, DbErr> {
    Entity::find_by_id(purpose).select_only().column(Column::Secret).into_tuple().one(db).await
}

/// Stores a key unless there is one for its purpose.
///
/// # Errors
/// When the database fails.
pub async fn insert_unless_there(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    let unless_there = OnConflict::column(Column::Purpose).do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(unless_there);
    insert.exec_without_returning(db).await.map(drop)
}
