//! `message_reactions`: what members think of a message, in one emoji each time.

use sea_orm::{PaginatorTrait as _, QuerySelect as _, entity::prelude::*, sea_query::OnConflict};

use crate::{
    ids::{MessageId, UserId},
    sql::Sql,
    time::DateTime,
};

/// A reaction, one a user and emoji.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message_reactions")]
pub struct Model {
    /// To what.
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: MessageId,
    /// Which.
    #[sea_orm(primary_key, auto_increment = false)]
    pub emoji: String,
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// When.
    pub at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// How often an emoji was given to a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Count {
    /// To what.
    pub message_id: MessageId,
    /// Which.
    pub emoji: String,
    /// How often.
    pub count: i64,
    /// Whether the viewer did.
    pub is_mine: bool,
}

/// The reactions to these messages, which were already seen, in the order in
/// which each emoji came first.
///
/// # Errors
/// When the database fails.
pub async fn counts(
    db: &impl ConnectionTrait,
    viewer: UserId,
    messages: &[MessageId],
) -> Result<Vec<Count>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT r.message_id, r.emoji, count(*), count(CASE WHEN r.user_id = ").bind(viewer);
    sql.push(" THEN 1 END) FROM message_reactions r WHERE ").among("r.message_id", messages);
    sql.push(" GROUP BY r.message_id, r.emoji ORDER BY min(r.at), r.emoji");
    let rows = db.query_all_raw(sql.statement()).await?;
    let count = |row: &sea_orm::QueryResult| {
        Ok(Count {
            message_id: row.try_get_by_index(0)?,
            emoji: row.try_get_by_index(1)?,
            count: row.try_get_by_index(2)?,
            is_mine: row.try_get_by_index::<i64>(3)? > 0,
        })
    };
    rows.iter().map(count).collect()
}

/// How many other emojis a message has.
///
/// # Errors
/// When the database fails.
pub async fn count_others(
    transaction: &impl ConnectionTrait,
    message: MessageId,
    emoji: &str,
) -> Result<u64, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Emoji)
        .distinct()
        .filter(Column::MessageId.eq(message))
        .filter(Column::Emoji.ne(emoji))
        .count(transaction)
        .await
}

/// Adds a reaction; false when it is there.
///
/// # Errors
/// When the database fails.
pub async fn insert(transaction: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let unless_there = OnConflict::new().do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(row)).on_conflict(unless_there);
    insert.exec_without_returning(transaction).await.map(|rows| rows == 1)
}

/// Removes a reaction; false when there is none.
///
/// # Errors
/// When the database fails.
pub async fn delete(transaction: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let key = (row.message_id, row.emoji, row.user_id);
    let deleted = Entity::delete_by_id(key).exec(transaction).await?;
    Ok(deleted.rows_affected > 0)
}

/// Removes all reactions to a message.
///
/// # Errors
/// When the database fails.
pub async fn delete_all(transaction: &impl ConnectionTrait, message: MessageId) -> Result<(), DbErr> {
    let delete = Entity::delete_many().filter(Column::MessageId.eq(message));
    delete.exec(transaction).await.map(drop)
}
