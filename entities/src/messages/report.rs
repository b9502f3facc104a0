//! `message_reports`: what members ask moderators to look at.

use sea_orm::{QueryResult, entity::prelude::*, sea_query::OnConflict};
use serde::{Deserialize, Serialize};

use super::message::State;
use crate::{
    Page,
    ids::{MessageId, UserId},
    sql::Sql,
    time::DateTime,
};

/// A report, one a message and reporter.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message_reports")]
pub struct Model {
    /// Of what.
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: MessageId,
    /// By whom.
    #[sea_orm(primary_key, auto_increment = false)]
    pub reporter_id: UserId,
    /// In the reporter's words.
    pub reason: String,
    /// When.
    pub at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Where a report stands in the list of all.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// When.
    pub at: DateTime,
    /// The first tie-breaker.
    pub message_id: MessageId,
    /// The second.
    pub reporter_id: UserId,
}

/// A report with the message as it is now, for moderators only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The report.
    pub report: Model,
    /// Who wrote the message.
    pub sender_id: UserId,
    /// The message's text; empty when it is gone.
    pub body: String,
    /// Whether the message can be read.
    pub state: State,
}

impl Row {
    /// Where the report stands in the list of all.
    #[must_use]
    pub const fn position(&self) -> Position {
        let Model { message_id, reporter_id, at, .. } = self.report;
        Position { at, message_id, reporter_id }
    }

    fn read(row: &QueryResult) -> Result<Self, DbErr> {
        Ok(Self {
            report: Model {
                message_id: row.try_get_by_index(0)?,
                reporter_id: row.try_get_by_index(1)?,
                reason: row.try_get_by_index(2)?,
                at: row.try_get_by_index(3)?,
            },
            sender_id: row.try_get_by_index(4)?,
            body: row.try_get_by_index(5)?,
            state: row.try_get_by_index(6)?,
        })
    }
}

/// Adds a report; false when the reporter has reported the message.
///
/// # Errors
/// When the database fails.
pub async fn insert(transaction: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let unless_there = OnConflict::new().do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(row)).on_conflict(unless_there);
    insert.exec_without_returning(transaction).await.map(|rows| rows == 1)
}

/// A page of all reports, newest first.
///
/// # Errors
/// When the database fails.
pub async fn page(db: &impl ConnectionTrait, page: Page<'_, Position>) -> Result<Vec<Row>, DbErr> {
    let (direction, beyond) = page.direction(true);
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT r.message_id, r.reporter_id, r.reason, r.at, w.sender_id, w.body, w.state ");
    sql.push("FROM message_reports r JOIN messages w ON w.id = r.message_id");
    if let Some(from) = page.from {
        sql.push(" WHERE (r.at, r.message_id, r.reporter_id) ").push(beyond).push(" (");
        sql.bind(from.at).push(", ").bind(from.message_id).push(", ");
        sql.bind(from.reporter_id).push(")");
    }
    sql.push(" ORDER BY r.at ").push(direction).push(", r.message_id ").push(direction);
    sql.push(", r.reporter_id ").push(direction);
    sql.push(" LIMIT ").bind(i64::try_from(page.limit).unwrap_or(i64::MAX));
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(Row::read).collect()
}
