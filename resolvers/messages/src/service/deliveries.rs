//! What streams brought to members, written together: a message to a thousand
//! open streams is one statement a moment later, not a thousand at once.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use entities::{
    ids::{ConversationId, UserId},
    messages::member,
};
use kit::{Database, Result};
use tokio_util::sync::CancellationToken;

/// How long a position may wait to be written; the next one overtakes it.
const PATIENCE: Duration = Duration::from_millis(200);

/// How far messages reached members. Only a hint to others: one that is lost
/// with the process is made good by the next.
#[derive(Default)]
pub(crate) struct Deliveries(Mutex<HashMap<(ConversationId, UserId), i64>>);

impl Deliveries {
    /// A message has reached a device of a member.
    pub(crate) fn note(&self, conversation: ConversationId, user: UserId, sequence: i64) {
        let mut waiting = self.lock();
        let furthest = waiting.entry((conversation, user)).or_default();
        *furthest = sequence.max(*furthest);
    }

    /// Writes what is noted until `stop`, and what is left then.
    pub(crate) async fn write_until(&self, db: &Database, stop: CancellationToken) {
        let mut is_over = false;
        while !is_over {
            is_over = stop.run_until_cancelled(tokio::time::sleep(PATIENCE)).await.is_none();
            if let Err(error) = self.write(db).await {
                tracing::warn!(%error, "how far messages are delivered was not written, trying again");
            }
        }
    }

    async fn write(&self, db: &Database) -> Result<()> {
        let noted = std::mem::take(&mut *self.lock());
        let mut rows: Vec<_> =
            noted.into_iter().map(|((id, user), sequence)| (id, user, sequence)).collect();
        // Two gateways that write the same rows had better take them in one order.
        rows.sort_unstable();
        let written = member::advance_delivered(db.write(), &rows).await;
        if written.is_err() {
            rows.into_iter().for_each(|(id, user, sequence)| self.note(id, user, sequence));
        }
        Ok(written?)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<(ConversationId, UserId), i64>> {
        // A panic elsewhere leaves no half-made entry behind.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
