//! Deletes expired carts. Nobody sees them before either: whoever looks for a
//! cart compares its expiry. Any number of processes may do it at once.

use std::sync::Arc;

use entities::carts::cart;
use kit::Result;
use tokio_util::sync::CancellationToken;

use super::Service;

/// Carts deleted at once.
const BATCH: u64 = 500;

/// Deletes until `stop`.
pub(crate) async fn run(service: Arc<Service>, stop: CancellationToken) {
    loop {
        match stop.run_until_cancelled(service.delete_expired()).await {
            None => return,
            Some(Ok(count)) => tracing::debug!(carts.deleted = count, "deleted {count} expired carts"),
            Some(Err(error)) => {
                tracing::warn!(%error, "expired carts can't be deleted, trying again later");
            }
        }
        let pause = tokio::time::sleep(service.options.sweep_every);
        if stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

impl Service {
    /// Deletes the carts that are expired now, and says how many.
    pub(crate) async fn delete_expired(&self) -> Result<u64> {
        let now = self.now();
        let mut count = 0;
        loop {
            let deleted = self
                .db
                .transaction(move |transaction| {
                    Box::pin(async move { Ok(cart::delete_expired(transaction, now, BATCH).await?) })
                })
                .await?;
            count += deleted;
            if deleted < BATCH {
                return Ok(count);
            }
        }
    }
}
