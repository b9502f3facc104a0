//! A message and what belongs to it.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use entities::messages::{
    attachment,
    message::{Model, State},
    reaction,
};
use kit::{DateTime, Error, Long, Url, ids::MessageId, load, ports::StoredFile};

use super::{Conversation, User, conversation::number, member};
use crate::{
    loaders::{AttachmentsOf, ReactionsOf, Rows},
    service::Service,
};

/// A message.
pub(crate) struct Message {
    row: Arc<Model>,
}

impl From<Arc<Model>> for Message {
    fn from(row: Arc<Model>) -> Self {
        Self { row }
    }
}

/// A file.
pub(crate) struct Attachment(attachment::Model);

/// A reaction with its count.
#[derive(SimpleObject)]
pub(crate) struct ReactionCount {
    /// Emoji.
    emoji: String,
    /// How many reacted so.
    count: i32,
    /// Viewer reacted.
    mine: bool,
}

impl From<reaction::Count> for ReactionCount {
    fn from(row: reaction::Count) -> Self {
        Self { emoji: row.emoji, count: number(row.count), mine: row.is_mine }
    }
}

/// A message.
#[Object(tag = "id/msg", tag = "viewer")]
impl Message {
    /// Global opaque id.
    pub(crate) async fn id(&self) -> MessageId {
        self.row.id
    }

    /// Conversation.
    async fn conversation(&self, ctx: &Context<'_>) -> Result<Conversation> {
        let key = (member(ctx)?, self.row.conversation_id);
        let row = load::<Rows, _>(ctx, key).await?;
        Ok(row.map(Conversation::from).ok_or_else(|| Error::internal("the conversation is gone"))?)
    }

    /// Dense order in the conversation, from 1.
    async fn sequence(&self) -> Long {
        Long(self.row.sequence)
    }

    /// Sender.
    async fn sender(&self) -> Option<User> {
        Some(User { id: self.row.sender_id })
    }

    /// Plain text; empty when deleted or hidden.
    async fn body(&self) -> &str {
        &self.row.body
    }

    /// Files, at most 10; none when deleted or hidden.
    async fn attachments(&self, ctx: &Context<'_>) -> Result<Vec<Attachment>> {
        let rows = load::<Rows, _>(ctx, AttachmentsOf(self.row.id)).await?.unwrap_or_default();
        Ok(rows.into_iter().map(Attachment).collect())
    }

    /// The message that this one answers; null when it answers none, or none
    /// that the viewer may see.
    async fn reply_to(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        let Some(id) = self.row.reply_to_id else {
            return Ok(None);
        };
        Ok(load::<Rows, _>(ctx, (member(ctx)?, id)).await?.map(Message::from))
    }

    /// Reactions, at most 20 different ones, in the order in which they came.
    async fn reactions(&self, ctx: &Context<'_>) -> Result<Vec<ReactionCount>> {
        let key = ReactionsOf { viewer: member(ctx)?, message: self.row.id };
        let rows = load::<Rows, _>(ctx, key).await?.unwrap_or_default();
        Ok(rows.into_iter().map(ReactionCount::from).collect())
    }

    /// State.
    async fn state(&self) -> State {
        self.row.state
    }

    /// The id the sending device chose; null for anybody but the sender.
    async fn client_id(&self, ctx: &Context<'_>) -> Result<Option<&str>> {
        let is_own = member(ctx)? == self.row.sender_id;
        Ok(is_own.then_some(&self.row.client_id))
    }

    /// Sent.
    async fn sent_at(&self) -> DateTime {
        self.row.sent_at
    }

    /// When the text was last changed, null when it never was.
    async fn edited_at(&self) -> Option<DateTime> {
        self.row.edited_at
    }
}

/// A file.
#[Object]
impl Attachment {
    /// Name.
    async fn name(&self) -> &str {
        &self.0.name
    }

    /// Media type.
    async fn media_type(&self) -> &str {
        &self.0.media_type
    }

    /// Size in bytes.
    async fn size(&self) -> Long {
        Long(self.0.size)
    }

    /// Short-lived address of the file, null while the store is away.
    async fn url(&self, ctx: &Context<'_>) -> Option<Url> {
        let row = &self.0;
        let file = StoredFile {
            id: row.upload_id,
            name: row.name.clone(),
            media_type: row.media_type.clone(),
            size: row.size,
        };
        ctx.data_unchecked::<Arc<Service>>().url(&file).await
    }
}
