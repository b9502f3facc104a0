//! The ways to tell somebody, and sets of them.

use async_graphql::Enum;
use serde::{Deserialize, Serialize};

// No WEBHOOK: endpoints belong to integrations, not to accounts.
/// Ways in which a notification reaches its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enum, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[graphql(name = "NotificationChannel")]
pub(crate) enum Channel {
    /// In the feed, `Account.notifications`.
    InApp,
    /// By mail.
    Email,
    /// To every registered device.
    Push,
}

/// A set of channels, in the order of the enum.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Channels(Vec<Channel>);

impl Channels {
    pub(crate) fn of(channels: impl IntoIterator<Item = Channel>) -> Self {
        let mut channels: Vec<Channel> = channels.into_iter().collect();
        channels.sort_unstable();
        channels.dedup();
        Self(channels)
    }

    pub(crate) fn has(&self, channel: Channel) -> bool {
        self.0.contains(&channel)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The same set with this channel.
    pub(crate) fn with(&self, channel: Channel) -> Self {
        Self::of(self.0.iter().copied().chain([channel]))
    }

    /// The same set without this channel.
    pub(crate) fn without(&self, channel: Channel) -> Self {
        Self(self.0.iter().copied().filter(|kept| *kept != channel).collect())
    }

    pub(crate) fn to_vec(&self) -> Vec<Channel> {
        self.0.clone()
    }

    /// As the database keeps it.
    pub(crate) fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(&self.0).expect("names are plain data")
    }

    /// From what the database keeps; names of a later version of us are left out.
    pub(crate) fn from_json(json: &serde_json::Value) -> Self {
        let names = json.as_array().map(Vec::as_slice).unwrap_or_default();
        Self::of(names.iter().filter_map(|name| serde_json::from_value(name.clone()).ok()))
    }
}
