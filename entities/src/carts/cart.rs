//! `carts`: what somebody means to buy, in one currency.

use sea_orm::{
    Condition, FromJsonQueryResult, QuerySelect as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, OnConflict, Query},
};
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AccountId, CartId, OrderId},
    time::DateTime,
    users::address::PostalAddress,
};

/// A cart.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "carts")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CartId,
    /// Whose; `None` for a guest's. Of a merged one: who has it now.
    pub account_id: Option<AccountId>,
    /// Under which the guest's secret is known.
    pub token_hash: Option<String>,
    /// ISO 4217 code of all its amounts.
    pub currency: String,
    /// What became of it.
    pub state: State,
    /// The order that has it.
    pub order_id: Option<OrderId>,
    /// The discount codes, as they were given.
    #[sea_orm(column_type = "JsonBinary")]
    pub codes: Codes,
    /// Where to.
    #[sea_orm(column_type = "JsonBinary", nullable)]
    pub shipping_address: Option<PostalAddress>,
    /// The rate that was chosen.
    pub shipping_handle: Option<String>,
    /// One more with each change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime,
    /// When somebody changed it.
    pub updated_at: DateTime,
    /// From when on it is gone.
    pub expires_at: DateTime,
}

/// Lines are read by their cart's id.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What became of a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// It can be changed.
    #[sea_orm(string_value = "OPEN")]
    Open,
    /// An order has it.
    #[sea_orm(string_value = "ORDERED")]
    Ordered,
    /// Its lines are in another one.
    #[sea_orm(string_value = "MERGED")]
    Merged,
}

/// Discount codes in the order in which they apply.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Codes(pub Vec<String>);

/// Which open cart somebody may use. No query finds one in another way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// A guest's, by the hash of its secret.
    Token(String),
    /// This one, of this account.
    Own(AccountId, CartId),
    /// The one of this account in this currency.
    OpenOf(AccountId, String),
}

impl Which {
    /// What holds for it, if it is there at this instant.
    fn condition(&self, now: DateTime) -> Condition {
        let open = Condition::all().add(Column::State.eq(State::Open)).add(Column::ExpiresAt.gt(now));
        match self {
            Self::Token(hash) => {
                open.add(Column::TokenHash.eq(hash.as_str())).add(Column::AccountId.is_null())
            }
            Self::Own(account, id) => open.add(Column::Id.eq(*id)).add(Column::AccountId.eq(*account)),
            Self::OpenOf(account, currency) => {
                open.add(Column::AccountId.eq(*account)).add(Column::Currency.eq(currency.as_str()))
            }
        }
    }
}

/// The open cart, if it is there.
///
/// # Errors
/// When the database fails.
pub async fn find(
    db: &impl ConnectionTrait,
    which: &Which,
    now: DateTime,
) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(which.condition(now)).one(db).await
}

/// The open carts of an account with these ids.
///
/// # Errors
/// When the database fails.
pub async fn own(
    db: &impl ConnectionTrait,
    account: AccountId,
    ids: &[CartId],
    now: DateTime,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::AccountId.eq(account))
        .filter(Column::State.eq(State::Open))
        .filter(Column::ExpiresAt.gt(now))
        .all(db)
        .await
}

/// The open carts of these accounts in this currency.
///
/// # Errors
/// When the database fails.
pub async fn of_accounts(
    db: &impl ConnectionTrait,
    accounts: &[AccountId],
    currency: &str,
    now: DateTime,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::AccountId.is_in(accounts.iter().copied()))
        .filter(Column::Currency.eq(currency))
        .filter(Column::State.eq(State::Open))
        .filter(Column::ExpiresAt.gt(now))
        .all(db)
        .await
}

/// Adds a cart, unless its account has an open one in this currency.
///
/// # Errors
/// When the database fails.
pub async fn insert(transaction: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let inserted = Entity::insert(ActiveModel::from(row).reset_all())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    Ok(inserted > 0)
}

/// Counts a change of an open cart, which is locked until the transaction ends;
/// `None` when it is not there, or not of the version that is expected.
///
/// # Errors
/// When the database fails.
pub async fn touch(
    transaction: &impl ConnectionTrait,
    which: &Which,
    expected: Option<i32>,
    now: DateTime,
    expires_at: DateTime,
) -> Result<Option<Model>, DbErr> {
    let mut update = Entity::update_many()
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .col_expr(Column::ExpiresAt, Expr::value(expires_at))
        .filter(which.condition(now));
    if let Some(version) = expected {
        update = update.filter(Column::Version.eq(version));
    }
    Ok(update.exec_with_returning(transaction).await?.pop())
}

