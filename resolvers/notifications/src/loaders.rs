//! One loader for every batch key: each asks once a level.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use entities::notifications::notification;
use kit::{
    Error, FromContext, Result, Viewer,
    ids::{NotificationId, UserId},
};

use crate::service::Service;

/// Names of users, from the module that knows them.
pub(crate) struct Names(Arc<Service>);

/// Notifications of the viewer, by id.
pub(crate) struct Own(Arc<Service>, Option<kit::ids::AccountId>);

impl FromContext for Names {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Arc<Service>>().clone())
    }
}

impl Loader<UserId> for Names {
    type Value = String;
    type Error = Error;

    async fn load(&self, users: &[UserId]) -> Result<HashMap<UserId, String>> {
        let contacts = self.0.people.contacts(users).await?;
        Ok(contacts.into_iter().map(|(user, contact)| (user, contact.display_name)).collect())
    }
}

impl FromContext for Own {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Arc<Service>>().clone(), Viewer::of(ctx).account)
    }
}

impl Loader<NotificationId> for Own {
    type Value = Arc<notification::Model>;
    type Error = Error;

    async fn load(&self, ids: &[NotificationId]) -> Result<HashMap<NotificationId, Self::Value>> {
        let Some(account) = self.1 else { return Ok(HashMap::new()) };
        let rows = notification::by_ids(self.0.db.read(), account, ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, Arc::new(row))).collect())
    }
}
