//! `accounts`: the private side of users, and who may see it.

use sea_orm::{
    Condition, DatabaseConnection, DbBackend, DerivePartialModel, FromQueryResult, QueryOrder as _,
    QuerySelect as _, SelectExt as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use super::user;
use crate::{
    ids::{AccountId, UserId},
    time::DateTime,
};

/// An account with its secrets.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "accounts")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AccountId,
    /// Whose private side this is.
    pub user_id: UserId,
    /// Unique; lower-case. None where an identity provider told none, or one that
    /// another account has.
    pub email: Option<String>,
    /// Whether the person showed that the email is theirs.
    pub email_verified: bool,
    /// Argon2id, as a PHC string; none for who signs in elsewhere.
    pub password_hash: Option<String>,
    /// JSON array of role names, the foremost role last.
    pub roles: String,
    /// BCP 47.
    pub locale: String,
    /// ISO 4217.
    pub currency: String,
    /// Counts changes.
    pub version: i32,
    /// When it is erased, if its owner wants that.
    pub deletion_scheduled_at: Option<DateTime>,
    /// Since when staff keep it from signing in, if they do.
    pub suspended_at: Option<DateTime>,
    /// Why they do, in their words.
    pub suspension_reason: Option<String>,
}

/// An account without its secrets.
#[derive(Clone, Debug, PartialEq, DerivePartialModel)]
#[sea_orm(entity = "Entity")]
pub struct Details {
    /// Its id.
    pub id: AccountId,
    /// Whose private side this is.
    pub user_id: UserId,
    /// Lower-case; none where nobody told one.
    pub email: Option<String>,
    /// Whether the person showed that the email is theirs.
    pub email_verified: bool,
    /// JSON array of role names, the foremost role last.
    pub roles: String,
    /// BCP 47.
    pub locale: String,
    /// ISO 4217.
    pub currency: String,
    /// Counts changes.
    pub version: i32,
    /// When it is erased, if its owner wants that.
    pub deletion_scheduled_at: Option<DateTime>,
    /// Since when staff keep it from signing in, if they do.
    pub suspended_at: Option<DateTime>,
    /// Why they do, in their words.
    pub suspension_reason: Option<String>,
}

/// An account and the name of whose it is.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
pub struct Person {
    /// Its id.
    pub id: AccountId,
    /// Whose private side this is.
    pub user_id: UserId,
    /// As the person writes it.
    pub display_name: String,
    /// Lower-case; none where nobody told one.
    pub email: Option<String>,
    /// Whether the person showed that the email is theirs.
    pub email_verified: bool,
    /// BCP 47.
    pub locale: String,
}

/// What an account belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// The public side.
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
}

impl Related<user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

/// Whose private data a reader may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    All,
    /// Only that of this account.
    Own(AccountId),
    /// Nobody's.
    None,
}

impl Scope {
    /// The scope as a condition on a column that holds account ids.
    pub fn on(self, column: impl ColumnTrait) -> Condition {
        match self {
            Self::All => Condition::all(),
            Self::Own(account) => Condition::all().add(column.eq(account)),
            Self::None => Condition::all().add(Expr::cust("1 = 0")),
        }
    }
}

impl From<Model> for Details {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            user_id: row.user_id,
            email: row.email,
            email_verified: row.email_verified,
            roles: row.roles,
            locale: row.locale,
            currency: row.currency,
            version: row.version,
            deletion_scheduled_at: row.deletion_scheduled_at,
            suspended_at: row.suspended_at,
            suspension_reason: row.suspension_reason,
        }
    }
}

/// The accounts with these ids that the scope covers.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[AccountId],
    scope: Scope,
) -> Result<Vec<Details>, DbErr> {
    Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope.on(Column::Id))
        .into_partial_model()
        .all(db)
        .await
}

/// The account that signs in with this email, given in lower case.
///
/// # Errors
/// When the database fails.
pub async fn by_email(db: &impl ConnectionTrait, email: &str) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::Email.eq(email)).one(db).await
}

/// The accounts that have this role, by name.
#[must_use]
pub fn has_role(name: &str) -> Condition {
    Condition::all().add(Column::Roles.contains(format!("\"{name}\"")))
}

/// The accounts whose foremost role this is, by name.
#[must_use]
pub fn has_foremost_role(name: &str) -> Condition {
    Condition::all().add(Column::Roles.ends_with(format!("\"{name}\"]")))
}

/// Email and shown name of the first accounts that match and have one, oldest id
/// first.
///
/// # Errors
/// When the database fails.
pub async fn names(
    db: &DatabaseConnection,
    matching: Condition,
    limit: u64,
) -> Result<Vec<(String, String)>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Email)
        .column(user::Column::DisplayName)
        .inner_join(user::Entity)
        .filter(matching)
        .filter(Column::Email.is_not_null())
        .order_by_asc(Column::Id)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// The people with these accounts.
