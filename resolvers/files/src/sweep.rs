//! Deletes what nobody can use any more. Takes no input and looks at what is
//! there: any number of processes may do it at once, and after a crash at any
//! point the next look finds the rest.
//!
//! A row goes before its object. What is left when only the row went is an
//! object that no row knows; so is what is left when an upload broke off between
//! the object and its row.

use std::{sync::Arc, time::Duration};

use entities::files::upload;
use futures_util::StreamExt as _;
use kit::{DateTime, Error, Result};
use tokio_util::sync::CancellationToken;

use crate::service::{Service, milliseconds};

/// Rows deleted, and objects looked up, at once.
const BATCH: usize = 500;
/// Every how many looks at the rows the objects are looked at, too.
const OBJECTS_EVERY: u32 = 6;

/// Sweeps until `stop`.
pub(crate) async fn run(service: Arc<Service>, stop: CancellationToken) {
    for round in 0_u32.. {
        let sweep = async {
            rows(&service).await?;
            if round.is_multiple_of(OBJECTS_EVERY) {
                objects(&service).await?;
            }
            Ok::<(), Error>(())
        };
        match stop.run_until_cancelled(sweep).await {
            None => return,
            Some(Ok(())) => {}
            Some(Err(error)) => tracing::warn!(%error, "files could not be swept, trying again later"),
        }
        let pause = tokio::time::sleep(service.options.sweep_every);
        if stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}

/// Deletes the rows that nobody can use, and then their objects.
pub(crate) async fn rows(service: &Service) -> Result<()> {
    let now = service.clock.now();
    let before = |age: Duration| now.plus(-milliseconds(age));
    // The bytes of a slot may still arrive that were begun in time.
    let expired = before(service.options.upload_timeout);
    let unattached = before(service.options.unattached_for);
    loop {
        let limit = u64::try_from(BATCH).unwrap_or(u64::MAX);
        let deleted = upload::delete_orphans(service.db.write(), expired, unattached, limit).await?;
        for key in deleted.iter().filter_map(|row| row.object_key.as_deref()) {
            service.store.delete(key).await?;
        }
        if deleted.len() < BATCH {
            return Ok(());
        }
    }
}

/// Deletes the objects that no row knows.
pub(crate) async fn objects(service: &Service) -> Result<()> {
    let young = youngest(service);
    let mut listed = service.store.list().chunks(BATCH);
    while let Some(batch) = listed.next().await {
        let batch = batch.into_iter().collect::<Result<Vec<_>>>()?;
        let old: Vec<String> = batch
            .into_iter()
            .filter(|object| object.written_at < young)
            .map(|object| object.key)
            .collect();
        let known = upload::known_objects(service.db.write(), &old).await?;
        for key in old.iter().filter(|key| !known.contains(key)) {
            tracing::debug!(object.key = key, "deleting an object that no row knows");
            service.store.delete(key).await?;
        }
    }
    service.store.delete_halves(young).await.map_err(Error::internal)
}

/// Objects written later may be about to get their row.
fn youngest(service: &Service) -> DateTime {
    service.clock.now().plus(-milliseconds(service.options.upload_timeout.saturating_mul(2)))
}
