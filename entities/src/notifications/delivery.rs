//! `notification_deliveries`: what is on its way by mail and push. A delivery
//! is claimed for a while; one whose claim has run out is anybody's again.

use sea_orm::{
    DbBackend, QueryOrder as _, QuerySelect as _, Statement,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};

use crate::{
    ids::{AccountId, NotificationDeliveryId, NotificationId, PushDeviceId},
    time::DateTime,
};

/// A delivery.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_deliveries")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: NotificationDeliveryId,
    /// To whom.
    pub account_id: AccountId,
    /// By which channel.
    pub channel: Channel,
    /// Of what; a digest is written when it is sent.
    pub notification_id: Option<NotificationId>,
    /// To which device, for a push.
    pub device_id: Option<PushDeviceId>,
    /// How it stands.
    pub state: State,
    /// How often it was tried.
    pub attempts: i32,
    /// When it is to be tried; of a claimed one, when the claim runs out.
    pub due_at: DateTime,
    /// When it was queued.
    pub created_at: DateTime,
    /// Why it failed the last time, without any address.
    pub problem: Option<String>,
}

/// Which way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum Channel {
    /// By mail.
    #[sea_orm(string_value = "EMAIL")]
    Email,
    /// To a device.
    #[sea_orm(string_value = "PUSH")]
    Push,
}

/// How a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// Waits for its first try.
    #[sea_orm(string_value = "QUEUED")]
    Queued,
    /// Is being tried, or waits for another try.
    #[sea_orm(string_value = "CLAIMED")]
    Claimed,
    /// Handed over.
    #[sea_orm(string_value = "SENT")]
    Sent,
    /// No longer wanted: read meanwhile, switched off, nobody there.
    #[sea_orm(string_value = "DROPPED")]
    Dropped,
    /// Given up.
    #[sea_orm(string_value = "DEAD")]
    Dead,
}

/// Deliveries refer to others by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Queues deliveries; a digest that is queued already stays the only one.
///
/// # Errors
/// When the database fails.
pub async fn queue(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(|row| ActiveModel::from(row).reset_all());
    let insert = Entity::insert_many(rows).on_conflict(OnConflict::new().do_nothing().to_owned());
    insert.exec_without_returning(db).await.map(drop)
}

/// When the next delivery of a channel is due.
///
/// # Errors
/// When the database fails.
pub async fn next_due(db: &impl ConnectionTrait, channel: Channel) -> Result<Option<DateTime>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::DueAt)
        .filter(Column::Channel.eq(channel))
        .filter(Expr::cust("state IN ('QUEUED', 'CLAIMED')"))
        .order_by_asc(Column::DueAt)
        .limit(1)
        .into_tuple()
        .one(db)
        .await
}

/// Claims due deliveries until `until`: nobody else tries them before.
///
/// # Errors
/// When the database fails.
pub async fn claim(
    db: &impl ConnectionTrait,
    channel: Channel,
    now: DateTime,
    until: DateTime,
    limit: u32,
) -> Result<Vec<Model>, DbErr> {
    let backend = db.get_database_backend();
    // SQLite has one writer, which waits for nobody.
    let lock = if backend == DbBackend::Postgres { " FOR UPDATE SKIP LOCKED" } else { "" };
    let claim = format!(
        "UPDATE notification_deliveries SET state = 'CLAIMED', attempts = attempts + 1, due_at = $1 \
         WHERE id IN (SELECT id FROM notification_deliveries WHERE channel = $2 \
         AND state IN ('QUEUED', 'CLAIMED') AND due_at <= $3 ORDER BY due_at, id LIMIT $4{lock}) \
         RETURNING *"
    );
    let values = [until.into(), channel.into(), now.into(), i64::from(limit).into()];
    let claim = Statement::from_sql_and_values(backend, claim, values);
    Entity::find().from_raw_sql(claim).all(db).await
}

/// Notes how a claimed delivery ended, or when it is tried again; false when
/// another process has claimed it meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn note(
    db: &impl ConnectionTrait,
    claimed: &Model,
    state: State,
    due_at: DateTime,
    problem: Option<String>,
) -> Result<bool, DbErr> {
    let noted = Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::DueAt, Expr::value(due_at))
        .col_expr(Column::Problem, Expr::value(problem))
        .filter(Column::Id.eq(claimed.id))
        .filter(Column::State.eq(State::Claimed))
        .filter(Column::Attempts.eq(claimed.attempts))
        .exec(db)
        .await?;
    Ok(noted.rows_affected == 1)
}

/// Deletes deliveries that are over and were queued before this; how many.
///
/// # Errors
/// When the database fails.
pub async fn delete_old(db: &impl ConnectionTrait, before: DateTime) -> Result<u64, DbErr> {
    let deleted = Entity::delete_many()
        .filter(Column::CreatedAt.lt(before))
        .filter(Column::State.is_in([State::Sent, State::Dropped, State::Dead]))
        .exec(db)
        .await?;
    Ok(deleted.rows_affected)
}
