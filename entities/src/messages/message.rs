//! `messages`: what was said, numbered without a gap in each conversation.

use std::sync::Arc;

use async_graphql::Enum;
use sea_orm::{
    DeriveActiveEnum, EnumIter, QueryResult, QuerySelect as _, entity::prelude::*, sea_query::OnConflict,
};

use crate::{
    Page,
    ids::{ConversationId, MessageId, UserId},
    sql::{Sql, Window, counted, windowed},
    time::DateTime,
};

/// Message states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Enum)]
#[graphql(name = "MessageState")]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum State {
    /// Can be read.
    #[sea_orm(string_value = "VISIBLE")]
    Visible,
    /// Its sender deleted it; the text is gone.
    #[sea_orm(string_value = "DELETED")]
    Deleted,
    /// A moderator hid it; the text is gone.
    #[sea_orm(string_value = "HIDDEN_BY_MODERATION")]
    HiddenByModeration,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "messages")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: MessageId,
    /// Where.
    pub conversation_id: ConversationId,
    /// Its number in the conversation, from 1.
    pub sequence: i64,
    /// By whom.
    pub sender_id: UserId,
    /// What the sending device calls it; unique a sender.
    pub client_id: String,
    /// Of the request that sent it, to tell a resend from another message.
    /// Nothing that was made of the text outlives it.
    pub fingerprint: Option<String>,
    /// Plain text; empty when it is gone.
    pub body: String,
    /// Whether it can be read.
    pub state: State,
    /// The message that it answers.
    pub reply_to_id: Option<MessageId>,
    /// When.
    pub sent_at: DateTime,
    /// When its text was last changed.
    pub edited_at: Option<DateTime>,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    const COLUMNS: &str = "w.id, w.conversation_id, w.sequence, w.sender_id, w.client_id, \
         w.fingerprint, w.body, w.state, w.reply_to_id, w.sent_at, w.edited_at";

    fn read(row: &QueryResult, at: usize) -> Result<Arc<Self>, DbErr> {
        Ok(Arc::new(Self {
            id: row.try_get_by_index(at)?,
            conversation_id: row.try_get_by_index(at + 1)?,
            sequence: row.try_get_by_index(at + 2)?,
            sender_id: row.try_get_by_index(at + 3)?,
            client_id: row.try_get_by_index(at + 4)?,
            fingerprint: row.try_get_by_index(at + 5)?,
            body: row.try_get_by_index(at + 6)?,
            state: row.try_get_by_index(at + 7)?,
            reply_to_id: row.try_get_by_index(at + 8)?,
            sent_at: row.try_get_by_index(at + 9)?,
            edited_at: row.try_get_by_index(at + 10)?,
        }))
    }
}

/// Adds the condition that no block keeps the message `w` from the viewer.
fn not_withheld(sql: &mut Sql, viewer: UserId) {
    sql.push("NOT EXISTS (SELECT 1 FROM withheld_messages h WHERE ");
    sql.push("h.conversation_id = w.conversation_id AND h.sequence = w.sequence AND h.user_id = ");
    sql.bind(viewer).push(")");
}

/// Those of these messages that the viewer may see: of conversations that they
/// are in, and not kept back.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    viewer: UserId,
    ids: &[MessageId],
) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT ").push(Model::COLUMNS).push(" FROM messages w ");
    sql.push("JOIN conversation_members m ON m.conversation_id = w.conversation_id ");
    sql.push("WHERE m.left_at IS NULL AND m.user_id = ").bind(viewer).push(" AND ");
    not_withheld(&mut sql, viewer);
    sql.push(" AND ").among("w.id", ids);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| Model::read(row, 0)).collect()
}

/// The message, whoever may see it, locked until the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(
    transaction: &impl ConnectionTrait,
    id: MessageId,
) -> Result<Option<Arc<Model>>, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("SELECT ").push(Model::COLUMNS).push(" FROM messages w WHERE w.id = ").bind(id);
    sql.lock("w");
    let row = transaction.query_one_raw(sql.statement()).await?;
    row.map(|row| Model::read(&row, 0)).transpose()
}

/// The message that a sender's device calls so.
///
/// # Errors
/// When the database fails.
pub async fn sent_as(
    db: &impl ConnectionTrait,
    sender: UserId,
    client_id: &str,
) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::SenderId.eq(sender))
        .filter(Column::ClientId.eq(client_id))
        .one(db)
        .await
}

/// Where a message is, whoever may see it.
///
/// # Errors
/// When the database fails.
pub async fn place(db: &impl ConnectionTrait, id: MessageId) -> Result<Option<ConversationId>, DbErr> {
    Entity::find_by_id(id).select_only().column(Column::ConversationId).into_tuple().one(db).await
}

/// Adds a message; false when its sender has sent one under its name. Waits for
/// another transaction that is sending that.
///
/// # Errors
/// When the database fails.
pub async fn insert_unless_sent(transaction: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let unless_sent = OnConflict::new().do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(row)).on_conflict(unless_sent);
    insert.exec_without_returning(transaction).await.map(|rows| rows == 1)
}

/// A page of the messages of each of these conversations that the viewer may
/// see, newest first. They must be the viewer's.
///
/// # Errors
/// When the database fails.
pub async fn pages(
    db: &impl ConnectionTrait,
    viewer: UserId,
    conversations: &[ConversationId],
    page: Page<'_, i64>,
) -> Result<Vec<Arc<Model>>, DbErr> {
    let keys: Vec<String> = conversations.iter().map(ToString::to_string).collect();
    let (direction, beyond) = page.direction(true);
    let order = format!("w.sequence {direction}");
    let window = Window { keys: &keys, columns: Model::COLUMNS, order: &order, limit: page.limit };
    let statement = windowed(db.get_database_backend(), &window, |sql, key| {
        of_conversation(sql, viewer, key);
        if let Some(from) = page.from {
            sql.push(" AND w.sequence ").push(beyond).push(" ").bind(*from);
        }
    });
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Model::read(row, 1)).collect()
}

/// How many messages of each of these conversations the viewer may see; those
/// without any are absent. They must be the viewer's.
///
/// # Errors
/// When the database fails.
pub async fn counts(
    db: &impl ConnectionTrait,
    viewer: UserId,
    conversations: &[ConversationId],
) -> Result<Vec<(ConversationId, i64)>, DbErr> {
    let keys: Vec<String> = conversations.iter().map(ToString::to_string).collect();
    let backend = db.get_database_backend();
    let statement = counted(backend, &keys, |sql, key| of_conversation(sql, viewer, key));
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

fn of_conversation(sql: &mut Sql, viewer: UserId, key: &str) {
    sql.push("messages w WHERE w.conversation_id = ").push(key).push(" AND ");
    not_withheld(sql, viewer);
}

/// Changes a message.
///
/// # Errors
/// When the database fails.
pub async fn update(
    transaction: &impl ConnectionTrait,
    id: MessageId,
    change: ActiveModel,
) -> Result<(), DbErr> {
    let update = Entity::update_many().set(change).filter(Column::Id.eq(id));
    update.exec(transaction).await.map(drop)
}
