//! `conversation_members`: who is in a conversation, and how far they are.

use sea_orm::{QueryOrder as _, entity::prelude::*, sea_query::Expr};

use crate::{
    ids::{ConversationId, UserId},
    sql::Sql,
    time::DateTime,
};

/// A member of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "conversation_members")]
pub struct Model {
    /// Of what.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: ConversationId,
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// The last message they have read; only grows.
    pub read_sequence: i64,
    /// The last message that reached a device of theirs; only grows.
    pub delivered_sequence: i64,
    /// They want no notifications.
    pub is_muted: bool,
    /// Since when.
    pub joined_at: DateTime,
    /// Until when.
    pub left_at: Option<DateTime>,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A member as the sender of a message must know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hearer {
    /// Who.
    pub user_id: UserId,
    /// They want no notifications.
    pub is_muted: bool,
    /// One of the two blocked the other.
    pub is_blocked: bool,
}

/// The members of these conversations, which were already seen.
///
/// # Errors
/// When the database fails.
pub async fn of_conversations(
    db: &impl ConnectionTrait,
    ids: &[ConversationId],
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::ConversationId.is_in(ids.iter().copied()))
        .order_by_asc(Column::JoinedAt)
        .order_by_asc(Column::UserId)
        .all(db)
        .await
}

/// Everybody in a conversation but the sender.
///
/// # Errors
/// When the database fails.
pub async fn hearers(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    sender: UserId,
) -> Result<Vec<Hearer>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT m.user_id, m.is_muted, EXISTS (SELECT 1 FROM user_blocks b WHERE ");
    sql.push("(b.user_id = m.user_id AND b.blocked_id = ").bind(sender);
    sql.push(") OR (b.blocked_id = m.user_id AND b.user_id = ").bind(sender);
    sql.push(")) FROM conversation_members m WHERE m.left_at IS NULL AND m.conversation_id = ");
    sql.bind(conversation).push(" AND m.user_id <> ").bind(sender).push(" ORDER BY m.user_id");
    let rows = db.query_all_raw(sql.statement()).await?;
    let hearer = |row: &sea_orm::QueryResult| {
        Ok(Hearer {
            user_id: row.try_get_by_index(0)?,
            is_muted: row.try_get_by_index(1)?,
            is_blocked: row.try_get_by_index(2)?,
        })
    };
    rows.iter().map(hearer).collect()
}

/// Moves how far a member has read to this message, or to the last one, and
/// answers that; `None` when they had read as far.
///
/// # Errors
/// When the database fails.
pub async fn advance_read(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    user: UserId,
    sequence: i64,
) -> Result<Option<i64>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    // `t.sequence` is the target: nobody reads what is not written yet.
    sql.push("UPDATE conversation_members SET read_sequence = t.sequence, delivered_sequence = CASE ");
    sql.push("WHEN delivered_sequence > t.sequence THEN delivered_sequence ELSE t.sequence END ");
    sql.push("FROM (SELECT CASE WHEN c.last_sequence < ").bind(sequence);
    sql.push(" THEN c.last_sequence ELSE ").bind(sequence).push(" END AS sequence ");
    sql.push("FROM conversations c WHERE c.id = ").bind(conversation).push(") AS t ");
    sql.push("WHERE left_at IS NULL AND conversation_id = ").bind(conversation);
    sql.push(" AND user_id = ").bind(user).push(" AND read_sequence < t.sequence ");
    sql.push("RETURNING read_sequence");
    let row = db.query_one_raw(sql.statement()).await?;
    row.map(|row| row.try_get_by_index(0)).transpose()
}

/// How many positions one statement takes; SQLite binds at most 32,766 values.
const TOGETHER: usize = 5_000;

/// Moves how far messages of conversations have reached their members; never back.
///
/// # Errors
/// When the database fails.
pub async fn advance_delivered(
    db: &impl ConnectionTrait,
    positions: &[(ConversationId, UserId, i64)],
) -> Result<(), DbErr> {
    for positions in positions.chunks(TOGETHER) {
        let mut sql = Sql::new(db.get_database_backend());
        sql.push("UPDATE conversation_members SET delivered_sequence = t.column3 FROM (VALUES ");
        for (nth, (conversation, user, sequence)) in positions.iter().enumerate() {
            sql.push(if nth == 0 { "(" } else { ", (" }).bind(*conversation);
            sql.push(", ").bind(*user);
            sql.push(", CAST(").bind(*sequence).push(" AS bigint))");
        }
        sql.push(") AS t WHERE conversation_id = t.column1 AND user_id = t.column2");
        sql.push(" AND delivered_sequence < t.column3");
        db.execute_raw(sql.statement()).await?;
    }
    Ok(())
}

/// Says whether a member wants notifications; false when there is no such member.
///
/// # Errors
/// When the database fails.
pub async fn set_muted(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    user: UserId,
    is_muted: bool,
) -> Result<bool, DbErr> {
    Entity::update_many()
        .col_expr(Column::IsMuted, Expr::value(is_muted))
        .filter(Column::ConversationId.eq(conversation))
        .filter(Column::UserId.eq(user))
        .filter(Column::LeftAt.is_null())
        .exec(db)
        .await
        .map(|updated| updated.rows_affected > 0)
}

/// How far a member has read, if they are in the conversation.
///
/// # Errors
/// When the database fails.
pub async fn read_sequence(
    db: &impl ConnectionTrait,
    conversation: ConversationId,
    user: UserId,
) -> Result<Option<i64>, DbErr> {
    let member = Entity::find_by_id((conversation, user)).one(db).await?;
    Ok(member.filter(|member| member.left_at.is_none()).map(|member| member.read_sequence))
}
