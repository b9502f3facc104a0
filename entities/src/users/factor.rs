//! `mfa_factors`: authenticator apps that sign an account in as its second step.

use sea_orm::{QueryOrder as _, entity::prelude::*, sea_query::Expr};

use crate::{
    ids::{AccountId, FactorId},
    time::DateTime,
};

/// An authenticator app.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mfa_factors")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FactorId,
    /// Whose.
    pub account_id: AccountId,
    /// The secret it shares with us, in base64url.
    pub secret: String,
    /// When it was enrolled.
    pub created_at: DateTime,
    /// When its first code came; before, it is good for nothing.
    pub confirmed_at: Option<DateTime>,
    /// The step of the last code that was accepted: none is accepted twice.
    pub last_step: i64,
}

/// Factors refer to accounts by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The factors of these accounts that are in use, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn in_use(db: &impl ConnectionTrait, accounts: &[AccountId]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::AccountId.is_in(accounts.iter().copied()))
        .filter(Column::ConfirmedAt.is_not_null())
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// A factor of this account, in use or not.
///
/// # Errors
/// When the database fails.
pub async fn of_account(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: FactorId,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).filter(Column::AccountId.eq(account)).one(db).await
}

/// Adds a factor that waits for its first code, instead of any other that does.
///
/// # Errors
/// When the database fails.
pub async fn enroll(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::delete_many()
        .filter(Column::AccountId.eq(row.account_id))
        .filter(Column::ConfirmedAt.is_null())
        .exec(db)
        .await?;
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(db).await.map(drop)
}

/// Accepts a code: false when a code of this step, or of a later one, was
/// accepted before. The first one puts the factor in use.
///
/// # Errors
/// When the database fails.
pub async fn accept(
    db: &impl ConnectionTrait,
    id: FactorId,
    step: i64,
    now: DateTime,
) -> Result<bool, DbErr> {
    let confirmed = Expr::cust_with_values("COALESCE(confirmed_at, $1)", [now.0]);
    let accepted = Entity::update_many()
        .col_expr(Column::LastStep, step.into())
        .col_expr(Column::ConfirmedAt, confirmed)
        .filter(Column::Id.eq(id))
        .filter(Column::LastStep.lt(step))
        .exec(db)
        .await?;
    Ok(accepted.rows_affected == 1)
}

/// Removes a factor.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &impl ConnectionTrait, id: FactorId) -> Result<(), DbErr> {
    Entity::delete_by_id(id).exec(db).await.map(drop)
}
