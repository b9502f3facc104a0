//! `webhook_deliveries`: one event on its way to one endpoint. A delivery is
//! leased by one process while it is sent; what one subject did reaches an
//! endpoint in order.

use async_graphql::Enum;
use sea_orm::{
    Condition, DbBackend, FromQueryResult as _, QueryFilter as _, QuerySelect as _, Statement, Value,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _, OnConflict},
};

use crate::{
    ids::{EventId, WebhookDeliveryId, WebhookEndpointId},
    time::DateTime,
};

/// Delivery states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum, Enum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[graphql(name = "WebhookState")]
pub enum State {
    /// Not tried yet.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// The endpoint took it.
    #[sea_orm(string_value = "DELIVERED")]
    Delivered,
    /// Failed, and will be tried again.
    #[sea_orm(string_value = "RETRYING")]
    Retrying,
    /// Given up.
    #[sea_orm(string_value = "DEAD")]
    Dead,
}

impl State {
    /// Whether it will be tried, again or for the first time.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Retrying)
    }
}

/// One event on its way to one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: WebhookDeliveryId,
    /// To whom.
    pub endpoint_id: WebhookEndpointId,
    /// Which event; the same over all attempts.
    pub event_id: EventId,
    /// The event's writing transaction, which leads its position in the log.
    pub log_transaction: i64,
    /// The event's number.
    pub log_sequence: i64,
    /// The event's kind.
    pub kind: String,
    /// What the event happened to.
    pub subject: String,
    /// What is sent; the same over all attempts.
    pub body: String,
    /// How it stands.
    pub state: State,
    /// How often it was sent.
    pub attempts: i32,
    /// What the endpoint answered last.
    pub last_status: Option<i32>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// When it is tried next.
    pub next_attempt_at: DateTime,
    /// Which attempt has it now.
    pub lease: Option<String>,
    /// When another process may take it over.
    pub leased_until: DateTime,
    /// When it was made.
    pub created_at: DateTime,
    /// When it was delivered or given up.
    pub finished_at: Option<DateTime>,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How an attempt ended.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// How the delivery stands now.
    pub state: State,
    /// What the endpoint answered, if it did.
    pub status: Option<i32>,
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// When to try next.
    pub next_attempt_at: DateTime,
}

/// Adds deliveries; those of an event that an endpoint has already are left out.
///
/// # Errors
/// When the database fails.
pub async fn insert(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(|row| ActiveModel::from(row).reset_all());
    let unless_known =
        OnConflict::columns([Column::EndpointId, Column::EventId]).do_nothing().to_owned();
    Entity::insert_many(rows).on_conflict(unless_known).exec_without_returning(db).await.map(drop)
}

/// Open, due and with nobody.
pub(super) fn is_due(now: DateTime) -> Condition {
    let column = |column: Column| Expr::col((Entity, column));
    Condition::all()
        .add(column(Column::State).is_in([State::Pending, State::Retrying]))
        .add(column(Column::NextAttemptAt).lte(now.0))
        .add(column(Column::LeasedUntil).lte(now.0))
}

/// Leases deliveries of an endpoint that are due, at most `limit`, the oldest
/// first: of each subject only the earliest open one. No two processes get the
/// same one.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    db: &impl ConnectionTrait,
    endpoint: WebhookEndpointId,
    limit: u64,
    lease: &str,
    now: DateTime,
    until: DateTime,
) -> Result<Vec<Model>, DbErr> {
    let backend = db.get_database_backend();
    let skip = if backend == DbBackend::Postgres { " FOR UPDATE OF d SKIP LOCKED" } else { "" };
    let sql = format!(
        "UPDATE webhook_deliveries SET lease = $1, leased_until = $2 WHERE leased_until <= $3 AND id IN (\
         SELECT d.id FROM webhook_deliveries d WHERE d.endpoint_id = $4 \
         AND d.state IN ('PENDING', 'RETRYING') AND d.next_attempt_at <= $3 AND d.leased_until <= $3 \
         AND NOT EXISTS (SELECT 1 FROM webhook_deliveries earlier \
         WHERE earlier.endpoint_id = d.endpoint_id AND earlier.subject = d.subject \
         AND earlier.state IN ('PENDING', 'RETRYING') \
         AND (earlier.log_transaction, earlier.log_sequence) < (d.log_transaction, d.log_sequence)) \
         ORDER BY d.log_transaction, d.log_sequence LIMIT $5{skip}) RETURNING *"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let values: [Value; 5] = [lease.into(), until.into(), now.into(), endpoint.into(), limit.into()];
    let statement = Statement::from_sql_and_values(backend, sql, values);
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Model::from_query_result(row, "")).collect()
}

