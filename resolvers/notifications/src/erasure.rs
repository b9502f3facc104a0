//! Forgets what an account was told when it is erased.

use entities::notifications::erasure;
use futures_util::FutureExt as _;
use kit::{Error, Result, facts::AccountErased};

use crate::service::Service;

impl Service {
    /// Forgets it, mails in the outbox first: their names are in the rows. It is
    /// safe to repeat.
    pub(crate) async fn erase(&self, erased: AccountErased) -> Result<()> {
        let account = erased.account;
        for delivery in erasure::deliveries(self.db.read(), account).await? {
            self.mailer.forget(&delivery.to_string()).await;
            self.pusher.forget(&delivery.to_string()).await;
        }
        let forget = self.db.transaction(move |transaction| {
            async move { erasure::forget(transaction, account).await.map_err(Error::from) }.boxed()
        });
        forget.await
    }
}