/// Writes what else is new about a cart that [`touch`] has locked.
///
/// # Errors
/// When the database fails.
pub async fn write(transaction: &impl ConnectionTrait, row: &Model) -> Result<(), DbErr> {
    let change = ActiveModel {
        codes: sea_orm::ActiveValue::Set(row.codes.clone()),
        shipping_address: sea_orm::ActiveValue::Set(row.shipping_address.clone()),
        shipping_handle: sea_orm::ActiveValue::Set(row.shipping_handle.clone()),
        ..Default::default()
    };
    Entity::update_many().set(change).filter(Column::Id.eq(row.id)).exec(transaction).await.map(drop)
}

/// Closes a guest's open cart in favour of an account; `None` when it is not
/// there. Of those who try at once, one succeeds.
///
/// # Errors
/// When the database fails.
pub async fn hand_over(
    transaction: &impl ConnectionTrait,
    token_hash: &str,
    account: AccountId,
    now: DateTime,
) -> Result<Option<Model>, DbErr> {
    let merged = Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Merged))
        .col_expr(Column::AccountId, Expr::value(account))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Which::Token(token_hash.to_owned()).condition(now))
        .exec_with_returning(transaction)
        .await?;
    Ok(merged.into_iter().next())
}

/// The cart behind a guest's secret that this account has taken over.
///
/// # Errors
/// When the database fails.
pub async fn handed_over(
    db: &impl ConnectionTrait,
    token_hash: &str,
    account: AccountId,
) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::TokenHash.eq(token_hash))
        .filter(Column::AccountId.eq(account))
        .filter(Column::State.eq(State::Merged))
        .one(db)
        .await
}

/// Gives an open cart of this version to an order, and keeps it at least until an
/// instant; `None` when it is not there, or has changed.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    transaction: &impl ConnectionTrait,
    id: CartId,
    version: i32,
    order: OrderId,
    now: DateTime,
    keep_until: DateTime,
) -> Result<Option<Model>, DbErr> {
    let is_kept = Expr::col(Column::ExpiresAt).gt(keep_until);
    let expires_at = Expr::case(is_kept, Expr::col(Column::ExpiresAt)).finally(keep_until);
    let claimed = Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Ordered))
        .col_expr(Column::ExpiresAt, expires_at.into())
        .col_expr(Column::OrderId, Expr::value(order))
        .filter(Column::Id.eq(id))
        .filter(Column::Version.eq(version))
        .filter(Column::State.eq(State::Open))
        .filter(Column::ExpiresAt.gt(now))
        .exec_with_returning(transaction)
        .await?;
    Ok(claimed.into_iter().next())
}

/// The cart that an order has, locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn of_order(
    transaction: &impl ConnectionTrait,
    order: OrderId,
) -> Result<Option<Model>, DbErr> {
    let mut query =
        Entity::find().filter(Column::OrderId.eq(order)).filter(Column::State.eq(State::Ordered));
    if transaction.get_database_backend() == sea_orm::DbBackend::Postgres {
        query = query.lock_exclusive();
    }
    query.one(transaction).await
}

/// Takes a cart away from its order, and leaves it in this state.
///
/// # Errors
/// When the database fails.
pub async fn release(
    transaction: &impl ConnectionTrait,
    id: CartId,
    state: State,
    expires_at: DateTime,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::OrderId, Expr::value(Option::<String>::None))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::ExpiresAt, Expr::value(expires_at))
        .filter(Column::Id.eq(id))
        .exec(transaction)
        .await
        .map(drop)
}

/// Deletes the expired open cart of an account that is in a new one's way.
///
/// # Errors
/// When the database fails.
pub async fn clear_way(
    transaction: &impl ConnectionTrait,
    account: AccountId,
    currency: &str,
    now: DateTime,
) -> Result<(), DbErr> {
    Entity::delete_many()
        .filter(Column::AccountId.eq(account))
        .filter(Column::Currency.eq(currency))
        .filter(Column::State.eq(State::Open))
        .filter(Column::ExpiresAt.lte(now))
        .exec(transaction)
        .await
        .map(drop)
}

/// Deletes expired carts, at most `limit`, and says how many.
///
/// # Errors
/// When the database fails.
pub async fn delete_expired(
    transaction: &impl ConnectionTrait,
    now: DateTime,
    limit: u64,
) -> Result<u64, DbErr> {
    let expired = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Column::ExpiresAt.lte(now))
        .limit(limit)
        .to_owned();
    // A change may have moved the instant on since the rows were looked up.
    let deleted = Entity::delete_many()
        .filter(Column::Id.in_subquery(expired))
        .filter(Column::ExpiresAt.lte(now))
        .exec(transaction)
        .await?;
    Ok(deleted.rows_affected)
}

/// A cart, whoever's and whatever became of it: for checkout alone.
///
/// # Errors
/// When the database fails.
pub async fn by_id(transaction: &impl ConnectionTrait, id: CartId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(transaction).await
}
