//! The end of a good order: some time after its last shipment it is completed.

use entities::orders::{OrderState, order::Stamps, work};
use kit::Result;

use super::{
    Service,
    moves::{self, By},
};
use crate::options::milliseconds;

impl Service {
    /// Completes the orders whose time has come, unless something of them is on
    /// its way back.
    pub(crate) async fn complete_due(&self) -> Result<()> {
        let now = self.clock.now();
        let before = now.plus(-milliseconds(self.options.complete_after));
        for id in work::to_complete(self.db.read(), before).await? {
            let by = By::system(now);
            self.db
                .transaction(move |transaction| {
                    let by = by.clone();
                    Box::pin(async move {
                        // Locked: nobody asks to return something meanwhile.
                        let scope = entities::orders::Scope::All;
                        if entities::orders::order::lock(transaction, &scope, id).await?.is_none()
                            || !work::to_complete(transaction, before).await?.contains(&id)
                        {
                            return Ok(());
                        }
                        let states = (OrderState::Fulfilled, OrderState::Completed);
                        moves::advance(transaction, id, states, Stamps::default(), &by).await?;
                        Ok(())
                    })
                })
                .await?;
        }
        Ok(())
    }
}
