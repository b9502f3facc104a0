//! Accounts that staff keep from signing in.

use sea_orm::{
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _},
};

use super::account::{Column, Details, Entity};
use crate::{ids::AccountId, time::DateTime};

/// Suspends an account, or takes that back; `None` when that changes nothing.
///
/// # Errors
/// When the database fails.
pub async fn set(
    db: &impl ConnectionTrait,
    id: AccountId,
    at: Option<DateTime>,
    reason: Option<String>,
) -> Result<Option<Details>, DbErr> {
    let set = Entity::update_many()
        .col_expr(Column::SuspendedAt, Expr::value(at))
        .col_expr(Column::SuspensionReason, Expr::value(reason))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id))
        .filter(match at {
            Some(_) => Column::SuspendedAt.is_null(),
            None => Column::SuspendedAt.is_not_null(),
        });
    Ok(set.exec_with_returning(db).await?.into_iter().next().map(Details::from))
}

/// Whether an account is suspended.
///
/// # Errors
/// When the database fails.
pub async fn is_set(db: &impl ConnectionTrait, id: AccountId) -> Result<bool, DbErr> {
    Entity::find_by_id(id).filter(Column::SuspendedAt.is_not_null()).exists(db).await
}
