//! The entities that the graph refers to; there are no root query fields.

use async_graphql::{Context, Object};
use kit::ids::{AccountId, NotificationId};

use crate::{
    loaders::Own,
    types::{Account, Notification},
};

pub(crate) struct Query;

#[Object]
impl Query {
    #[graphql(entity)]
    async fn notification_entity(&self, ctx: &Context<'_>, id: NotificationId) -> Option<Notification> {
        kit::entity(ctx, kit::load::<Own, NotificationId>(ctx, id).await).map(Notification)
    }

    #[graphql(entity)]
    async fn account_entity(&self, id: AccountId) -> Account {
        Account { id }
    }
}
