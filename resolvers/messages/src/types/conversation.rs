//! A conversation, its members and lists of conversations.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject, Union};
use entities::messages::{
    conversation::Row,
    list::{List, Position},
    member,
};
use kit::{
    Connection, DateTime, Long, PageArgs,
    ids::{ConversationId, ProductId},
    load,
};

use super::{Message, Product, User, is_count_wanted, member};
use crate::loaders::{
    ConversationCountOf, ConversationsOf, Delivered, Delivery, MembersOf, MessageCountOf, MessagesOf,
    Rows, UnreadOf,
};

/// Messages that a page has when the client names no number.
const DEFAULT_MESSAGES: i32 = 30;

/// A conversation between members, possibly about a product.
pub(crate) struct Conversation {
    row: Arc<Row>,
}

impl From<Arc<Row>> for Conversation {
    fn from(row: Arc<Row>) -> Self {
        Self { row }
    }
}

/// What a conversation is about.
#[derive(Union)]
pub(crate) enum ConversationSubject {
    Product(Product),
}

/// A member and how far they read.
#[derive(SimpleObject)]
pub(crate) struct ConversationMember {
    /// Who.
    user: Option<User>,
    /// Sequence of the last message they read; 0 before the first.
    read_sequence: Long,
    /// Sequence of the last message that reached a device of theirs, by a
    /// subscription or a page of messages; never below readSequence.
    delivered_sequence: Long,
    /// When they left, null while they are in it.
    left_at: Option<DateTime>,
}

impl From<&member::Model> for ConversationMember {
    fn from(row: &member::Model) -> Self {
        Self {
            user: Some(User { id: row.user_id }),
            read_sequence: Long(row.read_sequence),
            delivered_sequence: Long(row.delivered_sequence),
            left_at: row.left_at,
        }
    }
}

/// A conversation between members, possibly about a product.
#[Object(tag = "id/conv", tag = "viewer")]
impl Conversation {
    /// Global opaque id.
    pub(crate) async fn id(&self) -> ConversationId {
        self.row.id
    }

    /// Title of a group, null when it has none.
    async fn title(&self) -> Option<&str> {
        self.row.title.as_deref()
    }

    /// What it is about; null when it is about nothing, or nothing that the
    /// viewer may see now.
    async fn subject(&self) -> Option<ConversationSubject> {
        let id: ProductId = self.row.subject_id.as_ref()?.parse().ok()?;
        Some(ConversationSubject::Product(Product { id }))
    }

    /// Members with their read position, at most 50.
    async fn members(&self, ctx: &Context<'_>) -> Result<Vec<ConversationMember>> {
        let rows = load::<Rows, _>(ctx, MembersOf(self.row.id)).await?.unwrap_or_default();
        Ok(rows.iter().map(ConversationMember::from).collect())
    }

    /// Newest first; sequence is dense and strictly increasing.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Items from the start, at most 100; 30 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor; excludes `last`.")] after: Option<String>,
        #[graphql(desc = "Items from the end, at most 100; excludes `first` and `after`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only items before this cursor; needs `last`.")] before: Option<String>,
    ) -> Result<Connection<Message>> {
        let (viewer, conversation) = (member(ctx)?, self.row.id);
        let first = first.or(last.is_none().then_some(DEFAULT_MESSAGES));
        let page = PageArgs::new(first, after.as_deref(), last, before.as_deref())?;
        let key = MessagesOf { viewer, conversation, page: page.clone() };
        let rows = load::<Rows, _>(ctx, key).await?.unwrap_or_default();
        let shown = rows.iter().take(usize::try_from(page.limit).unwrap_or(usize::MAX));
        let newest = shown.map(|row| row.sequence).max().unwrap_or_default();
        if newest > self.row.delivered_sequence {
            let delivered = Delivered { viewer, conversation, sequence: newest };
            load::<Delivery, _>(ctx, delivered).await?;
        }
        let count = match is_count_wanted(ctx) {
            true => {
                let key = MessageCountOf { viewer, conversation };
                Some(load::<Rows, _>(ctx, key).await?.unwrap_or(0))
            }
            false => None,
        };
        let connection = Connection::from_rows(&page, rows, |row| row.sequence, Message::from);
        Ok(connection.with_total_count(count))
    }

    /// Last message that the viewer may see, null when there is none.
    async fn last_message(&self, ctx: &Context<'_>) -> Result<Option<Message>> {
        // One row is asked for and one more is read, so none is asked for.
        let page = PageArgs { limit: 0, from: None, backward: false };
        let key = MessagesOf { viewer: member(ctx)?, conversation: self.row.id, page };
        let rows = load::<Rows, _>(ctx, key).await?.unwrap_or_default();
        Ok(rows.into_iter().next().map(Message::from))
    }

    /// The viewer's exact unread count: messages behind the read position that
    /// the viewer may see, without their own.
    async fn unread_count(&self, ctx: &Context<'_>) -> Result<i32> {
        let key = UnreadOf { viewer: member(ctx)?, conversation: self.row.id };
        Ok(number(load::<Rows, _>(ctx, key).await?.unwrap_or(0)))
    }

    /// The viewer muted it: no notifications, and not in the badge.
    async fn is_muted(&self) -> bool {
        self.row.is_muted
    }

    /// When its newest message was sent, or else when it was opened.
    async fn updated_at(&self) -> DateTime {
        self.row.updated_at
    }
}

/// A count as a client reads it.
pub(super) fn number(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

/// A page of a list of conversations, together with all other such lists.
pub(super) async fn page(
    ctx: &Context<'_>,
    list: List,
    key: String,
    page: PageArgs<Position>,
) -> Result<Connection<Conversation>> {
    let rows = ConversationsOf { list, key: key.clone(), page: page.clone() };
    let rows = load::<Rows, _>(ctx, rows).await?.unwrap_or_default();
    let count = match is_count_wanted(ctx) {
        true => {
            let count = load::<Rows, _>(ctx, ConversationCountOf { list, key }).await?;
            Some(count.unwrap_or(0))
        }
        false => None,
    };
    let connection = Connection::from_rows(&page, rows, |row| row.position(), Conversation::from);
    Ok(connection.with_total_count(count))
}
