//! What is erased of the messages module's tables with an account.

use sea_orm::{
    Condition, QueryOrder as _, QuerySelect as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _},
};

use super::{attachment, block, message, reaction, report};
use crate::ids::{ConversationId, MessageId, UserId};

/// Empties a user's messages, at most `limit`, and deletes what belongs to them:
/// in its conversation each leaves its place. Those that could be read before.
/// `None` when there are no more.
///
/// # Errors
/// When the database fails.
pub async fn empty_messages(
    transaction: &impl ConnectionTrait,
    user: UserId,
    limit: u64,
) -> Result<Option<Vec<(MessageId, ConversationId)>>, DbErr> {
    let is_left = Condition::any()
        .add(message::Column::State.eq(message::State::Visible))
        .add(Expr::col(message::Column::ClientId).ne(Expr::col(message::Column::Id)));
    let rows: Vec<(MessageId, ConversationId, message::State)> = message::Entity::find()
        .select_only()
        .columns([message::Column::Id, message::Column::ConversationId, message::Column::State])
        .filter(message::Column::SenderId.eq(user))
        .filter(is_left)
        .order_by_asc(message::Column::Id)
        .limit(limit)
        .into_tuple()
        .all(transaction)
        .await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let ids = || rows.iter().map(|(id, ..)| *id);
    // Hidden messages are empty already, and stay hidden.
    message::Entity::update_many()
        .col_expr(message::Column::Body, String::new().into())
        .col_expr(message::Column::Fingerprint, Expr::value(Option::<String>::None))
        .col_expr(message::Column::ClientId, Expr::col(message::Column::Id))
        .filter(message::Column::Id.is_in(ids()))
        .exec(transaction)
        .await?;
    message::Entity::update_many()
        .col_expr(message::Column::State, Expr::value(message::State::Deleted))
        .filter(message::Column::Id.is_in(ids()))
        .filter(message::Column::State.eq(message::State::Visible))
        .exec(transaction)
        .await?;
    attachment::Entity::delete_many()
        .filter(attachment::Column::MessageId.is_in(ids()))
        .exec(transaction)
        .await?;
    reaction::Entity::delete_many()
        .filter(reaction::Column::MessageId.is_in(ids()))
        .exec(transaction)
        .await?;
    let read = rows.into_iter().filter(|(.., state)| *state == message::State::Visible);
    Ok(Some(read.map(|(id, conversation, _)| (id, conversation)).collect()))
}

/// Deletes a user's reactions and blocks, and the words of their reports.
///
/// # Errors
/// When the database fails.
pub async fn forget(transaction: &impl ConnectionTrait, user: UserId) -> Result<(), DbErr> {
    reaction::Entity::delete_many().filter(reaction::Column::UserId.eq(user)).exec(transaction).await?;
    let theirs =
        Condition::any().add(block::Column::UserId.eq(user)).add(block::Column::BlockedId.eq(user));
    block::Entity::delete_many().filter(theirs).exec(transaction).await?;
    report::Entity::update_many()
        .col_expr(report::Column::Reason, String::new().into())
        .filter(report::Column::ReporterId.eq(user))
        .exec(transaction)
        .await
        .map(drop)
}
