//! `conversations`: who talks, about what, and how many messages so far.

use std::sync::Arc;

use sea_orm::{DbBackend, QueryResult, entity::prelude::*, sea_query::OnConflict};

use crate::{
    ids::{ConversationId, UserId},
    sql::Sql,
    time::DateTime,
};

/// A conversation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversations")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ConversationId,
    /// Between exactly two.
    pub is_direct: bool,
    /// Of a group.
    pub title: Option<String>,
    /// The id of what it is about.
    pub subject_id: Option<String>,
    /// The same for everybody who means the same conversation; absent where a
    /// second one may be opened.
    pub unique_key: Option<String>,
    /// The number of its newest message, and so how many it has.
    pub last_sequence: i64,
    /// When it was opened.
    pub created_at: DateTime,
    /// When its newest message was sent, or else when it was opened.
    pub updated_at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A conversation as one of its members sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its id.
    pub id: ConversationId,
    /// Between exactly two.
    pub is_direct: bool,
    /// Of a group.
    pub title: Option<String>,
    /// The id of what it is about.
    pub subject_id: Option<String>,
    /// The number of its newest message.
    pub last_sequence: i64,
    /// When its newest message was sent, or else when it was opened.
    pub updated_at: DateTime,
    /// The member wants no notifications.
    pub is_muted: bool,
    /// How far the member was given messages.
    pub delivered_sequence: i64,
}

impl Row {
    pub(super) const COLUMNS: &str = "c.id, c.is_direct, c.title, c.subject_id, c.last_sequence, \
         c.updated_at, m.is_muted, m.delivered_sequence";

    pub(super) fn read(row: &QueryResult, at: usize) -> Result<Arc<Self>, DbErr> {
        Ok(Arc::new(Self {
            id: row.try_get_by_index(at)?,
            is_direct: row.try_get_by_index(at + 1)?,
            title: row.try_get_by_index(at + 2)?,
            subject_id: row.try_get_by_index(at + 3)?,
            last_sequence: row.try_get_by_index(at + 4)?,
            updated_at: row.try_get_by_index(at + 5)?,
            is_muted: row.try_get_by_index(at + 6)?,
            delivered_sequence: row.try_get_by_index(at + 7)?,
        }))
    }
}

/// How many messages the member `m` of `c` has not read: all behind the read
/// position but the member's own and those that a block keeps back. Counted
/// from the rows themselves, in one statement, so that no device can see it
/// otherwise.
pub(super) const UNREAD: &str = "(c.last_sequence - m.read_sequence \
     - (SELECT count(*) FROM messages o WHERE o.conversation_id = m.conversation_id \
        AND o.sender_id = m.user_id AND o.sequence > m.read_sequence) \
     - (SELECT count(*) FROM withheld_messages h WHERE h.conversation_id = m.conversation_id \
        AND h.user_id = m.user_id AND h.sequence > m.read_sequence))";

/// Adds the tables of the conversations `c` in which `viewer` is as `m`, up to
/// where conditions follow.
pub(super) fn seen_by(sql: &mut Sql, viewer: UserId) {
    sql.push("conversations c JOIN conversation_members m ON m.conversation_id = c.id ");
    sql.push("WHERE m.left_at IS NULL AND m.user_id = ").bind(viewer);
}

fn select(db: &impl ConnectionTrait, viewer: UserId) -> Sql {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT ").push(Row::COLUMNS).push(" FROM ");
    seen_by(&mut sql, viewer);
    sql
}

/// Those of these conversations that the viewer is in.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: UserId,
    ids: &[ConversationId],
) -> Result<Vec<Arc<Row>>, DbErr> {
    let mut sql = select(db, viewer);
    sql.push(" AND ").among("c.id", ids);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| Row::read(row, 0)).collect()
}

