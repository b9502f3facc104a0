//! The rules of messages. Knows nothing of GraphQL.
//!
//! **Blocks.** A block between two people works both ways. In a conversation
//! between the two nothing new is said: no message, edit, reaction or typing. In
//! a larger one a message is *withheld* from whoever has a block with its sender
//! when it is sent: it is in none of their lists, counts, streams and
//! notifications, then and later. What was said before stays until it is edited:
//! a new text is withheld like a new message. While the block stands, no stream
//! tells one of the two what the other writes, reads or types.

mod blocks;
mod changes;
mod deliveries;
mod emoji;
mod erasure;
mod events;
mod files;
mod open;
mod positions;
mod reactions;
mod reports;
mod send;
mod typing;

use std::sync::Arc;

use ::subscriptions::{EventLog, Fact, NewEvent};
use entities::{
    ids::{ConversationId, MessageId, UserId},
    messages::{block, conversation, message},
};
use kit::{
    Clock, Database, DateTime, Platform, Result, UserError, UserErrorCode,
    ports::{People, Ports},
    refuse,
};
use sea_orm::ConnectionTrait;
use tokio_util::sync::CancellationToken;

use self::{deliveries::Deliveries, typing::Typists};
pub(crate) use self::{
    events::{Happened, Watcher, What},
    files::ReleaseFiles,
    open::{Opening, unique_key},
    send::Draft,
};

/// Hides messages and reads reports.
pub(crate) const MODERATE: &str = "messages:moderate";

/// What the rules need.
pub(crate) struct Service {
    db: Database,
    clock: Arc<dyn Clock>,
    events: EventLog,
    people: Arc<dyn People>,
    /// Products and files are asked when they are needed: this module works
    /// without them.
    ports: Ports,
    typists: Typists,
    deliveries: Deliveries,
}

impl Service {
    pub(crate) fn new(platform: &Platform) -> Result<Self> {
        Ok(Self {
            db: platform.db.clone(),
            clock: platform.clock.clone(),
            events: platform.events.clone(),
            people: platform.ports.get::<dyn People>()?,
            ports: platform.ports.clone(),
            typists: Typists::default(),
            deliveries: Deliveries::default(),
        })
    }

    /// Writes until `stop` how far streams brought messages to members.
    pub(crate) async fn write_deliveries(self: Arc<Self>, stop: CancellationToken) {
        self.deliveries.write_until(&self.db, stop).await;
    }

    /// The conversation, if the viewer is in it.
    pub(crate) async fn conversation(
        &self,
        viewer: UserId,
        id: ConversationId,
    ) -> Result<Option<Arc<conversation::Row>>> {
        Ok(conversation::by_ids(self.db.read(), viewer, &[id]).await?.pop())
    }
}

/// Writes a fact in the transaction that makes it true.
async fn tell<F: Fact>(transaction: &impl ConnectionTrait, fact: &F, now: DateTime) -> Result<()> {
    Ok(EventLog::append(transaction, NewEvent::new(fact, now)).await?)
}

/// Ends a change because of a block.
fn blocked(field: &str) -> UserError {
    UserError::new(UserErrorCode::Blocked, field, "one of the two blocked the other")
}

/// Locks a message that the viewer sees, and its conversation before it: no
/// message is sent, no block begins and nothing else changes it meanwhile.
/// Ends the change when there is none, or when a block ended the conversation.
async fn lock_open(
    transaction: &impl ConnectionTrait,
    viewer: UserId,
    id: MessageId,
) -> Result<Arc<message::Model>> {
    let not_found = || refuse(UserError::not_found("id", "message"));
    let place = message::place(transaction, id).await?.ok_or_else(not_found)?;
    let seen = conversation::lock(transaction, viewer, place).await?.ok_or_else(not_found)?;
    let message = message::lock(transaction, id).await?.ok_or_else(not_found)?;
    if message::by_ids(transaction, viewer, &[id]).await?.is_empty() {
        return Err(not_found());
    }
    if seen.is_direct && is_blocked(transaction, viewer, seen.id).await? {
        return Err(refuse(blocked("id")));
    }
    Ok(message)
}

/// Whether a block is between the viewer and somebody else in a conversation.
async fn is_blocked(
    db: &impl ConnectionTrait,
    viewer: UserId,
    conversation: ConversationId,
) -> Result<bool> {
    let hearers = entities::messages::member::hearers(db, conversation, viewer).await?;
    Ok(hearers.iter().any(|hearer| hearer.is_blocked))
}

/// Whether a block is between two people.
async fn is_between(db: &impl ConnectionTrait, one: UserId, other: UserId) -> Result<bool> {
    Ok(one != other && block::exists(db, one, &[other]).await?)
}
