//! Stubs of other modules' entities, to which messages add fields. They carry
//! no `///` of their own, which would be published.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use entities::messages::list::List;
use kit::{
    Connection, Database, Error, PageArgs, Viewer,
    ids::{AccountId, ProductId, UserId},
};

use super::{
    BlockConnection, Conversation,
    conversation::{self, number},
};

// A person.
#[derive(SimpleObject)]
pub(crate) struct User {
    /// Global opaque id.
    pub(crate) id: UserId,
}

// Something for sale, which people ask about.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Product {
    /// Global opaque id.
    pub(crate) id: ProductId,
}

#[ComplexObject]
impl Product {
    /// Ask-the-seller conversations the viewer is in, latest first; null for a
    /// guest.
    #[graphql(tag = "viewer")]
    async fn conversations(
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
    ) -> Result<Option<Connection<Conversation>>> {
        let page = PageArgs::new(first, after.as_deref(), last, before.as_deref())?;
        let Some(viewer) = Viewer::of(ctx).user else {
            return Ok(None);
        };
        let list = List { viewer, is_about: true, is_unread: false };
        Ok(Some(conversation::page(ctx, list, self.id.to_string(), page).await?))
    }
}

// An account; its conversations are its owner's business alone.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Account {
    /// Global opaque id.
    pub(crate) id: AccountId,
}

impl Account {
    /// The viewer, when the account is theirs.
    fn owner(&self, ctx: &Context<'_>) -> Option<UserId> {
        let viewer = Viewer::of(ctx);
        viewer.user.filter(|_| viewer.account == Some(self.id))
    }
}

#[ComplexObject]
impl Account {
    /// Conversations, latest first; null for anybody but the owner.
    async fn conversations(
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
        #[graphql(desc = "Only those with unread messages.", default_with = "Some(false)")]
        unread_only: Option<bool>,
    ) -> Result<Option<Connection<Conversation>>> {
        let page = PageArgs::new(first, after.as_deref(), last, before.as_deref())?;
        let Some(viewer) = self.owner(ctx) else {
            return Ok(None);
        };
        let list = List { viewer, is_about: false, is_unread: unread_only == Some(true) };
        Ok(Some(conversation::page(ctx, list, viewer.to_string(), page).await?))
    }

    /// Unread messages in all conversations that are not muted: the badge. Null
    /// for anybody but the owner.
    async fn unread_message_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        let Some(viewer) = self.owner(ctx) else {
            return Ok(None);
        };
        let db = ctx.data_unchecked::<Database>().read();
        let count = entities::messages::conversation::unread_total(db, viewer).await;
        Ok(Some(number(count.map_err(Error::from)?)))
    }

    /// Blocked users, newest first; null for anybody but the owner.
    async fn blocked_users(
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
    ) -> Result<Option<BlockConnection>> {
        let page = PageArgs::new(first, after.as_deref(), last, before.as_deref())?;
        let Some(viewer) = self.owner(ctx) else {
            return Ok(None);
        };
        Ok(Some(BlockConnection::read(ctx, viewer, &page).await?))
    }
}
