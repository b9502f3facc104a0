//! Payments, refunds and orders as other subgraphs refer to them.

use async_graphql::{Context, Object};
use kit::{
    Viewer, entity,
    ids::{OrderId, PaymentId, RefundId},
    load,
};

use super::{
    loaders::Rows,
    stubs::Order,
    types::{Payment, Refund},
};
use crate::service::is_visible;

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

    #[graphql(entity)]
    async fn order_entity(&self, id: OrderId, access: String) -> Order {
        Order { id, access }
    }
}
