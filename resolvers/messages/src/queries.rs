//! The root query fields, and the entities that other subgraphs refer to.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use entities::messages::report::Row;
use kit::{
    Connection, PageArgs, Require, SignedIn, Viewer,
    ids::{AccountId, ConversationId, MessageId, ProductId, UserId},
    load,
};

use crate::{
    loaders::Rows,
    service::Service,
    types::{Account, Conversation, Message, MessageReport, Product, User},
};

/// The root query fields of messages.
pub(crate) struct Query;

#[Object]
impl Query {
    /// One conversation, or null when there is none that the viewer is in.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn conversation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The conversation.")] id: ConversationId,
    ) -> Result<Option<Conversation>> {
        let viewer = Viewer::of(ctx).require_user()?;
        Ok(load::<Rows, _>(ctx, (viewer, id)).await?.map(Conversation::from))
    }

    /// Messages that members asked moderators to look at, latest report first.
    #[graphql(guard = "Require(\"messages:moderate\")", requires_scopes = "messages:moderate")]
    async fn message_reports(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Items from the start, at most 100; 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only items behind this cursor; excludes `last`.")] after: Option<String>,
        #[graphql(desc = "Items from the end, at most 100; excludes `first` and `after`.")] last: Option<
            i32,
        >,
        #[graphql(desc = "Only items before this cursor; needs `last`.")] before: Option<String>,
    ) -> Result<Option<Connection<MessageReport>>> {
        let page = PageArgs::new(first, after.as_deref(), last, before.as_deref())?;
        let wants_count = ctx.look_ahead().field("totalCount").exists();
        let service = ctx.data_unchecked::<Arc<Service>>();
        let rows = service.reports(&page).await?;
        let count = if wants_count { Some(service.count_reports().await?) } else { None };
        let reports = Connection::from_rows(&page, rows, Row::position, MessageReport::from);
        Ok(Some(reports.with_total_count(count)))
    }

    #[graphql(entity)]
    async fn conversation_by_id(&self, ctx: &Context<'_>, id: ConversationId) -> Option<Conversation> {
        let viewer = Viewer::of(ctx).user?;
        kit::entity(ctx, load::<Rows, _>(ctx, (viewer, id)).await).map(Conversation::from)
    }

    #[graphql(entity)]
    async fn message_by_id(&self, ctx: &Context<'_>, id: MessageId) -> Option<Message> {
        let viewer = Viewer::of(ctx).user?;
        kit::entity(ctx, load::<Rows, _>(ctx, (viewer, id)).await).map(Message::from)
    }

    #[graphql(entity)]
    async fn user_by_id(&self, id: UserId) -> User {
        User { id }
    }

    #[graphql(entity)]
    async fn product_by_id(&self, id: ProductId) -> Product {
        Product { id }
    }

    #[graphql(entity)]
    async fn account_by_id(&self, id: AccountId) -> Account {
        Account { id }
    }
}
