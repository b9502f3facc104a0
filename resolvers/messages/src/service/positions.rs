//! How far members are: read by their own word, delivered when a device of
//! theirs was given a message. Neither ever moves back.

use entities::{
    ids::{ConversationId, UserId},
    messages::{conversation, member},
};
use kit::{Outcome, Result, UserError, Viewer, facts::ConversationRead, refuse};

use super::{Service, tell};

impl Service {
    /// Marks messages of a conversation as read up to this one.
    pub(crate) async fn mark_read(
        &self,
        viewer: &Viewer,
        id: ConversationId,
        sequence: i64,
    ) -> Result<Outcome<ConversationId>> {
        let user_id = viewer.require_user()?;
        if sequence < 0 {
            return Ok(Err(vec![UserError::invalid("sequence", "must not be negative")]));
        }
        let now = self.clock.now();
        self.db
            .change(move |transaction| {
                Box::pin(async move {
                    let read = member::advance_read(transaction, id, user_id, sequence).await?;
                    if let Some(sequence) = read {
                        let fact = ConversationRead { conversation_id: id, user_id, sequence };
                        tell(transaction, &fact, now).await?;
                    } else if conversation::by_ids(transaction, user_id, &[id]).await?.is_empty() {
                        return Err(refuse(UserError::not_found("id", "conversation")));
                    }
                    Ok(id)
                })
            })
            .await
    }

    /// Turns notifications of a conversation off or on.
    pub(crate) async fn mute(
        &self,
        viewer: &Viewer,
        id: ConversationId,
        is_muted: bool,
    ) -> Result<Outcome<ConversationId>> {
        let user = viewer.require_user()?;
        let muted = self.db.transaction(move |transaction| {
            Box::pin(async move { Ok(member::set_muted(transaction, id, user, is_muted).await?) })
        });
        match muted.await? {
            true => Ok(Ok(id)),
            false => Ok(Err(vec![UserError::not_found("id", "conversation")])),
        }
    }

    /// Messages up to these have reached a device of a member. Only a hint to
    /// others: where it can't be written now, a later one tells more.
    pub(crate) async fn delivered(&self, positions: &[(ConversationId, UserId, i64)]) {
        let written = member::advance_delivered(self.db.write(), positions).await;
        if let Err(error) = written {
            tracing::warn!(%error, "how far messages are delivered was not written");
        }
    }
}
