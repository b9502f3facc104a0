//! `refresh_tokens`: each can be used once and is followed by the next one of
//! its session. Only hashes are stored.

use sea_orm::{entity::prelude::*, sea_query::Expr};

use crate::{ids::SessionId, time::DateTime};

/// A refresh token.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_tokens")]
pub struct Model {
    /// SHA-256 of the token, in base64url.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// The session it prolongs.
    pub session_id: SessionId,
    /// Until when it can be used.
    pub expires_at: DateTime,
    /// When it was used, if it was.
    pub used_at: Option<DateTime>,
}

/// Tokens refer to sessions by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The token with this hash.
///
/// # Errors
/// When the database fails.
pub async fn by_hash(db: &impl ConnectionTrait, hash: &str) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(hash).one(db).await
}

/// Marks a token as used; false when it was used before.
///
/// # Errors
/// When the database fails.
pub async fn take(db: &impl ConnectionTrait, hash: &str, now: DateTime) -> Result<bool, DbErr> {
    let taken = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::Hash.eq(hash))
        .filter(Column::UsedAt.is_null())
        .exec(db)
        .await?;
    Ok(taken.rows_affected == 1)
}

/// Deletes tokens that have expired.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(db: &impl ConnectionTrait, now: DateTime) -> Result<u64, DbErr> {
    let deleted = Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(db).await?;
    Ok(deleted.rows_affected)
}
