//! `recovery_codes`: each stands in for a second factor once. Only hashes are
//! stored.

use sea_orm::{ActiveValue::Set, entity::prelude::*};

use crate::ids::AccountId;

/// A code that was not used yet.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_codes")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// SHA-256 of the code, in base64url.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
}

/// Codes refer to accounts by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Uses a code up; false when there is none such.
///
/// # Errors
/// When the database fails.
pub async fn take(db: &impl ConnectionTrait, account: AccountId, hash: &str) -> Result<bool, DbErr> {
    let taken = Entity::delete_by_id((account, hash.to_owned())).exec(db).await?;
    Ok(taken.rows_affected == 1)
}

/// Replaces all codes of an account; none removes them.
///
/// # Errors
/// When the database fails.
pub async fn replace(
    db: &impl ConnectionTrait,
    account: AccountId,
    hashes: Vec<String>,
) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::AccountId.eq(account)).exec(db).await?;
    if hashes.is_empty() {
        return Ok(());
    }
    let rows = hashes.into_iter().map(|hash| ActiveModel { account_id: Set(account), hash: Set(hash) });
    Entity::insert_many(rows).exec_without_returning(db).await.map(drop)
}
