//! `plan_subscriptions`: the paid plan of an account; `plan_charges`: what was
//! charged for it, each once by its key.

use sea_orm::{
    QueryFilter as _, QuerySelect as _, Statement, Value,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use crate::{
    ids::{AccountId, PlanId, PlanSubscriptionId},
    time::DateTime,
};

/// Plan states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// Not paid for yet.
    #[sea_orm(string_value = "TRIALING")]
    Trialing,
    /// Paid for.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// The last renewal was not paid.
    #[sea_orm(string_value = "PAST_DUE")]
    PastDue,
    /// Over.
    #[sea_orm(string_value = "CANCELLED")]
    Cancelled,
}

/// The paid plan of an account.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "plan_subscriptions")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PlanSubscriptionId,
    /// Whose; an account has one.
    pub account_id: AccountId,
    /// Which plan.
    pub plan: PlanId,
    /// How it stands.
    pub state: State,
    /// Since when what is used counts.
    pub period_start: DateTime,
    /// When it is renewed.
    pub period_end: DateTime,
    /// Whether it ends then instead.
    pub cancels_at_end: bool,
    /// Minor units that were paid and not used.
    pub credit: i64,
    /// Counts changes.
    pub version: i64,
    /// When to look at it again.
    pub due_at: Option<DateTime>,
    /// When it was made.
    pub created_at: DateTime,
    /// When it changed.
    pub updated_at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds the plan of an account, unless it has one; whether it was added.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let once = OnConflict::column(Column::AccountId).do_nothing().to_owned();
    let row = ActiveModel::from(row).reset_all();
    Ok(Entity::insert(row).on_conflict(once).exec_without_returning(db).await? > 0)
}

/// Writes a plan that is still as it was read; whether it was.
///
/// # Errors
/// When the database fails.
pub async fn save(db: &impl ConnectionTrait, row: &Model) -> Result<bool, DbErr> {
    let change = Model { version: row.version + 1, ..row.clone() };
    let saved = Entity::update_many()
        .set(ActiveModel::from(change).reset_all())
        .filter(Column::Id.eq(row.id))
        .filter(Column::Version.eq(row.version))
        .exec(db)
        .await?;
    Ok(saved.rows_affected == 1)
}

/// The plans of these accounts.
///
/// # Errors
/// When the database fails.
pub async fn of_accounts(
    db: &impl ConnectionTrait,
    accounts: &[AccountId],
) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::AccountId.is_in(accounts.iter().copied())).all(db).await
}

/// The plans with these ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[PlanSubscriptionId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// Plans that are to be renewed or ended now.
///
/// # Errors
/// When the database fails.
pub async fn due(db: &impl ConnectionTrait, now: DateTime, limit: u64) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Expr::col(Column::DueAt).lte(now.0)).limit(limit).all(db).await
}

/// Books what is charged, unless it is booked under this key; whether it was.
///
/// # Errors
/// When the database fails.
pub async fn charge(
    db: &impl ConnectionTrait,
    row: &Model,
    key: &str,
    amount: i64,
    reason: &str,
    at: DateTime,
) -> Result<bool, DbErr> {
    let sql = "INSERT INTO plan_charges (id, subscription_id, \"key\", amount, reason, at) \
               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    let id = format!("plc_{}", ulid::Ulid::generate());
    let values: [Value; 6] =
        [id.into(), row.id.into(), key.into(), amount.into(), reason.into(), at.into()];
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(db.execute_raw(statement).await?.rows_affected() > 0)
}

/// Forgets the plan of an account; what was charged stays, under an id that leads
/// nowhere.
///
/// # Errors
/// When the database fails.
pub async fn erase(db: &impl ConnectionTrait, account: AccountId) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::AccountId.eq(account)).exec(db).await.map(drop)
}
