//! `payments`: money taken for orders. One process at a time works on a payment,
//! under a lease that runs out; a row changes only from the version it was read at.

use sea_orm::{
    Condition, QueryFilter as _, QueryOrder as _, QuerySelect as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, OnConflict, Query},
};

use super::refund;
use crate::{
    ids::{AccountId, OrderId, PaymentId},
    time::DateTime,
};

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// The payer must confirm it, or prove who they are.
    #[sea_orm(string_value = "REQUIRES_ACTION")]
    RequiresAction,
    /// The provider works on it.
    #[sea_orm(string_value = "PROCESSING")]
    Processing,
    /// The money is set aside.
    #[sea_orm(string_value = "AUTHORIZED")]
    Authorized,
    /// The money was taken.
    #[sea_orm(string_value = "CAPTURED")]
    Captured,
    /// Part of it was given back.
    #[sea_orm(string_value = "PARTIALLY_REFUNDED")]
    PartiallyRefunded,
    /// All of it was given back.
    #[sea_orm(string_value = "REFUNDED")]
    Refunded,
    /// It was declined; it may be confirmed again.
    #[sea_orm(string_value = "FAILED")]
    Failed,
    /// It was called off before money was taken.
    #[sea_orm(string_value = "VOIDED")]
    Voided,
}

/// Money taken for an order; amounts in minor units.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payments")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PaymentId,
    /// For which order; an order has one.
    pub order_id: OrderId,
    /// Whose; `None` for a guest's.
    pub account_id: Option<AccountId>,
    /// SHA-256 of the secret by which a guest sees the order.
    pub guest_access: Option<String>,
    /// Who takes the money.
    pub provider: String,
    /// What the provider calls it; `None` until it is opened there.
    pub provider_ref: Option<String>,
    /// With this the payer's own program talks to the provider.
    pub client_secret: Option<String>,
    /// What the payer must do now, beyond confirming it.
    pub next_action: Option<String>,
    /// Where it stands, by the provider's last word.
    pub state: State,
    /// Of all amounts.
    pub currency: String,
    /// Asked for.
    pub amount: i64,
    /// Set aside.
    pub authorized: i64,
    /// Taken.
    pub captured: i64,
    /// Given back, or on its way back.
    pub refunded: i64,
    /// Why it was declined.
    pub failure: Option<String>,
    /// How much of what is set aside is to be taken.
    pub capture_wanted: Option<i64>,
    /// Since when no money may be taken any more.
    pub called_off_at: Option<DateTime>,
    /// Why.
    pub called_off_for: Option<String>,
    /// Counts changes.
    pub version: i64,
    /// Which work has it now.
    pub lease: Option<String>,
    /// When other work may take it over.
    pub leased_until: DateTime,
    /// When to look at it again; `None` when nothing is to be done.
    pub due_at: Option<DateTime>,
    /// How often it was looked at in vain.
    pub attempts: i32,
    /// When it was made.
    pub created_at: DateTime,
    /// When it changed.
    pub updated_at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds the payment of an order, unless it has one; whether it was added.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let once = OnConflict::column(Column::OrderId).do_nothing().to_owned();
    let row = ActiveModel::from(row).reset_all();
    Ok(Entity::insert(row).on_conflict(once).exec_without_returning(db).await? > 0)
}

/// The payments with these ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[PaymentId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The payment with this id.
///
/// # Errors
/// When the database fails.
pub async fn by_id(db: &impl ConnectionTrait, id: PaymentId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// The payments of these orders, newest first.
///
/// # Errors
/// When the database fails.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<Model>, DbErr> {
    let found = Entity::find().filter(Column::OrderId.is_in(orders.iter().copied()));
    found.order_by_desc(Column::Id).all(db).await
}

/// The payment that a provider calls so.
///
/// # Errors
/// When the database fails.
pub async fn by_reference(
    db: &impl ConnectionTrait,
    provider: &str,
    reference: &str,
) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::Provider.eq(provider))
        .filter(Column::ProviderRef.eq(reference))
        .one(db)
        .await
}

/// Takes a payment for some work, when nobody has it; as it is now.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    db: &impl ConnectionTrait,
    id: PaymentId,
    lease: &str,
    now: DateTime,
    until: DateTime,
) -> Result<Option<Model>, DbErr> {
    let leased = Entity::update_many()
        .col_expr(Column::Lease, Expr::value(lease))
        .col_expr(Column::LeasedUntil, Expr::value(until))
        // Should the work be cut short, it is looked at then.
        .col_expr(Column::DueAt, Expr::value(until))
        .filter(Column::Id.eq(id))
        .filter(Column::LeasedUntil.lte(now))
        .exec_with_returning(db)
        .await?;
    Ok(leased.into_iter().next())
}

/// Gives a payment back. It is looked at again at `due`, and at once when it has
/// changed since it was read.
///
/// # Errors
/// When the database fails.
pub async fn give_back(
    db: &impl ConnectionTrait,
    read: &Model,
    lease: &str,
    due: Option<DateTime>,
    attempts: i32,
    now: DateTime,
) -> Result<(), DbErr> {
    let is_same = Expr::col(Column::Version).eq(read.version);
    let due = Expr::case(is_same, Expr::value(due)).finally(Expr::value(now));
    Entity::update_many()
        .col_expr(Column::Lease, Expr::value(Option::<String>::None))
        .col_expr(Column::LeasedUntil, Expr::value(0_i64))
        .col_expr(Column::DueAt, due.into())
        .col_expr(Column::Attempts, Expr::value(attempts))
        .filter(Column::Id.eq(read.id))
        .filter(Column::Lease.eq(lease))
        .exec(db)
        .await
        .map(drop)
}

