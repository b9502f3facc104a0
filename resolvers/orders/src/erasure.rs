//! What is left of somebody's orders when their account is erased: what was
//! bought, for how much, and where it stands.

use entities::orders::erasure;
use kit::{Result, facts::AccountErased};

use crate::service::Service;

impl Service {
    /// Erases who bought. It is safe to repeat.
    pub(crate) async fn erase(&self, erased: AccountErased) -> Result<()> {
        let AccountErased { account, user, .. } = erased;
        self.db
            .transaction(move |transaction| {
                Box::pin(async move { Ok(erasure::forget(transaction, account, user).await?) })
            })
            .await
    }
}
