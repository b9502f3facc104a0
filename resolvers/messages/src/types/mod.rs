//! GraphQL types of messages, and the stubs of other modules' entities to which
//! messages add fields.

mod blocks;
mod conversation;
mod events;
mod message;
mod payloads;
mod reports;
mod stubs;

use async_graphql::{Context, ID, Interface};
use kit::{Result, Viewer, ids::UserId};

pub(crate) use self::{
    blocks::BlockConnection,
    conversation::Conversation,
    events::ConversationEvent,
    message::Message,
    payloads::{ConversationPayload, MessagePayload, MessageSendInput},
    reports::MessageReport,
    stubs::{Account, Product, User},
};

/// Anything with a global id; fetch it again with node(id).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global opaque id."))]
pub(crate) enum Node {
    Conversation(Conversation),
    Message(Message),
}

/// Something that happened, in a resumable stream.
#[derive(Interface)]
#[graphql(
    field(name = "at", ty = "&kit::DateTime", desc = "When it happened."),
    field(name = "cursor", ty = "&String", desc = "Position; pass as `after` to resume without gaps.")
)]
pub(crate) enum StreamEvent {
    Conversation(ConversationEvent),
}

/// As which member the viewer looks. Whoever holds a conversation or a message
/// is one.
fn member(ctx: &Context<'_>) -> Result<UserId> {
    Viewer::of(ctx).require_user()
}

/// Whether the client selected `totalCount`; it costs a statement.
fn is_count_wanted(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("totalCount").exists()
}
