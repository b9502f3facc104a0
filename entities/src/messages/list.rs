//! Lists of the conversations that somebody is in: all, or those about several
//! things in one statement.

use std::sync::Arc;

use sea_orm::{ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};

use super::conversation::{Row, UNREAD, seen_by};
use crate::{
    Page,
    ids::{ConversationId, UserId},
    sql::{Sql, Window, counted, windowed},
    time::DateTime,
};

/// Which conversations of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct List {
    /// Whose.
    pub viewer: UserId,
    /// Only those about the thing whose id is the list's key.
    pub is_about: bool,
    /// Only those with unread messages.
    pub is_unread: bool,
}

/// Where a conversation stands in a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// When it was last written to.
    pub at: DateTime,
    /// The tie-breaker.
    pub id: ConversationId,
}

impl Row {
    /// Where the conversation stands in a list.
    #[must_use]
    pub const fn position(&self) -> Position {
        Position { at: self.updated_at, id: self.id }
    }
}

impl List {
    fn body(self, sql: &mut Sql, key: &str) {
        seen_by(sql, self.viewer);
        if self.is_about {
            sql.push(" AND c.subject_id = ").push(key);
        }
        if self.is_unread {
            sql.push(" AND c.last_sequence > m.read_sequence AND ").push(UNREAD).push(" > 0");
        }
    }
}

/// A page of each key's list, latest first, with the key.
///
/// # Errors
/// When the database fails.
pub async fn pages(
    db: &impl ConnectionTrait,
    list: List,
    keys: &[String],
    page: Page<'_, Position>,
) -> Result<Vec<(String, Arc<Row>)>, DbErr> {
    let (direction, beyond) = page.direction(true);
    let order = format!("c.updated_at {direction}, c.id {direction}");
    let window = Window { keys, columns: Row::COLUMNS, order: &order, limit: page.limit };
    let statement = windowed(db.get_database_backend(), &window, |sql, key| {
        list.body(sql, key);
        if let Some(from) = page.from {
            sql.push(" AND (c.updated_at, c.id) ").push(beyond);
            sql.push(" (").bind(from.at).push(", ").bind(from.id).push(")");
        }
    });
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, Row::read(row, 1)?))).collect()
}

/// How long each key's whole list is; those of none are absent.
///
/// # Errors
/// When the database fails.
pub async fn counts(
    db: &impl ConnectionTrait,
    list: List,
    keys: &[String],
) -> Result<Vec<(String, i64)>, DbErr> {
    let statement = counted(db.get_database_backend(), keys, |sql, key| list.body(sql, key));
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// The ids of all conversations that the viewer is in.
///
/// # Errors
/// When the database fails.
pub async fn ids(db: &impl ConnectionTrait, viewer: UserId) -> Result<Vec<ConversationId>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT c.id FROM ");
    seen_by(&mut sql, viewer);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