/// The conversation, if the viewer is in it, locked until the transaction ends.
/// Lock before the transaction writes anything.
///
/// On Postgres the log stands in the order of transaction numbers, and a
/// transaction that waits for a row may have its number before the one that it
/// waits for. An advisory lock is waited for without a number: so the log has a
/// conversation's messages in the order of their own numbers.
///
/// # Errors
/// When the database fails.
pub async fn lock(
    transaction: &impl ConnectionTrait,
    viewer: UserId,
    id: ConversationId,
) -> Result<Option<Arc<Row>>, DbErr> {
    if transaction.get_database_backend() == DbBackend::Postgres {
        let mut sql = Sql::new(DbBackend::Postgres);
        sql.push("SELECT pg_advisory_xact_lock(hashtextextended(").bind(id).push(", 0))");
        transaction.execute_raw(sql.statement()).await?;
    }
    let mut sql = select(transaction, viewer);
    sql.push(" AND c.id = ").bind(id).lock("c");
    let row = transaction.query_one_raw(sql.statement()).await?;
    row.map(|row| Row::read(&row, 0)).transpose()
}

/// Locks the conversations that both are in until the transaction ends: nobody
/// sends there meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn lock_shared(
    transaction: &impl ConnectionTrait,
    viewer: UserId,
    other: UserId,
) -> Result<(), DbErr> {
    let mut sql = select(transaction, viewer);
    sql.push(" AND EXISTS (SELECT 1 FROM conversation_members o WHERE o.conversation_id = c.id ");
    sql.push("AND o.user_id = ").bind(other).push(") ORDER BY c.id").lock("c");
    transaction.query_all_raw(sql.statement()).await.map(drop)
}

/// The conversation with this key.
///
/// # Errors
/// When the database fails.
pub async fn with_key(db: &impl ConnectionTrait, key: &str) -> Result<Option<ConversationId>, DbErr> {
    let row = Entity::find().filter(Column::UniqueKey.eq(key)).one(db).await?;
    Ok(row.map(|row| row.id))
}

/// Adds a conversation; false when there is one with its key. Waits for another
/// transaction that is adding that.
///
/// # Errors
/// When the database fails.
pub async fn insert_unless_open(transaction: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let unless_open = OnConflict::column(Column::UniqueKey).do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(row)).on_conflict(unless_open);
    insert.exec_without_returning(transaction).await.map(|rows| rows == 1)
}

/// Takes the next number of a locked conversation, for a message of now.
///
/// # Errors
/// When the database fails.
pub async fn next_sequence(
    transaction: &impl ConnectionTrait,
    id: ConversationId,
    now: DateTime,
) -> Result<i64, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE conversations SET last_sequence = last_sequence + 1, updated_at = CASE ");
    // The clocks of two instances differ.
    sql.push("WHEN updated_at > ").bind(now).push(" THEN updated_at ELSE ").bind(now);
    sql.push(" END WHERE id = ").bind(id).push(" RETURNING last_sequence");
    let row = transaction.query_one_raw(sql.statement()).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(id.to_string()))?.try_get_by_index(0)
}

/// How many messages the viewer has not read in each of these conversations.
///
/// # Errors
/// When the database fails.
pub async fn unread_counts(
    db: &impl ConnectionTrait,
    viewer: UserId,
    ids: &[ConversationId],
) -> Result<Vec<(ConversationId, i64)>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT c.id, ").push(UNREAD).push(" FROM ");
    seen_by(&mut sql, viewer);
    sql.push(" AND ").among("c.id", ids);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// How many messages the viewer has not read in all conversations that are not
/// muted.
///
/// # Errors
/// When the database fails.
pub async fn unread_total(db: &impl ConnectionTrait, viewer: UserId) -> Result<i64, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    // Postgres adds bigints up to a numeric.
    sql.push("SELECT CAST(coalesce(sum(").push(UNREAD).push("), 0) AS bigint) FROM ");
    seen_by(&mut sql, viewer);
    sql.push(" AND NOT m.is_muted AND c.last_sequence > m.read_sequence");
    let row = db.query_one_raw(sql.statement()).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}