/// Notes how an attempt ended; false when another process has the delivery now.
///
/// # Errors
/// When the database fails.
pub async fn finish(
    db: &impl ConnectionTrait,
    delivery: &Model,
    attempt: &Attempt,
    now: DateTime,
) -> Result<bool, DbErr> {
    let finished_at = (!attempt.state.is_open()).then_some(now);
    let noted = Entity::update_many()
        .col_expr(Column::State, Expr::value(attempt.state))
        .col_expr(Column::Attempts, (delivery.attempts + 1).into())
        .col_expr(Column::LastStatus, Expr::value(attempt.status))
        .col_expr(Column::LastError, Expr::value(attempt.error.clone()))
        .col_expr(Column::NextAttemptAt, Expr::value(attempt.next_attempt_at))
        .col_expr(Column::FinishedAt, Expr::value(finished_at))
        .col_expr(Column::LeasedUntil, 0_i64.into())
        .filter(Column::Id.eq(delivery.id))
        .filter(Column::Lease.eq(delivery.lease.clone()))
        .exec(db)
        .await?;
    Ok(noted.rows_affected == 1)
}

/// Gives a delivery back that was not sent after all, until later.
///
/// # Errors
/// When the database fails.
pub async fn postpone(
    db: &impl ConnectionTrait,
    delivery: &Model,
    until: DateTime,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::NextAttemptAt, Expr::value(until))
        .col_expr(Column::LeasedUntil, 0_i64.into())
        .filter(Column::Id.eq(delivery.id))
        .filter(Column::Lease.eq(delivery.lease.clone()))
        .exec(db)
        .await
        .map(drop)
}

/// Has a delivery sent again at once; `None` when there is none, or when it is
/// being sent.
///
/// # Errors
/// When the database fails.
pub async fn requeue(
    db: &impl ConnectionTrait,
    id: WebhookDeliveryId,
    now: DateTime,
) -> Result<Option<Model>, DbErr> {
    let requeued = Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Pending))
        .col_expr(Column::Attempts, 0.into())
        .col_expr(Column::NextAttemptAt, Expr::value(now))
        .col_expr(Column::FinishedAt, Expr::value(Option::<i64>::None))
        .filter(Column::Id.eq(id))
        .filter(Column::LeasedUntil.lte(now))
        .exec_with_returning(db)
        .await?;
    Ok(requeued.into_iter().next())
}

/// The deliveries with these ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[WebhookDeliveryId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The first `limit` deliveries of each endpoint, newest first, or oldest first
/// when walking backwards; beyond `from` only.
///
/// # Errors
/// When the database fails.
pub async fn pages(
    db: &impl ConnectionTrait,
    endpoints: &[WebhookEndpointId],
    from: Option<WebhookDeliveryId>,
    is_backward: bool,
    limit: u64,
) -> Result<Vec<Model>, DbErr> {
    let (order, beyond) = if is_backward { ("ASC", ">") } else { ("DESC", "<") };
    let mut values: Vec<Value> = endpoints.iter().map(|id| (*id).into()).collect();
    let keys: Vec<String> = (1..=values.len()).map(|number| format!("${number}")).collect();
    values.push(i64::try_from(limit).unwrap_or(i64::MAX).into());
    let last = values.len();
    let condition = from.map_or_else(String::new, |from| {
        values.push(from.into());
        format!(" AND d.id {beyond} ${}", last + 1)
    });
    let sql = format!(
        "SELECT * FROM (SELECT d.*, ROW_NUMBER() OVER (PARTITION BY d.endpoint_id ORDER BY d.id {order}) \
         AS place FROM webhook_deliveries d WHERE d.endpoint_id IN ({}){condition}) page \
         WHERE page.place <= ${last} ORDER BY page.id {order}",
        keys.join(", ")
    );
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Model::from_query_result(row, "")).collect()
}

/// How many deliveries each of these endpoints has; one without any is left out.
///
/// # Errors
/// When the database fails.
pub async fn counts(
    db: &impl ConnectionTrait,
    endpoints: &[WebhookEndpointId],
) -> Result<Vec<(WebhookEndpointId, i64)>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::EndpointId)
        .column_as(Column::Id.count(), "deliveries")
        .filter(Column::EndpointId.is_in(endpoints.iter().copied()))
        .group_by(Column::EndpointId)
        .into_tuple()
        .all(db)
        .await
}

/// Deletes what was delivered or given up before; how many.
///
/// # Errors
/// When the database fails.
pub async fn delete_finished(db: &impl ConnectionTrait, before: DateTime) -> Result<u64, DbErr> {
    Ok(Entity::delete_many().filter(Column::FinishedAt.lt(before)).exec(db).await?.rows_affected)
}
