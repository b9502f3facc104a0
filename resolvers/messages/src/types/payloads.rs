//! What clients send and mutations answer.

use async_graphql::{Context, InputObject, SimpleObject};
use kit::{
    Outcome, Result, UserError,
    ids::{ConversationId, MessageId, UploadId},
    load,
};

use super::{Conversation, Message, member};
use crate::{loaders::Rows, service::Draft};

/// A message to send; clientId makes a resend harmless.
#[derive(InputObject)]
pub(crate) struct MessageSendInput {
    /// Conversation.
    conversation_id: ConversationId,
    /// Plain text, up to 10,000 characters; may be empty when there are files.
    body: String,
    /// Chosen by the device, 1 to 100 characters, unique a sender. Sent again
    /// with the same input, the message is sent once and answered as it is now.
    client_id: String,
    /// Uploaded files, at most 10.
    upload_ids: Option<Vec<UploadId>>,
    /// The message of the same conversation that this one answers.
    reply_to_id: Option<MessageId>,
}

impl From<MessageSendInput> for Draft {
    fn from(input: MessageSendInput) -> Self {
        Self {
            conversation: input.conversation_id,
            body: input.body,
            client_id: input.client_id,
            uploads: input.upload_ids.unwrap_or_default(),
            reply_to: input.reply_to_id,
        }
    }
}

/// Message after a change.
#[derive(SimpleObject)]
pub(crate) struct MessagePayload {
    /// Message; null when the change failed, and for a moderator who is not in
    /// the conversation.
    message: Option<Message>,
    /// Expected failures; nothing changed when there are any.
    user_errors: Vec<UserError>,
}

/// Conversation after a change.
#[derive(SimpleObject)]
pub(crate) struct ConversationPayload {
    /// Conversation, null when the change failed.
    conversation: Option<Conversation>,
    /// Expected failures; nothing changed when there are any.
    user_errors: Vec<UserError>,
}

impl MessagePayload {
    /// The message as of now, or why it did not change.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) async fn of(ctx: &Context<'_>, outcome: Outcome<MessageId>) -> Result<Self> {
        let id = match outcome {
            Ok(id) => id,
            Err(user_errors) => return Ok(Self { message: None, user_errors }),
        };
        let row = load::<Rows, _>(ctx, (member(ctx)?, id)).await?;
        Ok(Self { message: row.map(Message::from), user_errors: Vec::new() })
    }
}

impl ConversationPayload {
    /// The conversation as of now, or why it did not change.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) async fn of(ctx: &Context<'_>, outcome: Outcome<ConversationId>) -> Result<Self> {
        let id = match outcome {
            Ok(id) => id,
            Err(user_errors) => return Ok(Self { conversation: None, user_errors }),
        };
        let row = load::<Rows, _>(ctx, (member(ctx)?, id)).await?;
        Ok(Self { conversation: row.map(Conversation::from), user_errors: Vec::new() })
    }
}
