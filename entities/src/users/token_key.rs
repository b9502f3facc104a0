//! `token_keys`: the keys that sign access tokens one after the other, shared by
//! this database's instances because none was configured.

use sea_orm::{
    QueryOrder as _,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};

use crate::time::DateTime;

/// A key. One signs; former ones verify what they signed.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "token_keys")]
pub struct Model {
    /// The `kid` of its tokens.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// What it signs.
    pub purpose: String,
    /// The public half: its 32 bytes in base64url.
    pub public_key: String,
    /// PKCS #8 in PEM; gone when the key signs no more.
    pub private_key_pem: Option<String>,
    /// When it was made.
    pub created_at: DateTime,
    /// Since when it signs no more.
    pub retired_at: Option<DateTime>,
    /// When its last token has expired.
    pub verifies_until: Option<DateTime>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Model").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Keys stand alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// All keys for a purpose, the newest first.
///
/// # Errors
/// When the database fails.
pub async fn all(db: &impl ConnectionTrait, purpose: &str) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::Purpose.eq(purpose))
        .order_by_desc(Column::CreatedAt)
        .order_by_desc(Column::Id)
        .all(db)
        .await
}

/// Stores a key that signs, unless there is one for its purpose.
///
/// # Errors
/// When the database fails.
pub async fn insert_unless_there(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    let unless_there = OnConflict::new().do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(unless_there);
    insert.exec_without_returning(db).await.map(drop)
}

/// Stores a key that signs.
///
/// # Errors
/// When another one signs, or the database fails.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(db).await.map(drop)
}

/// Ends signing with the key that signs now, which verifies until `until`;
/// `false` when none signs.
///
/// # Errors
/// When the database fails.
pub async fn retire(
    db: &impl ConnectionTrait,
    purpose: &str,
    now: DateTime,
    until: DateTime,
) -> Result<bool, DbErr> {
    let retired = Entity::update_many()
        .col_expr(Column::RetiredAt, Expr::value(now))
        .col_expr(Column::VerifiesUntil, Expr::value(until))
        .col_expr(Column::PrivateKeyPem, Expr::value(None::<String>))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::RetiredAt.is_null())
        .exec(db)
        .await?;
    Ok(retired.rows_affected > 0)
}

/// Deletes keys whose last token has expired at `now`.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(db: &impl ConnectionTrait, now: DateTime) -> Result<u64, DbErr> {
    let deleted = Entity::delete_many().filter(Column::VerifiesUntil.lte(now)).exec(db).await?;
    Ok(deleted.rows_affected)
}

/// Ends verifying with all keys that sign no more.
///
/// # Errors
/// When the database fails.
pub async fn distrust_retired(
    db: &impl ConnectionTrait,
    purpose: &str,
    now: DateTime,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::VerifiesUntil, Expr::value(now))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::RetiredAt.is_not_null())
        .filter(Column::VerifiesUntil.gt(now))
        .exec(db)
        .await
        .map(drop)
}
