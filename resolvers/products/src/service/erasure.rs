//! What is left of somebody's shop, reviews and favourites when their account is
//! erased: products off sale, and stars.

use entities::products::erasure;
use kit::{
    Result,
    facts::{AccountErased, ProductArchived},
};
use subscriptions::{EventLog, NewEvent};

use super::{Change, Service};

impl Service {
    /// Erases it. It is safe to repeat.
    pub(crate) async fn erase(&self, erased: AccountErased) -> Result<()> {
        let now = self.clock.now();
        let AccountErased { account, user, seller } = erased;
        self.db
            .transaction(move |transaction| {
                Box::pin(async move {
                    erasure::forget(transaction, account).await?;
                    erasure::empty_reviews(transaction, user).await?;
                    let Some(seller_id) = seller else { return Ok(()) };
                    let archived = erasure::close_shop(transaction, seller_id, now).await?;
                    let facts = archived.into_iter().map(|product_id| {
                        let changed = vec![Change::Status];
                        NewEvent::new(&ProductArchived { product_id, seller_id, changed }, now)
                    });
                    Ok(EventLog::append_all(transaction, facts.collect()).await?)
                })
            })
            .await
    }
}
