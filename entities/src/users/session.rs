//! `sessions`: signed-in devices. A session is also the family of all refresh
//! tokens that followed one sign-in.

use sea_orm::{
    Condition, DatabaseConnection, JoinType, QueryOrder as _, QuerySelect as _, entity::prelude::*,
    sea_query::Expr,
};

use super::{
    account::{self, Scope},
    deletion,
};
use crate::{
    ids::{AccountId, SessionId},
    time::DateTime,
};

/// A signed-in device.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SessionId,
    /// Who signed in.
    pub account_id: AccountId,
    /// What the client called itself at sign-in.
    pub user_agent: Option<String>,
    /// When the session started.
    pub created_at: DateTime,
    /// When the session last got an access token.
    pub last_used_at: DateTime,
    /// When its newest refresh token expires.
    pub expires_at: DateTime,
    /// When it was ended, if it was.
    pub revoked_at: Option<DateTime>,
}

/// What a session belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Who signed in.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::AccountId",
        to = "super::account::Column::Id"
    )]
    Account,
}

impl ActiveModelBehavior for ActiveModel {}

/// Neither ended nor expired.
fn is_active(now: DateTime) -> Condition {
    Condition::all().add(Column::RevokedAt.is_null()).add(Column::ExpiresAt.gt(now))
}

/// The active sessions with these ids that the scope covers.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(
    db: &DatabaseConnection,
    ids: &[SessionId],
    scope: Scope,
    now: DateTime,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope.on(Column::AccountId))
        .filter(is_active(now))
        .all(db)
        .await
}

/// The active sessions of these accounts, the last used first.
///
/// # Errors
/// When the database fails.
pub async fn by_accounts(
    db: &DatabaseConnection,
    accounts: &[AccountId],
    now: DateTime,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::AccountId.is_in(accounts.iter().copied()))
        .filter(is_active(now))
        .order_by_desc(Column::LastUsedAt)
        .order_by_desc(Column::Id)
        .all(db)
        .await
}

/// The account of a session and its roles as stored, while the session is active.
///
/// # Errors
/// When the database fails.
pub async fn account_of(
    db: &DatabaseConnection,
    id: SessionId,
    now: DateTime,
) -> Result<Option<(AccountId, String)>, DbErr> {
    Entity::find_by_id(id)
        .select_only()
        .column(Column::AccountId)
        .column(account::Column::Roles)
        .join(JoinType::InnerJoin, Relation::Account.def())
        .filter(is_active(now))
        .filter(deletion::not_due(now))
        .filter(account::Column::SuspendedAt.is_null())
        .into_tuple()
        .one(db)
        .await
}

/// Prolongs an active session; answers its account, or `None` when it is not
/// active.
///
/// # Errors
/// When the database fails.
pub async fn renew(
    db: &impl ConnectionTrait,
    id: SessionId,
    now: DateTime,
    expires_at: DateTime,
) -> Result<Option<AccountId>, DbErr> {
    let renewed = Entity::update_many()
        .col_expr(Column::LastUsedAt, Expr::value(now))
        .col_expr(Column::ExpiresAt, Expr::value(expires_at))
        .filter(Column::Id.eq(id))
        .filter(is_active(now))
        .exec_with_returning(db)
        .await?;
    Ok(renewed.first().map(|session| session.account_id))
}

/// Which sessions to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// This one, of whichever account.
    One(SessionId),
    /// This one, if it belongs to the account.
    OneOf(AccountId, SessionId),
    /// All of the account.
    AllOf(AccountId),
    /// All of the account, but not this one.
    AllBut(AccountId, SessionId),
}

/// Ends active sessions; answers those that it ended.
///
/// # Errors
/// When the database fails.
pub async fn end(db: &impl ConnectionTrait, which: Which, now: DateTime) -> Result<Vec<Model>, DbErr> {
    let chosen = match which {
        Which::One(id) => Condition::all().add(Column::Id.eq(id)),
        Which::OneOf(account, id) => {
            Condition::all().add(Column::AccountId.eq(account)).add(Column::Id.eq(id))
        }
        Which::AllOf(account) => Condition::all().add(Column::AccountId.eq(account)),
        Which::AllBut(account, id) => {
            Condition::all().add(Column::AccountId.eq(account)).add(Column::Id.ne(id))
        }
    };
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now))
        .filter(chosen)
        .filter(is_active(now))
        .exec_with_returning(db)
        .await
}

/// Deletes sessions that have expired, and with them their refresh tokens.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(db: &impl ConnectionTrait, now: DateTime) -> Result<u64, DbErr> {
    let deleted = Entity::delete_many().filter(Column::ExpiresAt.lte(now)).exec(db).await?;
    Ok(deleted.rows_affected)
}
