//! `mfa_factors`: authenticator apps that sign an account in as its second step,
//! and passkeys that are both steps in one.

use sea_orm::{QueryOrder as _, entity::prelude::*, sea_query::Expr};

use crate::{
    ids::{AccountId, FactorId},
    time::DateTime,
    users::recovery_code,
};

/// A factor.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mfa_factors")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: FactorId,
    /// Whose.
    pub account_id: AccountId,
    /// What it is.
    pub kind: FactorKind,
    /// The secret that an app shares with us, in base64url. Of a passkey, as the
    /// WebAuthn library writes it, what its attestation is checked against; once
    /// that has come, its public key.
    pub secret: String,
    /// Of a passkey in use: its id, in base64url; unique.
    pub credential_id: Option<String>,
    /// When it was enrolled.
    pub created_at: DateTime,
    /// When its first code or attestation came; before, it is good for nothing.
    pub confirmed_at: Option<DateTime>,
    /// The step of the last code that was accepted, or the counter of the last
    /// assertion: none is accepted twice.
    pub last_step: i64,
}

/// What a factor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum FactorKind {
    /// An authenticator app.
    #[sea_orm(string_value = "TOTP")]
    Totp,
    /// A passkey.
    #[sea_orm(string_value = "WEBAUTHN")]
    Webauthn,
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

/// Puts a passkey in use; false when it is already, or another one has its id.
///
/// # Errors
/// When the database fails.
pub async fn confirm_passkey(
    db: &impl ConnectionTrait,
    id: FactorId,
    credential_id: &str,
    secret: String,
    now: DateTime,
) -> Result<bool, DbErr> {
    if by_credential(db, credential_id).await?.is_some() {
        return Ok(false);
    }
    // Of two that get here at once, the index lets one through.
    let confirmed = Entity::update_many()
        .col_expr(Column::Secret, secret.into())
        .col_expr(Column::CredentialId, credential_id.into())
        .col_expr(Column::ConfirmedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::ConfirmedAt.is_null())
        .exec(db)
        .await?;
    Ok(confirmed.rows_affected == 1)
}

/// The passkey in use with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_credential(
    db: &impl ConnectionTrait,
    credential_id: &str,
) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::CredentialId.eq(credential_id))
        .filter(Column::ConfirmedAt.is_not_null())
        .one(db)
        .await
}

/// Accepts an assertion of a passkey: false when its counter did not go up, which
/// says that there is a copy of it. Passkeys that don't count stay at 0.
///
/// # Errors
/// When the database fails.
pub async fn accept_assertion(
    db: &impl ConnectionTrait,
    id: FactorId,
    counter: u32,
    secret: String,
) -> Result<bool, DbErr> {
    let went_up = match counter {
        0 => Column::LastStep.eq(0),
        counter => Column::LastStep.lt(i64::from(counter)),
    };
    let accepted = Entity::update_many()
        .col_expr(Column::LastStep, i64::from(counter).into())
        .col_expr(Column::Secret, secret.into())
        .filter(Column::Id.eq(id))
        .filter(went_up)
        .exec(db)
        .await?;
    Ok(accepted.rows_affected == 1)
}

/// Whether the account can be signed in to with a passkey other than this one.
///
/// # Errors
/// When the database fails.
pub async fn has_passkey_beside(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: Option<FactorId>,
) -> Result<bool, DbErr> {
    let mut others = Entity::find()
        .filter(Column::AccountId.eq(account))
        .filter(Column::Kind.eq(FactorKind::Webauthn))
        .filter(Column::ConfirmedAt.is_not_null());
    if let Some(id) = id {
        others = others.filter(Column::Id.ne(id));
    }
    others.exists(db).await
}

/// Removes all passkeys of an account, and its recovery codes if no factor is
/// left; how many were in use.
///
/// # Errors
/// When the database fails.
pub async fn remove_passkeys(db: &impl ConnectionTrait, account: AccountId) -> Result<usize, DbErr> {
    let removed = Entity::delete_many()
        .filter(Column::AccountId.eq(account))
        .filter(Column::Kind.eq(FactorKind::Webauthn))
        .exec_with_returning(db)
        .await?;
    if in_use(db, &[account]).await?.is_empty() {
        recovery_code::replace(db, account, Vec::new()).await?;
    }
    Ok(removed.iter().filter(|factor| factor.confirmed_at.is_some()).count())
}

/// Removes a factor.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &impl ConnectionTrait, id: FactorId) -> Result<(), DbErr> {
    Entity::delete_by_id(id).exec(db).await.map(drop)
}
