//! Batch loaders. A key type names what is loaded; one statement answers all
//! keys that differ in nothing but the id.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use entities::{
    ids::{ConversationId, MessageId, UserId},
    messages::{
        attachment, conversation,
        list::{self, List},
        member, message, reaction,
    },
};
use kit::{Database, Error, FromContext, PageArgs, Result, groups};

use crate::service::Service;

/// Loads rows of this module's tables.
pub(crate) struct Rows(Database);

impl FromContext for Rows {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Database>().clone())
    }
}

/// Notes that messages have reached a device of the viewer.
pub(crate) struct Delivery(Arc<Service>);

impl FromContext for Delivery {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Arc<Service>>().clone())
    }
}

/// Who is in a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MembersOf(pub(crate) ConversationId);

/// How many messages of a conversation the viewer has not read.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct UnreadOf {
    pub(crate) viewer: UserId,
    pub(crate) conversation: ConversationId,
}

/// A page of the messages that the viewer sees in a conversation.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct MessagesOf {
    pub(crate) viewer: UserId,
    pub(crate) conversation: ConversationId,
    pub(crate) page: PageArgs<i64>,
}

/// How many messages the viewer sees in a conversation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MessageCountOf {
    pub(crate) viewer: UserId,
    pub(crate) conversation: ConversationId,
}

/// The viewer was given the messages of a conversation up to this one.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Delivered {
    pub(crate) viewer: UserId,
    pub(crate) conversation: ConversationId,
    pub(crate) sequence: i64,
}

/// The reactions to a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ReactionsOf {
    pub(crate) viewer: UserId,
    pub(crate) message: MessageId,
}

/// The files of a message.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct AttachmentsOf(pub(crate) MessageId);

/// A page of a list of conversations.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct ConversationsOf {
    pub(crate) list: List,
    /// The id of what the conversations are about, or the viewer's.
    pub(crate) key: String,
    pub(crate) page: PageArgs<list::Position>,
}

/// How long a list of conversations is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct ConversationCountOf {
    pub(crate) list: List,
    pub(crate) key: String,
}

impl Loader<(UserId, ConversationId)> for Rows {
    type Value = Arc<conversation::Row>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[(UserId, ConversationId)],
    ) -> Result<HashMap<(UserId, ConversationId), Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (viewer, ids) in groups(keys.iter().copied()) {
            let rows = conversation::by_ids(self.0.read(), viewer, &ids).await?;
            found.extend(rows.into_iter().map(|row| ((viewer, row.id), row)));
        }
        Ok(found)
    }
}

impl Loader<(UserId, MessageId)> for Rows {
    type Value = Arc<message::Model>;
    type Error = Error;

    async fn load(
        &self,
        keys: &[(UserId, MessageId)],
    ) -> Result<HashMap<(UserId, MessageId), Self::Value>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (viewer, ids) in groups(keys.iter().copied()) {
            let rows = message::by_ids(self.0.read(), viewer, &ids).await?;
            found.extend(rows.into_iter().map(|row| ((viewer, row.id), row)));
        }
        Ok(found)
    }
}

impl Loader<MembersOf> for Rows {
    type Value = Vec<member::Model>;
    type Error = Error;

    async fn load(&self, keys: &[MembersOf]) -> Result<HashMap<MembersOf, Self::Value>> {
        let ids: Vec<ConversationId> = keys.iter().map(|key| key.0).collect();
        let rows = member::of_conversations(self.0.read(), &ids).await?;
        Ok(groups(rows.into_iter().map(|row| (MembersOf(row.conversation_id), row))))
    }
}

impl Loader<UnreadOf> for Rows {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[UnreadOf]) -> Result<HashMap<UnreadOf, i64>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (viewer, ids) in groups(keys.iter().map(|key| (key.viewer, key.conversation))) {
            let counts = conversation::unread_counts(self.0.read(), viewer, &ids).await?;
            let count = |(conversation, count)| (UnreadOf { viewer, conversation }, count);
            found.extend(counts.into_iter().map(count));
        }
        Ok(found)
    }
}

impl Loader<MessagesOf> for Rows {
    type Value = Vec<Arc<message::Model>>;
    type Error = Error;

