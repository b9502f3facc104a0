//! Push: what devices are told, and the two ways to hand it over: to a push
//! gateway, or into the outbox.
//!
//! Nothing here speaks the protocols of phone makers: a gateway that does takes
//! one JSON post for each notification and device.

mod gateway;
mod outbox;

use std::sync::Arc;

use kit::{
    DateTime, Result,
    ids::{NotificationDeliveryId, NotificationId},
};
use serde::Serialize;

use self::{gateway::Gateway, outbox::Outbox};
use crate::{NotificationsOptions, mail::Outcome};

/// What one device is told.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Push {
    /// The same for every try: a gateway that has seen it need not push again.
    pub(crate) id: NotificationDeliveryId,
    /// What the push service knows the device by.
    pub(crate) token: String,
    /// Such as `ios`.
    pub(crate) platform: String,
    pub(crate) title: String,
    pub(crate) body: String,
    /// Later pushes of the same notification take its place on the device.
    pub(crate) notification_id: NotificationId,
    pub(crate) kind: String,
    pub(crate) target_id: Option<String>,
    /// For the number on the app's icon.
    pub(crate) unread_count: i64,
    pub(crate) at: DateTime,
}

/// Hands pushes over.
#[async_trait::async_trait]
pub(crate) trait PushSender: Send + Sync {
    /// Hands one push over. [`Outcome::Gone`] when the device is no more.
    async fn send(&self, push: &Push) -> Outcome;

    /// Forgets a push, where pushes are kept.
    async fn forget(&self, _id: &str) {}

    /// Why pushes wait, while they do.
    fn problem(&self) -> Option<String>;
}

/// As the options say: a gateway, or the outbox.
///
/// # Errors
/// When no client can be made.
pub(crate) fn sender(options: &NotificationsOptions) -> Result<Arc<dyn PushSender>> {
    Ok(match &options.push.url {
        Some(url) => Arc::new(Gateway::new(url, &options.push)?),
        None => Arc::new(Outbox::new(options.outbox.clone())),
    })
}
