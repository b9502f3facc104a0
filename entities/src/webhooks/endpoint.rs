//! `webhook_endpoints`: where third parties want to be told of events.

use sea_orm::{
    Condition, DbBackend, QueryOrder as _, QuerySelect as _,
    entity::prelude::*,
    sea_query::{CaseStatement, Expr, ExprTrait as _, Query},
};

use super::delivery;
use crate::{ids::WebhookEndpointId, time::DateTime};

/// A third party's endpoint.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_endpoints")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookEndpointId,
    /// Where to POST.
    pub url: String,
    /// Patterns of event kinds, with a space between them.
    pub kinds: String,
    /// Whether anything is sent.
    pub is_enabled: bool,
    /// The first of the failures since the last success.
    pub failing_since: Option<DateTime>,
    /// When it was added.
    pub created_at: DateTime,
    /// When somebody changed it.
    pub updated_at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What somebody changes about an endpoint.
#[derive(Debug, Clone)]
pub struct Change {
    /// Where to POST.
    pub url: String,
    /// Patterns of event kinds.
    pub kinds: String,
    /// Whether anything is sent; as before when absent.
    pub is_enabled: Option<bool>,
}

/// Adds an endpoint.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(row).reset_all()).exec_without_returning(db).await.map(drop)
}

/// Changes an endpoint; `None` when there is none. One that is switched on again
/// has failed never.
///
/// # Errors
/// When the database fails.
pub async fn change(
    db: &impl ConnectionTrait,
    id: WebhookEndpointId,
    change: &Change,
    now: DateTime,
) -> Result<Option<Model>, DbErr> {
    let mut update = Entity::update_many()
        .col_expr(Column::Url, change.url.as_str().into())
        .col_expr(Column::Kinds, change.kinds.as_str().into())
        .col_expr(Column::UpdatedAt, Expr::value(now));
    if let Some(is_enabled) = change.is_enabled {
        update = update.col_expr(Column::IsEnabled, is_enabled.into());
    }
    if change.is_enabled == Some(true) {
        update = update.col_expr(Column::FailingSince, Expr::value(Option::<i64>::None));
    }
    Ok(update.filter(Column::Id.eq(id)).exec_with_returning(db).await?.pop())
}

/// All endpoints, newest first.
///
/// # Errors
/// When the database fails.
pub async fn all(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().order_by_desc(Column::Id).all(db).await
}

/// The endpoints with these ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[WebhookEndpointId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The endpoints to which anything is sent.
///
/// # Errors
/// When the database fails.
pub async fn enabled(db: &impl ConnectionTrait) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::IsEnabled.eq(true)).all(db).await
}

/// The enabled endpoints for which a delivery is due.
///
/// # Errors
/// When the database fails.
pub async fn with_due(db: &impl ConnectionTrait, now: DateTime) -> Result<Vec<Model>, DbErr> {
    let due = Query::select()
        .expr(Expr::val(1))
        .from(delivery::Entity)
        .and_where(
            Expr::col((delivery::Entity, delivery::Column::EndpointId)).equals((Entity, Column::Id)),
        )
        .cond_where(delivery::is_due(now))
        .to_owned();
    Entity::find()
        .filter(Column::IsEnabled.eq(true))
        .filter(Condition::all().add(Expr::exists(due)))
        .all(db)
        .await
}

/// Notes that an endpoint took something.
///
/// # Errors
/// When the database fails.
pub async fn succeeded(db: &impl ConnectionTrait, id: WebhookEndpointId) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::FailingSince, Expr::value(Option::<i64>::None))
        .filter(Column::Id.eq(id))
        .filter(Column::FailingSince.is_not_null())
        .exec(db)
        .await
        .map(drop)
}

/// Notes that an endpoint took nothing, and switches it off when it has been so
/// since `longest` or before; whether that happened just now.
///
/// # Errors
/// When the database fails.
pub async fn failed(
    db: &impl ConnectionTrait,
    id: WebhookEndpointId,
    now: DateTime,
    longest: DateTime,
) -> Result<bool, DbErr> {
    let since = Expr::col(Column::FailingSince).if_null(Expr::value(now));
    let is_enabled = CaseStatement::new().case(since.clone().lte(longest.0), false).finally(true);
    let updated = Entity::update_many()
        .col_expr(Column::FailingSince, since)
        .col_expr(Column::IsEnabled, is_enabled.into())
        .filter(Column::Id.eq(id))
        .filter(Column::IsEnabled.eq(true))
        .exec_with_returning(db)
        .await?;
    Ok(updated.first().is_some_and(|endpoint| !endpoint.is_enabled))
}

/// Makes others who change this endpoint wait, where the database does not have
/// one writer anyway.
///
/// # Errors
/// When the database fails.
pub async fn lock(transaction: &impl ConnectionTrait, id: WebhookEndpointId) -> Result<(), DbErr> {
    let mut row = Entity::find_by_id(id);
    if transaction.get_database_backend() == DbBackend::Postgres {
        row = row.lock_exclusive();
    }
    row.one(transaction).await.map(drop)
}