    async fn load(&self, keys: &[MessagesOf]) -> Result<HashMap<MessagesOf, Self::Value>> {
        let mut found: HashMap<MessagesOf, Self::Value> = HashMap::with_capacity(keys.len());
        let pages = groups(keys.iter().map(|key| ((key.viewer, key.page.clone()), key.conversation)));
        for ((viewer, page), conversations) in pages {
            for row in message::pages(self.0.read(), viewer, &conversations, page.rows()).await? {
                let conversation = row.conversation_id;
                let key = MessagesOf { viewer, conversation, page: page.clone() };
                found.entry(key).or_default().push(row);
            }
        }
        Ok(found)
    }
}

impl Loader<MessageCountOf> for Rows {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[MessageCountOf]) -> Result<HashMap<MessageCountOf, i64>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (viewer, ids) in groups(keys.iter().map(|key| (key.viewer, key.conversation))) {
            let counts = message::counts(self.0.read(), viewer, &ids).await?;
            let count = |(conversation, count)| (MessageCountOf { viewer, conversation }, count);
            found.extend(counts.into_iter().map(count));
        }
        Ok(found)
    }
}

impl Loader<Delivered> for Delivery {
    type Value = ();
    type Error = Error;

    async fn load(&self, keys: &[Delivered]) -> Result<HashMap<Delivered, ()>> {
        // Two pages of one conversation may be asked at once.
        let mut furthest: HashMap<(ConversationId, UserId), i64> = HashMap::new();
        for key in keys {
            let sequence = furthest.entry((key.conversation, key.viewer)).or_default();
            *sequence = key.sequence.max(*sequence);
        }
        let positions: Vec<_> =
            furthest.into_iter().map(|((id, viewer), sequence)| (id, viewer, sequence)).collect();
        self.0.delivered(&positions).await;
        Ok(HashMap::new())
    }
}

impl Loader<ReactionsOf> for Rows {
    type Value = Vec<reaction::Count>;
    type Error = Error;

    async fn load(&self, keys: &[ReactionsOf]) -> Result<HashMap<ReactionsOf, Self::Value>> {
        let mut found: HashMap<ReactionsOf, Self::Value> = HashMap::with_capacity(keys.len());
        for (viewer, messages) in groups(keys.iter().map(|key| (key.viewer, key.message))) {
            for count in reaction::counts(self.0.read(), viewer, &messages).await? {
                let key = ReactionsOf { viewer, message: count.message_id };
                found.entry(key).or_default().push(count);
            }
        }
        Ok(found)
    }
}

impl Loader<AttachmentsOf> for Rows {
    type Value = Vec<attachment::Model>;
    type Error = Error;

    async fn load(&self, keys: &[AttachmentsOf]) -> Result<HashMap<AttachmentsOf, Self::Value>> {
        let ids: Vec<MessageId> = keys.iter().map(|key| key.0).collect();
        let rows = attachment::of_messages(self.0.read(), &ids).await?;
        Ok(groups(rows.into_iter().map(|row| (AttachmentsOf(row.message_id), row))))
    }
}

impl Loader<ConversationsOf> for Rows {
    type Value = Vec<Arc<conversation::Row>>;
    type Error = Error;

    async fn load(&self, keys: &[ConversationsOf]) -> Result<HashMap<ConversationsOf, Self::Value>> {
        let mut found: HashMap<ConversationsOf, Self::Value> = HashMap::with_capacity(keys.len());
        let pages = groups(keys.iter().map(|key| ((key.list, key.page.clone()), key.key.clone())));
        for ((list, page), keys) in pages {
            for (key, row) in list::pages(self.0.read(), list, &keys, page.rows()).await? {
                let key = ConversationsOf { list, key, page: page.clone() };
                found.entry(key).or_default().push(row);
            }
        }
        Ok(found)
    }
}

impl Loader<ConversationCountOf> for Rows {
    type Value = i64;
    type Error = Error;

    async fn load(&self, keys: &[ConversationCountOf]) -> Result<HashMap<ConversationCountOf, i64>> {
        let mut found = HashMap::with_capacity(keys.len());
        for (list, keys) in groups(keys.iter().map(|key| (key.list, key.key.clone()))) {
            let counts = list::counts(self.0.read(), list, &keys).await?;
            let count = |(key, count)| (ConversationCountOf { list, key }, count);
            found.extend(counts.into_iter().map(count));
        }
        Ok(found)
    }
}
