//! What moderators see of a reported message.

use async_graphql::SimpleObject;
use entities::messages::{message::State, report::Row};
use kit::{DateTime, ids::MessageId};

use super::User;

/// A message that a member asked moderators to look at.
#[derive(SimpleObject)]
pub(crate) struct MessageReport {
    /// The message; `messageDelete` hides it.
    message_id: MessageId,
    /// Its text as of now; empty when it is gone.
    body: String,
    /// Its state.
    state: State,
    /// Who wrote it.
    sender: Option<User>,
    /// Who reported it.
    reporter: Option<User>,
    /// Why, in the reporter's words.
    reason: String,
    /// When it was reported.
    reported_at: DateTime,
}

impl From<Row> for MessageReport {
    fn from(row: Row) -> Self {
        Self {
            message_id: row.report.message_id,
            body: row.body,
            state: row.state,
            sender: Some(User { id: row.sender_id }),
            reporter: Some(User { id: row.report.reporter_id }),
            reason: row.report.reason,
            reported_at: row.report.at,
        }
    }
}
