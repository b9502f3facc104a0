//! What a watcher of conversations is told.

use ::subscriptions::Event;
use async_graphql::{SimpleObject, Union};
use kit::{DateTime, Long};

use super::{Conversation, Message, User};
use crate::service::{Happened, What};

/// An event in a conversation.
#[derive(SimpleObject)]
pub(crate) struct ConversationEvent {
    /// When it happened.
    pub(crate) at: DateTime,
    /// Position; pass as `after` to resume without gaps.
    pub(crate) cursor: String,
    /// Conversation as of now.
    conversation: Conversation,
    /// What happened.
    kind: ConversationEventKind,
}

/// Anything in one's conversations.
#[derive(Union)]
pub(crate) enum ConversationEventKind {
    Sent(MessageSent),
    Changed(MessageChanged),
    Read(ReadAdvanced),
    Typing(TypingStarted),
}

/// A new message.
#[derive(SimpleObject)]
pub(crate) struct MessageSent {
    /// Message as of now.
    message: Message,
}

/// An edit, deletion or reaction.
#[derive(SimpleObject)]
pub(crate) struct MessageChanged {
    /// Message as of now.
    message: Message,
}

/// Someone read further.
#[derive(SimpleObject)]
pub(crate) struct ReadAdvanced {
    /// Who.
    user: Option<User>,
    /// Sequence of the last message they have read, as of now.
    sequence: Long,
}

/// Someone types (never stored or replayed).
#[derive(SimpleObject)]
pub(crate) struct TypingStarted {
    /// Who.
    user: Option<User>,
    /// When to stop showing it, unless it comes again.
    until: DateTime,
}

impl ConversationEvent {
    /// What happened at this event.
    pub(crate) fn new(event: &Event, happened: Happened) -> Self {
        let kind = match happened.what {
            What::Sent(message) => ConversationEventKind::Sent(MessageSent { message: message.into() }),
            What::Changed(message) => {
                ConversationEventKind::Changed(MessageChanged { message: message.into() })
            }
            What::Read { user, sequence } => ConversationEventKind::Read(ReadAdvanced {
                user: Some(User { id: user }),
                sequence: Long(sequence),
            }),
            What::Typing { user, until } => {
                ConversationEventKind::Typing(TypingStarted { user: Some(User { id: user }), until })
            }
        };
        Self {
            at: event.at,
            cursor: event.position.to_string(),
            conversation: happened.conversation.into(),
            kind,
        }
    }
}
