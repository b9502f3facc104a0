//! The root mutation fields: guard, call the service, map.

use std::sync::Arc;

use async_graphql::{Context, Object};
use entities::notifications::notification::Which;
use kit::{DateTime, Error, Result, Viewer, ids::NotificationId};

use crate::{
    channels::{Channel, Channels},
    service::Service,
    types::{NotificationPreferencePayload, PushDevicePayload},
};

/// The most notifications that one call may name.
const MAX_IDS: usize = 100;

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    /// Mark notifications of the viewer as read: the given ones, or all up to a
    /// time. Answers how many were unread before; doing it again answers 0.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn notifications_mark_read(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "These, at most 100; ids that are not the viewer's change nothing.")]
        ids: Option<Vec<NotificationId>>,
        #[graphql(desc = "All created until then, instead of `ids`.")] up_to: Option<DateTime>,
    ) -> Result<Option<i32>> {
        let which = match (ids, up_to) {
            (Some(ids), None) if ids.len() <= MAX_IDS => Which::These(ids),
            (Some(_), None) => {
                return Err(Error::BadInput(format!("at most {MAX_IDS} ids at once").into()));
            }
            (None, Some(up_to)) => Which::UpTo(up_to),
            _ => return Err(Error::BadInput("say either `ids` or `upTo`".into())),
        };
        let account = Viewer::of(ctx).require_account()?;
        Ok(Some(ctx.data_unchecked::<Arc<Service>>().mark_read(account, which).await?))
    }

    /// Set where a kind of notifications goes. A group (`message.*`) or `*` takes
    /// the place of what was set for its kinds before. Security notices
    /// (`session.*`) always go by mail too.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn notification_preference_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "A kind such as `message.received`, a group such as `message.*`, or `*`.")]
        kind: String,
        #[graphql(desc = "Where it goes; an empty list for nowhere.")] channels: Vec<Channel>,
    ) -> Result<Option<NotificationPreferencePayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let service = ctx.data_unchecked::<Arc<Service>>();
        let set = service.set_preference(account, &kind, Channels::of(channels)).await?;
        Ok(Some(match set {
            Ok(preferences) => NotificationPreferencePayload {
                preferences: Some(preferences.into()),
                user_errors: Vec::new(),
            },
            Err(error) => NotificationPreferencePayload { preferences: None, user_errors: vec![error] },
        }))
    }

    /// Register a device for pushed notifications. A device that another account
    /// registered moves to the viewer's; of more than 20 the oldest gives way.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn push_device_register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the push service knows the device by, at most 4096 characters.")]
        token: String,
        #[graphql(desc = "Such as ios, android or web: 1 to 32 characters out of a-z, 0-9 and -.")]
        platform: String,
    ) -> Result<Option<PushDevicePayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let service = ctx.data_unchecked::<Arc<Service>>();
        let outcome = service.register(account, &token, &platform).await?;
        let registered = outcome.is_ok();
        Ok(Some(PushDevicePayload { registered, user_errors: outcome.err().unwrap_or_default() }))
    }

    /// Stop pushing to a device of the viewer; one that is not registered is
    /// fine. Do so before signing out.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn push_device_unregister(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What the push service knows the device by.")] token: String,
    ) -> Result<Option<PushDevicePayload>> {
        let account = Viewer::of(ctx).require_account()?;
        ctx.data_unchecked::<Arc<Service>>().unregister(account, &token).await?;
        Ok(Some(PushDevicePayload { registered: false, user_errors: Vec::new() }))
    }
}
