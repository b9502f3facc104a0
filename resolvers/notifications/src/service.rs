//! What the module's parts share, and the rules of feeds: pages, counts,
//! reading. Knows nothing of GraphQL.

use std::sync::Arc;

use entities::notifications::notification::{self, Model, Position, Which};
use futures_util::FutureExt as _;
use kit::{
    Clock, Database, DateTime, Error, PageArgs, Platform, Result,
    facts::NotificationRead,
    ids::{AccountId, NotificationId},
    ports::{MailedTokens, People},
};
use sea_orm::DatabaseTransaction;
use subscriptions::{EventLog, NewEvent};

use crate::{
    NotificationsOptions,
    mail::{self, Mailer},
    push::{self, PushSender},
    texts::Texts,
    unsubscribe::Links,
};

/// The module's rules and what they need.
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) people: Arc<dyn People>,
    pub(crate) tokens: Arc<dyn MailedTokens>,
    pub(crate) texts: Texts,
    pub(crate) mailer: Arc<dyn Mailer>,
    pub(crate) pusher: Arc<dyn PushSender>,
    pub(crate) links: Links,
    pub(crate) options: NotificationsOptions,
}

impl Service {
    pub(crate) async fn open(platform: &Platform, options: NotificationsOptions) -> Result<Self> {
        Ok(Self {
            db: platform.db.clone(),
            clock: platform.clock.clone(),
            people: platform.ports.get::<dyn People>()?,
            tokens: platform.ports.get::<dyn MailedTokens>()?,
            texts: Texts::new(),
            mailer: mail::mailer(&options)?,
            pusher: push::sender(&options)?,
            links: Links::open(&platform.db, &options.public_url).await?,
            options,
        })
    }

    /// A page of an account's feed and one row more, in walking order.
    pub(crate) async fn page(
        &self,
        account: AccountId,
        unread_only: bool,
        page: &PageArgs<Position>,
    ) -> Result<Vec<Model>> {
        let db = self.db.read();
        let (from, limit) = (page.from, page.limit + 1);
        Ok(notification::page(db, account, unread_only, from, page.backward, limit).await?)
    }

    /// How many notifications an account's feed has, or how many unread ones.
    pub(crate) async fn count(&self, account: AccountId, unread_only: bool) -> Result<i64> {
        let count = notification::count(self.db.read(), account, unread_only).await?;
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    }

    /// The notification, if it stands in the account's feed.
    pub(crate) async fn find(&self, account: AccountId, id: NotificationId) -> Result<Option<Model>> {
        Ok(notification::by_ids(self.db.read(), account, &[id]).await?.pop())
    }

    /// Marks notifications of an account as read; how many were not before.
    pub(crate) async fn mark_read(&self, account: AccountId, which: Which) -> Result<i32> {
        let now = self.clock.now();
        let marked = self.db.transaction(move |transaction| {
            let which = which.clone();
            async move {
                let marked = notification::mark_read(transaction, account, which, now).await?;
                let count = marked.len();
                tell_read(transaction, account, marked, now).await?;
                Ok::<_, Error>(count)
            }
            .boxed()
        });
        Ok(i32::try_from(marked.await?).unwrap_or(i32::MAX))
    }
}

/// Writes that an account has read these.
pub(crate) async fn tell_read(
    transaction: &DatabaseTransaction,
    account_id: AccountId,
    marked: Vec<NotificationId>,
    now: DateTime,
) -> Result<()> {
    let facts = marked
        .into_iter()
        .map(|notification_id| NewEvent::new(&NotificationRead { notification_id, account_id }, now));
    Ok(EventLog::append_all(transaction, facts.collect()).await?)
}
