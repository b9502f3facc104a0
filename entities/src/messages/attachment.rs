//! `message_attachments`: files that came with a message, as they were then.

use sea_orm::{QueryOrder as _, entity::prelude::*};

use crate::ids::{MessageId, UploadId};

/// A file.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "message_attachments")]
pub struct Model {
    /// With what it came.
    #[sea_orm(primary_key, auto_increment = false)]
    pub message_id: MessageId,
    /// Its place, from 0.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Its bytes.
    pub upload_id: UploadId,
    /// As the sender named it.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// In bytes.
    pub size: i64,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The files of these messages, which were already seen, in their order.
///
/// # Errors
/// When the database fails.
pub async fn of_messages(
    db: &impl ConnectionTrait,
    messages: &[MessageId],
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::MessageId.is_in(messages.iter().copied()))
        .order_by_asc(Column::Position)
        .all(db)
        .await
}

/// Adds the files of a message.
///
/// # Errors
/// When the database fails.
pub async fn insert(transaction: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(ActiveModel::from);
    Entity::insert_many(rows).exec_without_returning(transaction).await.map(drop)
}

/// Forgets the files of a message.
///
/// # Errors
/// When the database fails.
pub async fn delete(transaction: &impl ConnectionTrait, message: MessageId) -> Result<(), DbErr> {
    let delete = Entity::delete_many().filter(Column::MessageId.eq(message));
    delete.exec(transaction).await.map(drop)
}
