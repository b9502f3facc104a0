//! The stream of what happens in conversations.

use std::sync::Arc;

use ::subscriptions::Following;
use async_graphql::{Context, Result, Subscription};
use futures_util::Stream;
use kit::{Error, SignedIn, Viewer, follow, ids::ConversationId};

use crate::{
    service::{Service, Watcher},
    types::ConversationEvent,
};

/// The root subscription fields of messages.
pub(crate) struct Subscription;

#[Subscription]
impl Subscription {
    /// One conversation, or all of the viewer's, also those opened later.
    /// Whether the viewer is in the conversation, and no block is between them
    /// and who did it, is looked up for every event.
    #[graphql(guard = "SignedIn", directive = kit::authenticated::apply())]
    async fn conversation_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only this conversation; all of the viewer's when absent.")]
        conversation_id: Option<ConversationId>,
        #[graphql(desc = "Resume behind this cursor; from now on when absent.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<ConversationEvent>> + use<>> {
        let viewer = Viewer::of(ctx).require_user()?;
        let service = ctx.data_unchecked::<Arc<Service>>().clone();
        if let Some(id) = conversation_id
            && service.conversation(viewer, id).await?.is_none()
        {
            return Err(Error::BadInput("conversation not found".into()).into());
        }
        let watcher = Arc::new(match conversation_id {
            Some(_) => Watcher::of_one(service, viewer),
            None => Watcher::of_all(service, viewer),
        });
        let mut following = Following::new(watcher.kinds()).after(after);
        if let Some(id) = conversation_id {
            following = following.subjects([id.to_string()]);
        }
        let watching = watcher.clone();
        let events = follow(ctx, following, move |event| {
            let watcher = watching.clone();
            async move {
                let happened = watcher.seen(&event).await?;
                Ok(happened.map(|happened| ConversationEvent::new(&event, happened)))
            }
        })
        .await?;
        watcher.learn().await?;
        Ok(events)
    }
}
