//! Forgetting what is old: notifications that were read, deliveries that are
//! over.

use std::{sync::Arc, time::Duration};

use entities::notifications::{delivery, notification};
use futures_util::FutureExt as _;
use kit::Error;
use tokio_util::sync::CancellationToken;

use crate::service::Service;

/// Between two looks.
const CLEANING: Duration = Duration::from_secs(60 * 60);

/// Forgets now and then until `stop`.
pub(crate) async fn run(service: Arc<Service>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(CLEANING)).await.is_some() {
        if let Err(error) = service.forget_old().await {
            tracing::error!(%error, "old notifications stay for now");
        }
    }
}

impl Service {
    /// Deletes what is older than it is kept.
    pub(crate) async fn forget_old(&self) -> kit::Result<u64> {
        let kept = i64::try_from(self.options.retention.as_millis()).unwrap_or(i64::MAX);
        let before = self.clock.now().plus(kept.saturating_neg());
        let deleted = self.db.transaction(move |transaction| {
            async move {
                let notifications = notification::delete_old(transaction, before).await?;
                let deliveries = delivery::delete_old(transaction, before).await?;
                Ok::<_, Error>(notifications + deliveries)
            }
            .boxed()
        });
        deleted.await
    }
}
