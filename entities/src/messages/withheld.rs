//! `withheld_messages`: messages that a block kept from a member when they were
//! sent. It is decided once: lifting the block brings nothing back.

use sea_orm::{entity::prelude::*, sea_query::OnConflict};

use crate::ids::{ConversationId, UserId};

/// A message that somebody does not get.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "withheld_messages")]
pub struct Model {
    /// Where.
    #[sea_orm(primary_key, auto_increment = false)]
    pub conversation_id: ConversationId,
    /// From whom.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// The message's number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub sequence: i64,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Keeps a message from these; some may be spared it already.
///
/// # Errors
/// When the database fails.
pub async fn insert(transaction: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(ActiveModel::from);
    let unless_withheld = OnConflict::new().do_nothing().to_owned();
    Entity::insert_many(rows)
        .on_conflict(unless_withheld)
        .exec_without_returning(transaction)
        .await
        .map(drop)
}