///
/// # Errors
/// When the database fails.
pub async fn people(db: &DatabaseConnection, ids: &[AccountId]) -> Result<Vec<Person>, DbErr> {
    people_that(db, Column::Id.is_in(ids.iter().copied())).await
}

/// Those of these users who have an account.
///
/// # Errors
/// When the database fails.
pub async fn people_of_users(db: &DatabaseConnection, ids: &[UserId]) -> Result<Vec<Person>, DbErr> {
    people_that(db, Column::UserId.is_in(ids.iter().copied())).await
}

async fn people_that(db: &DatabaseConnection, condition: Expr) -> Result<Vec<Person>, DbErr> {
    Entity::find()
        .select_only()
        .columns([Column::Id, Column::UserId, Column::Email, Column::EmailVerified, Column::Locale])
        .column(user::Column::DisplayName)
        .inner_join(user::Entity)
        .filter(condition)
        .into_model()
        .all(db)
        .await
}

/// Adds an account; false when there is one with the same email.
///
/// # Errors
/// When the database fails.
pub async fn insert_unless_known(db: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let unless_known = OnConflict::column(Column::Email).do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(unless_known);
    insert.exec_without_returning(db).await.map(|rows| rows == 1)
}

/// Changes what is given and counts the change. `None` when there is no such
/// account, or not in the expected version.
///
/// # Errors
/// When the database fails.
pub async fn change(
    db: &impl ConnectionTrait,
    id: AccountId,
    locale: Option<String>,
    currency: Option<String>,
    expected_version: Option<i32>,
) -> Result<Option<Details>, DbErr> {
    let mut update = Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id));
    if let Some(locale) = locale {
        update = update.col_expr(Column::Locale, locale.into());
    }
    if let Some(currency) = currency {
        update = update.col_expr(Column::Currency, currency.into());
    }
    if let Some(version) = expected_version {
        update = update.filter(Column::Version.eq(version));
    }
    let changed = update.exec_with_returning(db).await?;
    Ok(changed.into_iter().next().map(Details::from))
}

/// The version that is now stored.
///
/// # Errors
/// When the database fails.
pub async fn version(db: &impl ConnectionTrait, id: AccountId) -> Result<Option<i32>, DbErr> {
    Entity::find_by_id(id).select_only().column(Column::Version).into_tuple().one(db).await
}

/// Stores a new password; whoever set it has shown that the email is theirs.
/// `None` when there is no such account.
///
/// # Errors
/// When the database fails.
pub async fn set_password(
    db: &impl ConnectionTrait,
    id: AccountId,
    password_hash: String,
) -> Result<Option<Details>, DbErr> {
    let set = Entity::update_many()
        .col_expr(Column::PasswordHash, password_hash.into())
        .col_expr(Column::EmailVerified, true.into())
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id));
    Ok(set.exec_with_returning(db).await?.into_iter().next().map(Details::from))
}

/// Stores other roles. `None` when there is no such account.
///
/// # Errors
/// When the database fails.
pub async fn set_roles(
    db: &impl ConnectionTrait,
    id: AccountId,
    roles: String,
) -> Result<Option<Details>, DbErr> {
    let set = Entity::update_many()
        .col_expr(Column::Roles, roles.into())
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id));
    Ok(set.exec_with_returning(db).await?.into_iter().next().map(Details::from))
}

/// Whether the account can be signed in to with a password.
///
/// # Errors
/// When the database fails.
pub async fn has_password(db: &impl ConnectionTrait, id: AccountId) -> Result<bool, DbErr> {
    Entity::find_by_id(id)
        .filter(Column::Email.is_not_null())
        .filter(Column::PasswordHash.is_not_null())
        .exists(db)
        .await
}

/// Whether the account's email was confirmed.
///
/// # Errors
/// When the database fails.
pub async fn is_email_verified(db: &impl ConnectionTrait, id: AccountId) -> Result<bool, DbErr> {
    Entity::find_by_id(id).filter(Column::EmailVerified.eq(true)).exists(db).await
}

/// Notes that the email is the account's. `None` when there is no such account.
///
/// # Errors
/// When the database fails.
pub async fn confirm_email(db: &impl ConnectionTrait, id: AccountId) -> Result<Option<Details>, DbErr> {
    let set = Entity::update_many()
        .col_expr(Column::EmailVerified, true.into())
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id));
    Ok(set.exec_with_returning(db).await?.into_iter().next().map(Details::from))
}

/// Holds an account's row until the transaction ends, so that changes of what
/// belongs to it take turns. SQLite has one writer anyway.
///
/// # Errors
/// When the database fails.
pub async fn lock(transaction: &impl ConnectionTrait, id: AccountId) -> Result<(), DbErr> {
    let mut row = Entity::find_by_id(id).select_only().column(Column::Id);
    if transaction.get_database_backend() == DbBackend::Postgres {
        row = row.lock_exclusive();
    }
    row.into_tuple::<AccountId>().one(transaction).await.map(drop)
}
