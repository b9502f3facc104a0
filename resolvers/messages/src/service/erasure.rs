//! What is left of somebody in conversations when their account is erased: the
//! places of their messages, for the others.

use ::subscriptions::{EventLog, NewEvent};
use entities::messages::erasure;
use kit::{
    Result,
    facts::{AccountErased, MessageChange, MessageChanged},
};

use super::Service;

/// Messages emptied in one transaction.
const BATCH: u64 = 500;

impl Service {
    /// Erases it. It is safe to repeat, and goes on where it was broken off.
    pub(crate) async fn erase(&self, erased: AccountErased) -> Result<()> {
        let (user, now) = (erased.user, self.clock.now());
        self.db
            .transaction(move |transaction| {
                Box::pin(async move { Ok(erasure::forget(transaction, user).await?) })
            })
            .await?;
        loop {
            let emptied = self.db.transaction(move |transaction| {
                Box::pin(async move {
                    let emptied = erasure::empty_messages(transaction, user, BATCH).await?;
                    let Some(messages) = emptied else { return Ok(false) };
                    let facts = messages.into_iter().map(|(message_id, conversation_id)| {
                        let change = MessageChange::Deleted;
                        NewEvent::new(&MessageChanged { message_id, conversation_id, change }, now)
                    });
                    EventLog::append_all(transaction, facts.collect()).await?;
                    Ok(true)
                })
            });
            if !emptied.await? {
                return Ok(());
            }
        }
    }
}