/// Changes a payment that is still as it was read; whether it was.
///
/// # Errors
/// When the database fails.
pub async fn change(
    db: &impl ConnectionTrait,
    before: &Model,
    change: ActiveModel,
    now: DateTime,
) -> Result<bool, DbErr> {
    let changed = Entity::update_many()
        .set(change)
        .col_expr(Column::Version, Expr::value(before.version + 1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(before.id))
        .filter(Column::Version.eq(before.version))
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// Sets part of what was taken aside for a refund; `None` when there is not so
/// much of it left.
///
/// # Errors
/// When the database fails.
pub async fn reserve_refund(
    db: &impl ConnectionTrait,
    id: PaymentId,
    amount: i64,
    now: DateTime,
) -> Result<Option<Model>, DbErr> {
    let left = Expr::col(Column::Captured).sub(Expr::col(Column::Refunded));
    let changed = Entity::update_many()
        .col_expr(Column::Refunded, Expr::col(Column::Refunded).add(amount))
        .col_expr(Column::State, state_after(Expr::col(Column::Refunded).add(amount)))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .col_expr(Column::DueAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(left.gte(amount))
        .exec_with_returning(db)
        .await?;
    Ok(changed.into_iter().next())
}

/// A refund came to nothing: its amount counts as taken again.
///
/// # Errors
/// When the database fails.
pub async fn release_refund(
    db: &impl ConnectionTrait,
    id: PaymentId,
    amount: i64,
    now: DateTime,
) -> Result<Option<Model>, DbErr> {
    let changed = Entity::update_many()
        .col_expr(Column::Refunded, Expr::col(Column::Refunded).sub(amount))
        .col_expr(Column::State, state_after(Expr::col(Column::Refunded).sub(amount)))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::Refunded.gte(amount))
        .exec_with_returning(db)
        .await?;
    Ok(changed.into_iter().next())
}

/// Asks for part of what is set aside to be taken, once; whether this was it.
///
/// # Errors
/// When the database fails.
pub async fn want_capture(
    db: &impl ConnectionTrait,
    id: PaymentId,
    amount: i64,
    now: DateTime,
) -> Result<bool, DbErr> {
    let changed = Entity::update_many()
        .col_expr(Column::CaptureWanted, Expr::value(amount))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::DueAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::State.eq(State::Authorized))
        .filter(Column::CaptureWanted.is_null())
        .filter(Column::CalledOffAt.is_null())
        .filter(Expr::col(Column::Authorized).gte(amount))
        .exec(db)
        .await?;
    Ok(changed.rows_affected == 1)
}

/// No money is to be taken for an order any more; the payment, when it was not
/// called off before.
///
/// # Errors
/// When the database fails.
pub async fn call_off(
    db: &impl ConnectionTrait,
    order: OrderId,
    reason: &str,
    now: DateTime,
) -> Result<Option<Model>, DbErr> {
    let changed = Entity::update_many()
        .col_expr(Column::CalledOffAt, Expr::value(now))
        .col_expr(Column::CalledOffFor, Expr::value(reason))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::DueAt, Expr::value(now))
        .filter(Column::OrderId.eq(order))
        .filter(Column::CalledOffAt.is_null())
        .exec_with_returning(db)
        .await?;
    Ok(changed.into_iter().next())
}

/// Has a payment looked at.
///
/// # Errors
/// When the database fails.
pub async fn make_due(db: &impl ConnectionTrait, id: PaymentId, at: DateTime) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::DueAt, Expr::value(at))
        .filter(Column::Id.eq(id))
        .filter(Condition::any().add(Column::DueAt.is_null()).add(Column::DueAt.gt(at)))
        .exec(db)
        .await
        .map(drop)
}

/// Payments of a provider that somebody should look at, and nobody does; the
/// longest due first.
///
/// # Errors
/// When the database fails.
pub async fn due(
    db: &impl ConnectionTrait,
    provider: &str,
    now: DateTime,
    limit: u64,
) -> Result<Vec<PaymentId>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Provider.eq(provider))
        .filter(Column::DueAt.lte(now))
        .filter(Column::LeasedUntil.lte(now))
        .order_by_asc(Column::DueAt)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// What is left of the payments of an erased account: amounts.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &impl ConnectionTrait, account: AccountId) -> Result<(), DbErr> {
    let theirs = Query::select()
        .column(Column::Id)
        .from(Entity)
        .and_where(Column::AccountId.eq(account))
        .to_owned();
    refund::Entity::update_many()
        .col_expr(refund::Column::Reason, Expr::value(""))
        .filter(refund::Column::PaymentId.in_subquery(theirs))
        .exec(db)
        .await?;
    Entity::update_many()
        .col_expr(Column::ClientSecret, Expr::value(Option::<String>::None))
        .col_expr(Column::CalledOffFor, Expr::value(Option::<String>::None))
        .filter(Column::AccountId.eq(account))
        .exec(db)
        .await
        .map(drop)
}

/// The state of a payment of which so much was given back.
fn state_after(refunded: Expr) -> Expr {
    let is_all = refunded.clone().gte(Expr::col(Column::Captured));
    Expr::case(refunded.lte(0), State::Captured)
        .case(is_all, State::Refunded)
        .finally(State::PartiallyRefunded)
        .into()
}
