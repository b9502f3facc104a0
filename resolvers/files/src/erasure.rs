//! Deletes what an account has uploaded when it is erased.

use entities::files::upload;
use kit::{Result, facts::AccountErased};

use crate::service::Service;

/// Uploads deleted at once.
const BATCH: u64 = 200;

impl Service {
    /// Deletes it: each row, then its object. An object that is left over by a
    /// crash is one that no row knows, which the sweep finds.
    pub(crate) async fn erase(&self, erased: AccountErased) -> Result<()> {
        loop {
            let deleted = upload::delete_of(self.db.write(), erased.account, BATCH).await?;
            if deleted.is_empty() {
                return Ok(());
            }
            for key in deleted.iter().filter_map(|row| row.object_key.as_deref()) {
                self.store.delete(key).await?;
            }
        }
    }
}
