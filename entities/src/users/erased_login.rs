//! `erased_logins`: logins with identity providers whose account was erased, by a
//! hash that tells nobody whose they were. Tokens from before make no new account.

use sea_orm::{
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use crate::time::DateTime;

/// A login whose account was erased.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "erased_logins")]
pub struct Model {
    /// Of provider and subject, with a secret key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    /// When its account was erased.
    pub erased_at: DateTime,
    /// When the last token from before has expired, as far as is known.
    pub kept_until: DateTime,
}

/// Refers to nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes erased logins, again those that were erased before.
///
/// # Errors
/// When the database fails.
pub async fn note(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let again = OnConflict::column(Column::Hash)
        .update_columns([Column::ErasedAt, Column::KeptUntil])
        .to_owned();
    let rows = rows.into_iter().map(|row| ActiveModel::from(row).reset_all());
    Entity::insert_many(rows).on_conflict(again).exec_without_returning(db).await.map(drop)
}

/// When the account of a login was erased, while that is kept.
///
/// # Errors
/// When the database fails.
pub async fn erased_at(db: &impl ConnectionTrait, hash: &str) -> Result<Option<DateTime>, DbErr> {
    Ok(Entity::find_by_id(hash).one(db).await?.map(|row| row.erased_at))
}

/// Keeps a login in mind until an instant at least: a token of it is good so long.
///
/// # Errors
/// When the database fails.
pub async fn keep(db: &impl ConnectionTrait, hash: &str, until: DateTime) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::KeptUntil, Expr::value(until))
        .filter(Column::Hash.eq(hash))
        .filter(Expr::col(Column::KeptUntil).lt(until))
        .exec(db)
        .await
        .map(drop)
}

/// Deletes what need not be kept any more.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(db: &impl ConnectionTrait, now: DateTime) -> Result<u64, DbErr> {
    let deleted = Entity::delete_many().filter(Column::KeptUntil.lte(now)).exec(db).await?;
    Ok(deleted.rows_affected)
}
