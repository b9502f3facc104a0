//! What long work tells of itself.

use async_graphql::Enum;
use entities::ids::{AccountId, JobId};
use serde::{Deserialize, Serialize};
use subscriptions::Fact;

/// States of a long job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum JobState {
    /// Waits for its turn.
    Queued,
    /// Works.
    Running,
    /// Done.
    Succeeded,
    /// Ended by an error.
    Failed,
    /// Ended by somebody.
    Cancelled,
}

impl JobState {
    /// Whether nothing more happens to the job.
    #[must_use]
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }
}

/// A job went on, or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobProgressed {
    /// Which.
    pub job_id: JobId,
    /// What it does, such as `search.reindex`.
    pub work: String,
    /// Whose; staff's work belongs to nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// How it is.
    pub state: JobState,
    /// Steps done.
    pub done: u64,
    /// Steps in all, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Steps that failed.
    #[serde(default)]
    pub failed: u64,
}

impl Fact for JobProgressed {
    const KIND: &'static str = "job.progressed";

    fn subject(&self) -> String {
        self.job_id.to_string()
    }
}
