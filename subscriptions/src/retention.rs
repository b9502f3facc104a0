//! Retention: old events are deleted, but none that a handler still needs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use entities::{
    events::{event, floor, handler},
    time::DateTime,
};
use sea_orm::{DbErr, TransactionTrait as _};
use tokio_util::sync::CancellationToken;

use crate::{EventLog, Position};

/// How often old events are looked for.
const EVERY: Duration = Duration::from_secs(60);

impl EventLog {
    /// Deletes events that are older than the log keeps them and that every
    /// handler is done with; how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn trim(&self, now: DateTime) -> Result<u64, DbErr> {
        let Some(retention) = self.0.options.retention else { return Ok(0) };
        let kept = i64::try_from(retention.as_millis()).unwrap_or(i64::MAX);
        let handlers = handler::all(&self.0.db).await?;
        let slowest = handlers.iter().map(|row| (row.transaction, row.sequence)).min();
        let last = event::last_older(&self.0.db, now.plus(-kept), slowest).await?;
        let Some(last) = last else { return Ok(0) };
        #[expect(clippy::disallowed_methods, reason = "deletes what nobody writes to any more")]
        let transaction = self.0.writer.begin().await?;
        floor::raise(&transaction, last).await?;
        let deleted = event::delete_through(&transaction, last).await?;
        transaction.commit().await?;
        let floor = Position { transaction: last.0, sequence: last.1 };
        tracing::debug!(events.deleted = deleted, events.floor = %floor, "trimmed the event log");
        Ok(deleted)
    }

    pub(crate) async fn trim_until(self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(EVERY)).await.is_some() {
            if let Err(error) = self.trim(now()).await {
                tracing::warn!(%error, "the event log could not be trimmed");
            }
        }
    }
}

/// The machine's time: leases and retention are about machines, not about the
/// clock that modules are given.
pub(crate) fn now() -> DateTime {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    DateTime(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
