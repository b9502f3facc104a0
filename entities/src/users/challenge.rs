//! `mfa_challenges`: sign-ins whose first step was right and whose second is
//! still to come.

use sea_orm::{FromQueryResult, QuerySelect as _, entity::prelude::*, sea_query::ExprTrait as _};

use crate::{
    ids::{AccountId, ChallengeId},
    time::DateTime,
    users::account,
};

/// A sign-in that waits for its second step.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mfa_challenges")]
pub struct Model {
    /// Its id: whoever has it has shown the first factor.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ChallengeId,
    /// Whose.
    pub account_id: AccountId,
    /// What the assertion of a passkey is checked against, as the WebAuthn library
    /// writes it; none where the account has no passkey.
    pub passkey: Option<String>,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// When the first step was done.
    pub created_at: DateTime,
    /// Until when the second may be.
    pub expires_at: DateTime,
    /// How many answers came.
    pub attempts: i32,
    /// Whether one of them was right.
    pub is_done: bool,
}

/// Challenges refer to accounts by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The account that a challenge is for, and its email if it has one; `None` when
/// there is no such challenge.
///
/// # Errors
/// When the database fails.
pub async fn asked_of(
    db: &impl ConnectionTrait,
    id: ChallengeId,
) -> Result<Option<(AccountId, Option<String>)>, DbErr> {
    let account = Entity::find_by_id(id).select_only().column(Column::AccountId);
    let account = account.into_tuple::<AccountId>().one(db).await?;
    let Some(account) = account else { return Ok(None) };
    let email = account::Entity::find_by_id(account).select_only().column(account::Column::Email);
    Ok(Some((account, email.into_tuple::<Option<String>>().one(db).await?.flatten())))
}

/// Counts an answer and gives the challenge, while it may be answered.
///
/// # Errors
/// When the database fails.
pub async fn attempt(
    db: &impl ConnectionTrait,
    id: ChallengeId,
    most: i32,
    now: DateTime,
) -> Result<Option<Model>, DbErr> {
    let counted = Entity::update_many()
        .col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1))
        .filter(Column::Id.eq(id))
        .filter(Column::Attempts.lt(most))
        .filter(Column::ExpiresAt.gt(now))
        .filter(Column::IsDone.eq(false))
        .exec_with_returning(db)
        .await?;
    Ok(counted.into_iter().next())
}

/// Ends a challenge with a right answer; false when another one was faster.
///
/// # Errors
/// When the database fails.
pub async fn finish(db: &impl ConnectionTrait, id: ChallengeId) -> Result<bool, DbErr> {
    let done = Entity::update_many()
        .col_expr(Column::IsDone, true.into())
        .filter(Column::Id.eq(id))
        .filter(Column::IsDone.eq(false))
        .exec(db)
        .await?;
    Ok(done.rows_affected == 1)
}

#[derive(FromQueryResult)]
struct Attempts {
    attempts: Option<i64>,
}

/// How many answers to challenges of an account came since, right ones left out.
///
/// # Errors
/// When the database fails.
pub async fn failures_since(
    db: &impl ConnectionTrait,
    account: AccountId,
    since: DateTime,
) -> Result<i64, DbErr> {
    let row = Entity::find()
        .select_only()
        .column_as(Column::Attempts.sum().cast_as("bigint"), "attempts")
        .filter(Column::AccountId.eq(account))
        .filter(Column::CreatedAt.gte(since))
        .filter(Column::IsDone.eq(false))
        .into_model::<Attempts>()
        .one(db)
        .await?;
    Ok(row.and_then(|row| row.attempts).unwrap_or_default())
}

/// Lets the challenges of an account be answered no more; wrong answers stay
/// counted.
///
/// # Errors
/// When the database fails.
pub async fn expire(db: &impl ConnectionTrait, account: AccountId, now: DateTime) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::ExpiresAt, Expr::value(now))
        .filter(Column::AccountId.eq(account))
        .filter(Column::ExpiresAt.gt(now))
        .exec(db)
        .await
        .map(drop)
}

/// Deletes challenges from before an instant.
///
/// # Errors
/// When the database fails.
pub async fn delete_before(db: &impl ConnectionTrait, instant: DateTime) -> Result<u64, DbErr> {
    let deleted = Entity::delete_many().filter(Column::CreatedAt.lt(instant)).exec(db).await?;
    Ok(deleted.rows_affected)
}
