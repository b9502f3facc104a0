//! The worker of orders. Takes no input and looks at what is there: any number of
//! processes may do it at once, and after a crash at any point the next look goes
//! on where the last one ended.

use std::sync::Arc;

use entities::orders::work::{self, Due};
use kit::{
    Error, Result,
    ids::{OrderId, OrderRefundId},
};
use tokio_util::sync::CancellationToken;

use super::Service;

impl Service {
    /// Looks again and again until `stop`.
    pub(crate) async fn work(self: Arc<Self>, stop: CancellationToken) {
        loop {
            if stop.run_until_cancelled(self.look()).await.is_none() {
                return;
            }
            let pause = tokio::time::sleep(self.options.look_every);
            if stop.run_until_cancelled(pause).await.is_none() {
                return;
            }
        }
    }

    /// Goes on with everything that is due. One order that can't be helped now
    /// keeps no other from it.
    pub(crate) async fn look(&self) {
        told("place an order", self.place_left().await);
        told("expire an order", self.expire_due().await);
        told("go on with a refund", self.refund_left().await);
        told("tie up an order", self.tie_up_left().await);
        told("complete an order", self.complete_due().await);
    }

    /// Places or gives up the orders whose process went away.
    async fn place_left(&self) -> Result<()> {
        for id in work::due(self.db.read(), Due::Unplaced, self.clock.now()).await? {
            told("place an order", self.place_again(id).await);
        }
        Ok(())
    }

    async fn place_again(&self, id: OrderId) -> Result<()> {
        if self.take_over(id).await? {
            self.place(id).await?;
        }
        Ok(())
    }

    async fn expire_due(&self) -> Result<()> {
        for id in work::due(self.db.read(), Due::Unpaid, self.clock.now()).await? {
            told("expire an order", self.expire(id).await);
        }
        Ok(())
    }

    async fn tie_up_left(&self) -> Result<()> {
        for id in work::due(self.db.read(), Due::LooseEnds, self.clock.now()).await? {
            told("tie up an order", self.tie_up(id).await);
        }
        Ok(())
    }

    async fn refund_left(&self) -> Result<()> {
        for id in work::open_refunds(self.db.read(), self.clock.now()).await? {
            told("go on with a refund", self.pay_back_again(id).await);
        }
        Ok(())
    }

    async fn pay_back_again(&self, id: OrderRefundId) -> Result<()> {
        if self.take_over_refund(id).await? {
            self.pay_back(id).await?;
        }
        Ok(())
    }
}

fn told(what: &str, outcome: Result<()>) {
    if let Err(error) = outcome {
        let cause: &dyn std::error::Error = match &error {
            Error::Internal(cause) => &**cause,
            error => error,
        };
        tracing::warn!(%cause, "could not {what}, trying again later");
    }
}
