//! Payments, refunds and orders as other subgraphs refer to them.

use async_graphql::{Context, Object};
use kit::{
    Viewer, entity,
    ids::{AccountId, OrderId, PaymentId, PlanId, PlanSubscriptionId, RefundId},
    load,
};

use super::{
    loaders::Rows,
    plans::{Account, Plan, PlanSubscription},
    stubs::Order,
    types::{Payment, Refund},
};
use crate::{
    plans::{PLANS, READ_ACCOUNTS, plan},
    service::is_visible,
};

/// Everything that can be read.
pub(crate) struct Query;

/// Everything that can be read.
#[Object]
impl Query {
    #[graphql(entity)]
    async fn payment_entity(&self, ctx: &Context<'_>, id: PaymentId) -> Option<Payment> {
        let row = entity(ctx, load::<Rows, _>(ctx, id).await)?;
        is_visible(&row, Viewer::of(ctx), None).then(|| Payment::new(row))
    }

    #[graphql(entity)]
    async fn refund_entity(&self, ctx: &Context<'_>, id: RefundId) -> Option<Refund> {
        let row = entity(ctx, load::<Rows, _>(ctx, id).await)?;
        let payment = entity(ctx, load::<Rows, _>(ctx, row.payment_id).await)?;
        is_visible(&payment, Viewer::of(ctx), None).then(|| Refund::of(row, &payment))
    }

    /// Plans on offer, the cheapest first; the first one is what everybody has.
    async fn plans(&self) -> Option<Vec<Plan>> {
        Some(PLANS.iter().map(Plan::from).collect())
    }

    #[graphql(entity)]
    async fn plan_entity(&self, id: PlanId) -> Option<Plan> {
        plan(id).map(Plan::from)
    }

    #[graphql(entity)]
    async fn plan_subscription_entity(
        &self,
        ctx: &Context<'_>,
        id: PlanSubscriptionId,
    ) -> Option<PlanSubscription> {
        let viewer = Viewer::of(ctx);
        let row = entity(ctx, load::<Rows, _>(ctx, id).await)?;
        let is_visible = viewer.account == Some(row.account_id) || viewer.may(READ_ACCOUNTS);
        PlanSubscription::of(row).filter(|_| is_visible)
    }

    #[graphql(entity)]
    async fn account_entity(&self, id: AccountId) -> Account {
        Account { id }
    }

    #[graphql(entity)]
    async fn order_entity(&self, id: OrderId, access: String) -> Order {
        Order { id, access }
    }
}
