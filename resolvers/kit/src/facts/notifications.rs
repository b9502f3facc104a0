//! What notifications tell. The subject is the account, so that each account's
//! facts keep their order.

use entities::ids::{AccountId, NotificationId};
use serde::{Deserialize, Serialize};
use subscriptions::Fact;

/// A notification is new in an account's feed, or new again: one that stands
/// for several was added to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationAdded {
    /// Which.
    pub notification_id: NotificationId,
    /// Whose.
    pub account_id: AccountId,
    /// What it is about, such as `message.received`.
    pub kind: String,
}

/// An account has read a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NotificationRead {
    /// Which.
    pub notification_id: NotificationId,
    /// Whose.
    pub account_id: AccountId,
}

impl Fact for NotificationAdded {
    const KIND: &'static str = "notification.added";

    fn subject(&self) -> String {
        self.account_id.to_string()
    }
}

impl Fact for NotificationRead {
    const KIND: &'static str = "notification.read";

    fn subject(&self) -> String {
        self.account_id.to_string()
    }
}
