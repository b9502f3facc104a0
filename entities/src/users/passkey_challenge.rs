//! `passkey_challenges`: what passkeys are asked to sign, each once: to sign
//! somebody in, or to show that an account's owner asks.

use sea_orm::entity::prelude::*;

use crate::{ids::AccountId, time::DateTime};

/// A challenge that nobody has answered yet.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "passkey_challenges")]
pub struct Model {
    /// What is signed, in base64url.
    #[sea_orm(primary_key, auto_increment = false)]
    pub challenge: String,
    /// Whose passkey is asked; none to sign in whoever it is.
    pub account_id: Option<AccountId>,
    /// What an answer is checked against, as the WebAuthn library writes it.
    pub state: String,
    /// Until when it may be answered.
    pub expires_at: DateTime,
}

/// Challenges refer to accounts by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a challenge.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(db).await.map(drop)
}

/// Uses a challenge up; its state, unless it is used, expired or for something
/// else.
///
/// # Errors
/// When the database fails.
pub async fn take(
    db: &impl ConnectionTrait,
    challenge: &str,
    account: Option<AccountId>,
    now: DateTime,
) -> Result<Option<String>, DbErr> {
    let taken = Entity::delete_many()
        .filter(Column::Challenge.eq(challenge))
        .filter(match account {
            Some(account) => Column::AccountId.eq(account),
            None => Column::AccountId.is_null(),
        })
        .filter(Column::ExpiresAt.gt(now))
        .exec_with_returning(db)
        .await?;
    Ok(taken.into_iter().next().map(|row| row.state))
}

/// Deletes challenges that have expired.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(db: &impl ConnectionTrait, now: DateTime) -> Result<u64, DbErr> {
    let deleted = Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(db).await?;
    Ok(deleted.rows_affected)
}
