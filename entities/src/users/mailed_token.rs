//! `mailed_tokens`: what was mailed to show that an address is somebody's. Each
//! can be used once; only hashes are stored.

use sea_orm::{entity::prelude::*, sea_query::Expr};

use crate::{ids::AccountId, time::DateTime};

/// What a mailed token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Purpose {
    /// Shows that the email is the account's.
    #[sea_orm(string_value = "CONFIRM_EMAIL")]
    ConfirmEmail,
    /// Sets a new password.
    #[sea_orm(string_value = "RESET_PASSWORD")]
    ResetPassword,
}

/// A token that was mailed.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mailed_tokens")]
pub struct Model {
    /// SHA-256 of the token, in base64url.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// Whose.
    pub account_id: AccountId,
    /// What it is good for.
    pub purpose: Purpose,
    /// Until when.
    pub expires_at: DateTime,
    /// When it was used, if it was.
    pub used_at: Option<DateTime>,
}

/// Tokens refer to accounts by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Uses a token up: its account, or `None` when it is not good.
///
/// # Errors
/// When the database fails.
pub async fn take(
    db: &impl ConnectionTrait,
    hash: &str,
    purpose: Purpose,
    now: DateTime,
) -> Result<Option<AccountId>, DbErr> {
    let taken = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now))
        .filter(Column::Hash.eq(hash))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::UsedAt.is_null())
        .exec_with_returning(db)
        .await?;
    Ok(taken.first().map(|token| token.account_id))
}

/// Makes the other tokens of an account for this purpose worthless.
///
/// # Errors
/// When the database fails.
pub async fn withdraw(
    db: &impl ConnectionTrait,
    account: AccountId,
    purpose: Purpose,
) -> Result<(), DbErr> {
    Entity::delete_many()
        .filter(Column::AccountId.eq(account))
        .filter(Column::Purpose.eq(purpose))
        .filter(Column::UsedAt.is_null())
        .exec(db)
        .await
        .map(drop)
}

/// Deletes tokens that have expired.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(db: &impl ConnectionTrait, now: DateTime) -> Result<u64, DbErr> {
    let deleted = Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(db).await?;
    Ok(deleted.rows_affected)
}
