//! Who bought what: what was paid for is noted, and reviews say so.

use std::sync::Arc;

use entities::products::{product, purchase};
use kit::{Result, facts::OrderPaid};
use subscriptions::{Event, Fact as _, Handler, HandlerError, Kinds};

use super::Service;

/// Notes what was paid for.
pub(crate) struct Purchases(pub(crate) Arc<Service>);

#[async_trait::async_trait]
impl Handler for Purchases {
    fn name(&self) -> &'static str {
        "products.purchases"
    }

    fn kinds(&self) -> Kinds {
        Kinds::of([OrderPaid::KIND])
    }

    async fn handle(&self, event: &Event) -> Result<(), HandlerError> {
        match event.read::<OrderPaid>() {
            Some(paid) => Ok(self.0.note_purchase(paid).await?),
            None => Ok(()),
        }
    }
}

impl Service {
    /// Notes what a user bought; guests write no reviews. It is safe to repeat.
    pub(crate) async fn note_purchase(&self, paid: OrderPaid) -> Result<()> {
        let OrderPaid { user_id: Some(user), product_ids, .. } = paid else {
            return Ok(());
        };
        let now = self.clock.now();
        self.db
            .transaction(move |transaction| {
                let products = product_ids.clone();
                Box::pin(async move {
                    // Reviews are written under the same locks: none is missed.
                    let known = product::lock_all(transaction, &products).await?;
                    Ok(purchase::note(transaction, user, &known, now).await?)
                })
            })
            .await
    }
}
