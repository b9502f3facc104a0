//! Batch loaders: one statement answers all keys. Whoever asks looks whether the
//! viewer may see what comes.

use std::{collections::HashMap, sync::Arc};

use async_graphql::{Context, dataloader::Loader};
use entities::payments::{payment, refund, subscription};
use kit::{
    Database, Error, FromContext, Result,
    ids::{AccountId, OrderId, PaymentId, PlanSubscriptionId, RefundId},
};

use crate::plans::{Plans, Used};

/// Loads rows of this module's tables.
pub(crate) struct Rows(Database);

/// The payments of an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PaymentsOf(pub(crate) OrderId);

/// The refunds of a payment.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RefundsOf(pub(crate) PaymentId);

/// The plan of an account.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PlanOf(pub(crate) AccountId);

/// Loads what accounts used.
pub(crate) struct PlanUse(Arc<Plans>);

impl FromContext for PlanUse {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Arc<Plans>>().clone())
    }
}

impl Loader<AccountId> for PlanUse {
    type Value = Vec<Used>;
    type Error = Error;

    async fn load(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Self::Value>> {
        self.0.used(accounts).await
    }
}

impl Loader<PlanOf> for Rows {
    type Value = subscription::Model;
    type Error = Error;

    async fn load(&self, keys: &[PlanOf]) -> Result<HashMap<PlanOf, Self::Value>> {
        let accounts: Vec<AccountId> = keys.iter().map(|key| key.0).collect();
        let rows = subscription::of_accounts(self.0.read(), &accounts).await?;
        Ok(rows.into_iter().map(|row| (PlanOf(row.account_id), row)).collect())
    }
}

impl Loader<PlanSubscriptionId> for Rows {
    type Value = subscription::Model;
    type Error = Error;

    async fn load(
        &self,
        ids: &[PlanSubscriptionId],
    ) -> Result<HashMap<PlanSubscriptionId, Self::Value>> {
        let rows = subscription::by_ids(self.0.read(), ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl FromContext for Rows {
    fn from_context(ctx: &Context<'_>) -> Self {
        Self(ctx.data_unchecked::<Database>().clone())
    }
}

impl Loader<PaymentsOf> for Rows {
    type Value = Vec<payment::Model>;
    type Error = Error;

    async fn load(&self, keys: &[PaymentsOf]) -> Result<HashMap<PaymentsOf, Self::Value>> {
        let orders: Vec<OrderId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<PaymentsOf, Self::Value> = HashMap::with_capacity(keys.len());
        for row in payment::of_orders(self.0.read(), &orders).await? {
            found.entry(PaymentsOf(row.order_id)).or_default().push(row);
        }
        Ok(found)
    }
}

impl Loader<PaymentId> for Rows {
    type Value = payment::Model;
    type Error = Error;

    async fn load(&self, ids: &[PaymentId]) -> Result<HashMap<PaymentId, Self::Value>> {
        let rows = payment::by_ids(self.0.read(), ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}

impl Loader<RefundsOf> for Rows {
    type Value = Vec<refund::Model>;
    type Error = Error;

    async fn load(&self, keys: &[RefundsOf]) -> Result<HashMap<RefundsOf, Self::Value>> {
        let payments: Vec<PaymentId> = keys.iter().map(|key| key.0).collect();
        let mut found: HashMap<RefundsOf, Self::Value> = HashMap::with_capacity(keys.len());
        for row in refund::of_payments(self.0.read(), &payments).await? {
            found.entry(RefundsOf(row.payment_id)).or_default().push(row);
        }
        Ok(found)
    }
}

impl Loader<RefundId> for Rows {
    type Value = refund::Model;
    type Error = Error;

    async fn load(&self, ids: &[RefundId]) -> Result<HashMap<RefundId, Self::Value>> {
        let rows = refund::by_ids(self.0.read(), ids).await?;
        Ok(rows.into_iter().map(|row| (row.id, row)).collect())
    }
}
