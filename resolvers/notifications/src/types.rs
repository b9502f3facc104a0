//! The GraphQL types of notifications, and the account to which they are added.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, Interface, Object, SimpleObject};
use entities::notifications::notification::{self, Position};
use kit::{
    Connection, DateTime, PageArgs, Result, UserError, Viewer,
    ids::{AccountId, UserId},
};

use crate::{
    channels::Channel,
    kinds,
    loaders::Names,
    preferences::{Preference, Preferences},
    service::Service,
    texts::Text,
};

/// Anything with a global id; fetch it again with node(id).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global opaque id."))]
pub(crate) enum Node {
    Notification(Notification),
}

/// Something that happened, in a resumable stream.
#[derive(Interface)]
#[graphql(
    field(name = "at", ty = "&DateTime", desc = "When it happened."),
    field(name = "cursor", ty = "&String", desc = "Position; pass as `after` to resume without gaps.")
)]
pub(crate) enum StreamEvent {
    Notification(NotificationEvent),
}

#[derive(Clone)]
pub(crate) struct Notification(pub(crate) Arc<notification::Model>);

/// A notification for one account; only its owner sees it.
#[Object(tag = "id/ntf", tag = "viewer")]
impl Notification {
    /// Global id.
    async fn id(&self) -> ID {
        self.0.id.to_string().into()
    }

    /// What it is about, such as `message.received`. Kinds are added over time:
    /// show those you don't know by title and body.
    async fn kind(&self) -> &str {
        &self.0.kind
    }

    /// Title, one line of plain text in the account's language. Never contains
    /// the text of a message.
    async fn title(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.text(ctx).await?.title)
    }

    /// Text, plain and in the account's language. Never contains the text of a
    /// message.
    async fn body(&self, ctx: &Context<'_>) -> Result<String> {
        Ok(self.text(ctx).await?.body)
    }

    /// The global id of what it is about, to be asked of `node(id)`: a
    /// conversation, a review, a session. Null when there is nothing to show.
    async fn target_id(&self) -> Option<ID> {
        self.0.target_id.clone().map(ID)
    }

    /// How many things it stands for since it was last read: the unread
    /// messages of one conversation are one notification.
    async fn count(&self) -> i32 {
        self.0.count
    }

    /// Read, null while it is unread.
    async fn read_at(&self) -> Option<DateTime> {
        self.0.read_at
    }

    /// Created; of one that stands for several things, when the latest happened.
    async fn created_at(&self) -> DateTime {
        self.0.at
    }
}

impl Notification {
    async fn text(&self, ctx: &Context<'_>) -> Result<Text> {
        let actor = match self.0.actor_id {
            Some(actor) => kit::load::<Names, UserId>(ctx, actor).await?,
            None => None,
        };
        let service = ctx.data_unchecked::<Arc<Service>>();
        match kinds::find(&self.0.kind) {
            Some(kind) => service.texts.of(kind, &self.0, actor.as_deref()),
            // Written by a later version of us.
            None => Ok(Text { title: self.0.kind.clone(), body: String::new() }),
        }
    }
}

/// A new or read notification.
#[derive(SimpleObject)]
pub(crate) struct NotificationEvent {
    /// When it happened.
    pub(crate) at: DateTime,
    /// Position; pass as `after` to resume without gaps.
    pub(crate) cursor: String,
    /// Notification as of now.
    pub(crate) notification: Notification,
    /// Exact count of unread notifications as of now.
    pub(crate) unread_count: i32,
}

/// Where a kind of notifications is delivered.
#[derive(SimpleObject)]
pub(crate) struct NotificationPreference {
    /// A kind such as `message.received`, a group such as `message.*`, or `*`.
    kind: String,
    /// Channels; none means nowhere.
    channels: Vec<Channel>,
    /// Nothing was set that names this kind.
    is_default: bool,
}

/// Preferences after a change.
#[derive(SimpleObject)]
pub(crate) struct NotificationPreferencePayload {
    /// All preferences, null when the change failed.
    pub(crate) preferences: Option<Vec<NotificationPreference>>,
    /// Expected failures; nothing changed when there are any.
    pub(crate) user_errors: Vec<UserError>,
}

/// A push device after a change.
#[derive(SimpleObject)]
pub(crate) struct PushDevicePayload {
    /// Whether the device takes this account's notifications now.
    pub(crate) registered: bool,
    /// Expected failures; nothing changed when there are any.
    pub(crate) user_errors: Vec<UserError>,
}

impl From<Preferences> for Vec<NotificationPreference> {
    fn from(preferences: Preferences) -> Self {
        let shown = |preference: Preference| NotificationPreference {
            kind: preference.pattern,
            channels: preference.channels.to_vec(),
            is_default: preference.is_default,
        };
        preferences.list().into_iter().map(shown).collect()
    }
}

// The private side of a user; what it is told is its own business, not even
// staff's.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Account {
    /// Global opaque id.
    pub(crate) id: AccountId,
}

#[ComplexObject]
impl Account {
    /// Notifications, newest first; null for anybody but the owner.
    async fn notifications(
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
        #[graphql(desc = "Only those that are not read.", default)] unread_only: bool,
    ) -> Result<Option<Connection<Notification>>> {
        let page = PageArgs::<Position>::new(first, after.as_deref(), last, before.as_deref())?;
        if !self.is_viewers(ctx) {
            return Ok(None);
        }
        // There is one owner, so there is nothing to batch.
        let service = ctx.data_unchecked::<Arc<Service>>();
        let rows = service.page(self.id, unread_only, &page).await?;
        let total_count = match ctx.look_ahead().field("totalCount").exists() {
            true => Some(service.count(self.id, unread_only).await?),
            false => None,
        };
        let key = |row: &notification::Model| (row.at, row.id);
        let list = Connection::from_rows(&page, rows, key, |row| Notification(Arc::new(row)));
        Ok(Some(list.with_total_count(total_count)))
    }

    /// Exact count of unread notifications; null for anybody but the owner.
    async fn unread_notification_count(&self, ctx: &Context<'_>) -> Result<Option<i32>> {
        if !self.is_viewers(ctx) {
            return Ok(None);
        }
        let count = ctx.data_unchecked::<Arc<Service>>().count(self.id, true).await?;
        Ok(Some(i32::try_from(count).unwrap_or(i32::MAX)))
    }

    /// Where notifications are delivered: groups that were set, then every kind;
    /// null for anybody but the owner.
    async fn notification_preferences(
        &self,
        ctx: &Context<'_>,
    ) -> Result<Option<Vec<NotificationPreference>>> {
        if !self.is_viewers(ctx) {
            return Ok(None);
        }
        let preferences = ctx.data_unchecked::<Arc<Service>>().preferences(self.id).await?;
        Ok(Some(preferences.into()))
    }
}

impl Account {
    fn is_viewers(&self, ctx: &Context<'_>) -> bool {
        Viewer::of(ctx).account == Some(self.id)
    }
}
