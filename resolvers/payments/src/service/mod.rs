//! The rules of payments. Knows nothing of GraphQL.

mod advance;
mod capture;
mod confirm;
mod inbox;
pub(crate) mod movement;
mod port;
mod refunds;

use std::{
    sync::{Arc, RwLock, atomic::AtomicU64},
    time::Duration,
};

use entities::payments::payment::{self, Model, State};
use kit::{
    Clock, Database, DateTime, Platform, Result, Viewer,
    facts::{PaymentChanged, PaymentState},
    ids::{AccountId, OrderId, PaymentId},
    ports::PaymentWatcher,
};
use sea_orm::ConnectionTrait;
use subscriptions::{EventLog, NewEvent};
use tokio::sync::Notify;

use crate::provider::{Calls, Intent};

pub(crate) use self::confirm::{Confirmation, Confirmed};

/// Sees all payments.
pub(crate) const READ: &str = "payments:read";

/// What the rules need.
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) calls: Calls,
    pub(crate) is_manual: bool,
    pub(crate) keep: Duration,
    /// How many events were not believed.
    refused_events: AtomicU64,
    watcher: RwLock<Option<Arc<dyn PaymentWatcher>>>,
    /// Something may be due.
    pub(crate) wake: Notify,
}

impl Service {
    pub(crate) fn new(platform: &Platform, calls: Calls, is_manual: bool, keep: Duration) -> Self {
        Self {
            db: platform.db.clone(),
            clock: platform.clock.clone(),
            calls,
            is_manual,
            keep,
            refused_events: AtomicU64::new(0),
            watcher: RwLock::new(None),
            wake: Notify::new(),
        }
    }

    /// What is left of the payments of an erased account: amounts.
    pub(crate) async fn erase(&self, account: AccountId) -> Result<()> {
        let erased = self.db.transaction(move |transaction| {
            Box::pin(async move { Ok(payment::forget(transaction, account).await?) })
        });
        erased.await
    }

    fn watcher(&self) -> Option<Arc<dyn PaymentWatcher>> {
        self.watcher.read().expect("no code panics while it holds this lock").clone()
    }

    /// How long one piece of work may have a payment: several calls, and some time
    /// beside.
    fn lease_until(&self) -> DateTime {
        self.clock.now().plus(milliseconds(self.calls.longest() * 4 + Duration::from_secs(10)))
    }

    /// The payment, if it is there for the viewer; `access` is the hash of the
    /// secret that a guest has shown.
    pub(crate) async fn visible(
        &self,
        viewer: &Viewer,
        access: Option<&str>,
        id: PaymentId,
    ) -> Result<Option<Model>> {
        let row = payment::by_id(self.db.read(), id).await?;
        Ok(row.filter(|row| is_visible(row, viewer, access)))
    }

    /// Changes a payment as a view of its intent says, unless another view came in
    /// between; the row as it is now, or `None` when the view is out of date.
    async fn apply(&self, before: &Model, intent: &Intent) -> Result<Option<Model>> {
        let Some(change) = movement::after(before, intent) else { return Ok(Some(before.clone())) };
        let now = self.clock.now();
        let row = before.clone();
        let after = self.db.transaction(move |transaction| {
            let (row, change) = (row.clone(), change.clone());
            Box::pin(async move {
                if !payment::change(transaction, &row, change, now).await? {
                    return Ok(None);
                }
                let after = payment::by_id(transaction, row.id).await?;
                if let Some(after) = &after {
                    tell(transaction, after, now).await?;
                }
                Ok(after)
            })
        });
        let after = after.await?;
        if after.is_some() {
            self.moved(before.order_id).await;
        }
        Ok(after)
    }

    /// Money has moved: whoever follows the order's money looks at once. Should
    /// that fail, the event tells it again.
    async fn moved(&self, order: OrderId) {
        let Some(watcher) = self.watcher() else { return };
        if let Err(error) = watcher.settle(order).await {
            tracing::warn!(%error, order.id = %order, "a payment could not be settled at once");
        }
    }
}

/// Tells where a payment stands.
async fn tell(transaction: &impl ConnectionTrait, row: &Model, now: DateTime) -> Result<()> {
    let fact = PaymentChanged {
        payment_id: row.id,
        order_id: row.order_id,
        account_id: row.account_id,
        state: told(row.state),
    };
    Ok(EventLog::append(transaction, NewEvent::new(&fact, now)).await?)
}

/// The state as others are told it.
pub(crate) const fn told(state: State) -> PaymentState {
    match state {
        State::RequiresAction => PaymentState::RequiresAction,
        State::Processing => PaymentState::Processing,
        State::Authorized => PaymentState::Authorized,
        State::Captured => PaymentState::Captured,
        State::PartiallyRefunded => PaymentState::PartiallyRefunded,
        State::Refunded => PaymentState::Refunded,
        State::Failed => PaymentState::Failed,
        State::Voided => PaymentState::Voided,
    }
}

/// Whether somebody may see a payment: whoever pays, whoever shows the secret of a
/// guest's order, and staff.
pub(crate) fn is_visible(row: &Model, viewer: &Viewer, access: Option<&str>) -> bool {
    let is_own = row.account_id.is_some() && row.account_id == viewer.account;
    let is_shown = row.guest_access.is_some() && row.guest_access.as_deref() == access;
    is_own || is_shown || viewer.may(READ)
}

pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
