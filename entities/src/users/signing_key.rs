//! `signing_keys`: the one key of releases before keys were rotated. Taken over
//! into `token_keys`; a later release drops it.

use sea_orm::{QuerySelect as _, entity::prelude::*};

use crate::time::DateTime;

/// A generated key.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    /// What it signs.
    #[sea_orm(primary_key, auto_increment = false)]
    pub purpose: String,
    /// PKCS #8 in PEM.
    pub private_key_pem: String,
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
    Entity::find_by_id(purpose).select_only().column(Column::PrivateKeyPem).into_tuple().one(db).await
}

/// Deletes the key for a purpose.
///
/// # Errors
/// When the database fails.
pub async fn delete(db: &impl ConnectionTrait, purpose: &str) -> Result<(), DbErr> {
    Entity::delete_by_id(purpose).exec(db).await.map(drop)
}
