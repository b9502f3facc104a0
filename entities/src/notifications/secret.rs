//! `notification_secrets`: what this database's instances sign with.

use sea_orm::{QuerySelect as _, entity::prelude::*, sea_query::OnConflict};

/// A generated secret.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_secrets")]
pub struct Model {
    /// What it signs.
    #[sea_orm(primary_key, auto_increment = false)]
    pub purpose: String,
    /// Random bytes in base64.
    pub secret: String,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Model").field("purpose", &self.purpose).finish_non_exhaustive()
    }
}

/// Secrets stand alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Stores a secret unless there is one for its purpose; the one that is kept.
///
/// # Errors
/// When the database fails.
pub async fn keep(db: &impl ConnectionTrait, row: Model) -> Result<Option<String>, DbErr> {
    let purpose = row.purpose.clone();
    let unless_there = OnConflict::column(Column::Purpose).do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(unless_there);
    insert.exec_without_returning(db).await?;
    find(db, &purpose).await
}

/// The secret for a purpose.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &impl ConnectionTrait, purpose: &str) -> Result<Option<String>, DbErr> {
    Entity::find_by_id(purpose).select_only().column(Column::Secret).into_tuple().one(db).await
}
