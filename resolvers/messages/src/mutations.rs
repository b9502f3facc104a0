//! The root mutation fields: guard, call the service, map.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};
use kit::{
    Long, SignedIn, Viewer,
    ids::{ConversationId, MessageId, UserId},
};

use crate::{
    service::{Opening, Service},
    types::{ConversationPayload, MessagePayload, MessageSendInput},
};

// The root mutation fields of messages; `///` would describe everybody's.
pub(crate) struct Mutation;

fn service<'a>(ctx: &Context<'a>) -> &'a Service {
    ctx.data_unchecked::<Arc<Service>>()
}

#[Object]
impl Mutation {
    /// Open (or find) a conversation with members about a subject. Two people
    /// have one conversation about nothing, and who asks has one about a subject
    /// with the same members; a group is a new one each time.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn conversation_open(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The others, at most 49; may be empty when there is a subject, whose seller is \
                    always a member."
        )]
        member_ids: Vec<UserId>,
        #[graphql(desc = "What it is about: a product.")] subject_id: Option<ID>,
        #[graphql(desc = "Title of a group about nothing in particular, 1 to 100 characters.")]
        title: Option<String>,
    ) -> Result<Option<ConversationPayload>> {
        let subject = subject_id.map(|id| id.0);
        let opening = Opening { members: member_ids, subject, title };
        let outcome = service(ctx).open_conversation(Viewer::of(ctx), opening).await?;
        Ok(Some(ConversationPayload::of(ctx, outcome).await?))
    }

    /// Send.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn message_send(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to send.")] input: MessageSendInput,
    ) -> Result<Option<MessagePayload>> {
        let outcome = service(ctx).send_message(Viewer::of(ctx), input.into()).await?;
        Ok(Some(MessagePayload::of(ctx, outcome).await?))
    }

    /// Edit own message.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn message_edit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] id: MessageId,
        #[graphql(desc = "The new text, 1 to 10,000 characters.")] body: String,
    ) -> Result<Option<MessagePayload>> {
        let outcome = service(ctx).edit_message(Viewer::of(ctx), id, &body).await?;
        Ok(Some(MessagePayload::of(ctx, outcome).await?))
    }

    /// Delete own message, or hide as moderator. Its text, files and reactions
    /// are gone for good; its place in the conversation stays.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn message_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] id: MessageId,
    ) -> Result<Option<MessagePayload>> {
        let outcome = service(ctx).delete_message(Viewer::of(ctx), id).await?;
        Ok(Some(MessagePayload::of(ctx, outcome).await?))
    }

    /// Add or remove a reaction; doing it again changes nothing.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn message_react(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] id: MessageId,
        #[graphql(desc = "One emoji.")] emoji: String,
        #[graphql(desc = "Whether the reaction is to be there.")] on: bool,
    ) -> Result<Option<MessagePayload>> {
        let outcome = service(ctx).react(Viewer::of(ctx), id, &emoji, on).await?;
        Ok(Some(MessagePayload::of(ctx, outcome).await?))
    }

    /// Mark read up to a sequence; never moves back.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn conversation_mark_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation.")] id: ConversationId,
        #[graphql(
            desc = "Sequence of the last message that was read; one beyond the newest means that."
        )]
        sequence: Long,
    ) -> Result<Option<ConversationPayload>> {
        let outcome = service(ctx).mark_read(Viewer::of(ctx), id, sequence.0).await?;
        Ok(Some(ConversationPayload::of(ctx, outcome).await?))
    }

    /// Tell others the viewer types; expires in 5 s, send it again every few
    /// seconds. False when nobody may be told: there is no such conversation, or
    /// one of the two blocked the other.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn conversation_typing(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation.")] id: ConversationId,
    ) -> Result<Option<bool>> {
        Ok(Some(service(ctx).typing(Viewer::of(ctx), id).await?))
    }

    /// Mute or unmute.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn conversation_mute(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation.")] id: ConversationId,
        #[graphql(desc = "Whether it is to be muted.")] muted: bool,
    ) -> Result<Option<ConversationPayload>> {
        let outcome = service(ctx).mute(Viewer::of(ctx), id, muted).await?;
        Ok(Some(ConversationPayload::of(ctx, outcome).await?))
    }

    /// Block or unblock a user; both ways no new messages. Between the two
    /// nothing can be sent; in larger conversations each is spared what the other
    /// sends while the block stands, then and later. True when it is so now,
    /// false when there is no such user.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn user_block(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whom.")] user_id: UserId,
        #[graphql(desc = "Whether the user is to be blocked.")] blocked: bool,
    ) -> Result<Option<bool>> {
        Ok(Some(service(ctx).set_blocked(Viewer::of(ctx), user_id, blocked).await?))
    }

    /// Report a message to the moderators; one report a message and member. True
    /// when it is reported, false when there is no such message.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn message_report(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The message.")] id: MessageId,
        #[graphql(desc = "Why, 1 to 1,000 characters.")] reason: String,
    ) -> Result<Option<bool>> {
        Ok(Some(service(ctx).report(Viewer::of(ctx), id, &reason).await?))
    }
}
