//! What messages tell. The subject is the conversation, so that each
//! conversation's facts keep their order.

use entities::{
    ids::{ConversationId, MessageId, UserId},
    time::DateTime,
};
use serde::{Deserialize, Serialize};
use subscriptions::Fact;

/// A conversation was opened, or its members changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversationOpened {
    /// Which.
    pub conversation_id: ConversationId,
    /// Everybody in it.
    pub members: Vec<UserId>,
}

/// A message was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageSent {
    /// Which.
    pub message_id: MessageId,
    /// Where.
    pub conversation_id: ConversationId,
    /// Its number in the conversation.
    pub sequence: i64,
    /// By whom.
    pub sender_id: UserId,
    /// Who should be told: members but the sender, who have not muted the
    /// conversation, with no block between them and the sender.
    pub recipients: Vec<UserId>,
}

/// What changed about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum MessageChange {
    /// Its text.
    Edited,
    /// Its sender deleted it.
    Deleted,
    /// A moderator hid it.
    Hidden,
    /// Somebody reacted, or no longer does.
    Reacted,
}

/// A message was edited, deleted, hidden or reacted to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageChanged {
    /// Which.
    pub message_id: MessageId,
    /// Where.
    pub conversation_id: ConversationId,
    /// What about it.
    pub change: MessageChange,
}

/// A member read further.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversationRead {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who.
    pub user_id: UserId,
    /// The last message they have read.
    pub sequence: i64,
}

/// A member types: passes by, is never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConversationTyping {
    /// Where.
    pub conversation_id: ConversationId,
    /// Who.
    pub user_id: UserId,
    /// When to forget it.
    pub until: DateTime,
}

/// A member asks moderators to look at a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MessageReported {
    /// Which.
    pub message_id: MessageId,
    /// Where.
    pub conversation_id: ConversationId,
    /// By whom.
    pub reporter_id: UserId,
}

/// Somebody blocked somebody, or no longer does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserBlocked {
    /// Who.
    pub user_id: UserId,
    /// Whom.
    pub blocked_id: UserId,
    /// False when the block was lifted.
    pub is_blocked: bool,
}

/// Facts whose subject is the conversation they happened in.
macro_rules! in_conversation {
    ($($fact:ty => $kind:literal),* $(,)?) => {$(
        impl Fact for $fact {
            const KIND: &'static str = $kind;

            fn subject(&self) -> String {
                self.conversation_id.to_string()
            }
        }
    )*};
}

in_conversation! {
    ConversationOpened => "conversation.opened",
    MessageSent => "message.sent",
    MessageChanged => "message.changed",
    ConversationRead => "conversation.read",
    ConversationTyping => "conversation.typing",
    MessageReported => "message.reported",
}

impl Fact for UserBlocked {
    const KIND: &'static str = "user.blocked";

    fn subject(&self) -> String {
        self.user_id.to_string()
    }
}
