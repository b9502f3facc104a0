//! `payment_refunds`: money given back; written before the provider is asked.

use sea_orm::{
    QueryFilter as _, QueryOrder as _,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};

use crate::{
    ids::{OrderId, PaymentId, RefundId},
    time::DateTime,
};

/// States of a long job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// Not begun yet.
    #[sea_orm(string_value = "QUEUED")]
    Queued,
    /// Begun.
    #[sea_orm(string_value = "RUNNING")]
    Running,
    /// Done.
    #[sea_orm(string_value = "SUCCEEDED")]
    Succeeded,
    /// Ended without its result.
    #[sea_orm(string_value = "FAILED")]
    Failed,
    /// Called off.
    #[sea_orm(string_value = "CANCELLED")]
    Cancelled,
}

/// Money given back.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "payment_refunds")]
pub struct Model {
    /// Its id, and the provider's idempotency key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: RefundId,
    /// Of which payment.
    pub payment_id: PaymentId,
    /// For which order.
    pub order_id: OrderId,
    /// Whoever asks twice with one key is given one refund.
    pub key: String,
    /// In minor units of the payment's currency.
    pub amount: i64,
    /// Why.
    pub reason: String,
    /// How it stands.
    pub state: State,
    /// What the provider calls it.
    pub provider_ref: Option<String>,
    /// Why it failed.
    pub failure: Option<String>,
    /// When it was asked for.
    pub created_at: DateTime,
    /// When it changed.
    pub updated_at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds a refund; the earlier one when there is one under its key.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<Option<Model>, DbErr> {
    let (payment, key) = (row.payment_id, row.key.clone());
    let once = OnConflict::columns([Column::PaymentId, Column::Key]).do_nothing().to_owned();
    let row = ActiveModel::from(row).reset_all();
    if Entity::insert(row).on_conflict(once).exec_without_returning(db).await? > 0 {
        return Ok(None);
    }
    by_key(db, payment, &key).await
}

/// Takes a refund back that was just added.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &impl ConnectionTrait, id: RefundId) -> Result<(), DbErr> {
    Entity::delete_by_id(id).exec(db).await.map(drop)
}

/// The refund under this key.
///
/// # Errors
/// When the database fails.
pub async fn by_key(
    db: &impl ConnectionTrait,
    payment: PaymentId,
    key: &str,
) -> Result<Option<Model>, DbErr> {
    Entity::find().filter(Column::PaymentId.eq(payment)).filter(Column::Key.eq(key)).one(db).await
}

/// The refunds with these ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[RefundId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The refunds of these payments, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn of_payments(
    db: &impl ConnectionTrait,
    payments: &[PaymentId],
) -> Result<Vec<Model>, DbErr> {
    let found = Entity::find().filter(Column::PaymentId.is_in(payments.iter().copied()));
    found.order_by_asc(Column::Id).all(db).await
}

/// Notes how a refund stands, unless it stands there already; whether it moved.
///
/// # Errors
/// When the database fails.
pub async fn settle(
    db: &impl ConnectionTrait,
    id: RefundId,
    state: State,
    reference: Option<&str>,
    failure: Option<&str>,
    now: DateTime,
) -> Result<bool, DbErr> {
    let mut change = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Failure, Expr::value(failure))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::Id.eq(id))
        .filter(Column::State.ne(state))
        .filter(Column::State.ne(State::Failed));
    if let Some(reference) = reference {
        change = change.col_expr(Column::ProviderRef, Expr::value(reference));
    }
    Ok(change.exec(db).await?.rows_affected == 1)
}
