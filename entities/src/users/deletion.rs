//! The end of an account: the day it is erased, and what is left of it then.

use sea_orm::{
    Condition, DbBackend, QueryOrder as _, QuerySelect as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, LockBehavior, LockType},
};

use super::{
    account::{self, Column, Details, Entity},
    seller, session, user,
};
use crate::{
    ids::{AccountId, Id as _, SellerId, UserId},
    time::DateTime,
};

/// Under which name somebody is known who is no more.
pub const NOBODY: &str = "Deleted user";

/// The hash of an account's password; `None` when it has none.
///
/// # Errors
/// When the database fails.
pub async fn password_hash(db: &impl ConnectionTrait, id: AccountId) -> Result<Option<String>, DbErr> {
    Ok(Entity::find_by_id(id).one(db).await?.and_then(|account| account.password_hash))
}

/// Sets the day, or takes it back; `None` when that changes nothing: a day that
/// is set stays.
///
/// # Errors
/// When the database fails.
pub async fn schedule(
    db: &impl ConnectionTrait,
    id: AccountId,
    at: Option<DateTime>,
) -> Result<Option<Details>, DbErr> {
    let set = Entity::update_many()
        .col_expr(Column::DeletionScheduledAt, Expr::value(at))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id))
        .filter(match at {
            Some(_) => Column::DeletionScheduledAt.is_null(),
            None => Column::DeletionScheduledAt.is_not_null(),
        });
    Ok(set.exec_with_returning(db).await?.into_iter().next().map(Details::from))
}

/// Accounts whose day has not come.
pub(super) fn not_due(now: DateTime) -> Condition {
    Condition::any().add(Column::DeletionScheduledAt.is_null()).add(Column::DeletionScheduledAt.gt(now))
}

/// Whether an account is there, its day has not come and nobody has suspended it;
/// holds its row until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn is_open(
    transaction: &impl ConnectionTrait,
    id: AccountId,
    now: DateTime,
) -> Result<bool, DbErr> {
    let mut row = Entity::find_by_id(id)
        .select_only()
        .column(Column::DeletionScheduledAt)
        .filter(Column::SuspendedAt.is_null());
    if transaction.get_database_backend() == DbBackend::Postgres {
        row = row.lock_shared();
    }
    let row = row.into_tuple::<Option<DateTime>>().one(transaction).await?;
    Ok(row.is_some_and(|day| day.is_none_or(|day| day > now)))
}

/// Accounts whose day has come and who are still signed in somewhere.
///
/// # Errors
/// When the database fails.
pub async fn due_and_signed_in(
    db: &impl ConnectionTrait,
    now: DateTime,
    limit: u64,
) -> Result<Vec<AccountId>, DbErr> {
    let mut signed_in = sea_orm::sea_query::Query::select();
    signed_in
        .column(session::Column::AccountId)
        .from(session::Entity)
        .and_where(Expr::col(session::Column::RevokedAt).is_null())
        .and_where(Expr::col(session::Column::ExpiresAt).gt(now));
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::DeletionScheduledAt.lte(now))
        .filter(Column::Id.in_subquery(signed_in))
        .order_by_asc(Column::DeletionScheduledAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// The next account whose day came before `before`, other than these.
///
/// # Errors
/// When the database fails.
pub async fn next_due(
    db: &impl ConnectionTrait,
    before: DateTime,
    except: &[AccountId],
) -> Result<Option<AccountId>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::DeletionScheduledAt.lte(before))
        .filter(Column::Id.is_not_in(except.iter().copied()))
        .order_by_asc(Column::DeletionScheduledAt)
        .order_by_asc(Column::Id)
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

/// Takes an account whose day came before `before`, for this transaction alone;
/// `None` when another one has it, or its day was taken back.
///
/// # Errors
/// When the database fails.
pub async fn take(
    transaction: &impl ConnectionTrait,
    id: AccountId,
    before: DateTime,
) -> Result<Option<UserId>, DbErr> {
    let mut row = Entity::find_by_id(id)
        .select_only()
        .column(Column::UserId)
        .filter(Column::DeletionScheduledAt.lte(before));
    if transaction.get_database_backend() == DbBackend::Postgres {
        row = row.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    row.into_tuple().one(transaction).await
}

/// Erases an account: its row and all that belongs to it go, what others refer
/// to stays without a person. The shop that was closed by this, if there is one.
///
/// # Errors
/// When the database fails.
pub async fn erase(
    transaction: &impl ConnectionTrait,
    account: AccountId,
    user: UserId,
) -> Result<Option<SellerId>, DbErr> {
    // Refresh tokens go with their sessions; factors, codes, challenges, mailed
    // tokens, identities and addresses with the account.
    session::Entity::delete_many()
        .filter(session::Column::AccountId.eq(account))
        .exec(transaction)
        .await?;
    account::Entity::delete_by_id(account).exec(transaction).await?;

    let unique = user.ulid().to_string().to_ascii_lowercase();
    user::Entity::update_many()
        .col_expr(user::Column::Handle, format!("deleted-{unique}").into())
        .col_expr(user::Column::DisplayName, NOBODY.into())
        .col_expr(user::Column::AvatarUrl, Expr::value(Option::<String>::None))
        .col_expr(user::Column::Bio, Expr::value(Option::<String>::None))
        .filter(user::Column::Id.eq(user))
        .exec(transaction)
        .await?;
    let closed = seller::Entity::update_many()
        .col_expr(seller::Column::Name, "Closed shop".into())
        .col_expr(seller::Column::Slug, format!("closed-{unique}").into())
        .col_expr(seller::Column::Status, Expr::value(seller::SellerStatus::Closed))
        .col_expr(seller::Column::Policies, Expr::value(Option::<String>::None))
        .filter(seller::Column::UserId.eq(user))
        .exec_with_returning(transaction)
        .await?;
    Ok(closed.first().map(|shop| shop.id))
}
