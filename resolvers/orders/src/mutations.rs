//! The root mutation fields: guard, call the service, map.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use entities::{
    ids::{OrderId, ReturnId},
    orders::{ReturnState, Scope},
};
use kit::{Require, Viewer};

use crate::{
    loaders::scope,
    service::{FULFIL, REFUND, Service, Shipment, WRITE},
    types::{CheckoutInput, LineQuantity, OrderPayload, RefundInput, pairs},
};

/// The root mutation fields of orders.
pub(crate) struct Mutation;

#[Object]
impl Mutation {
    /// Place an order: the cart as it is becomes one, its units are reserved, and a
    /// payment is opened. The same key with the same input answers the same order,
    /// however often it is sent.
    async fn checkout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to buy, at which total.")] input: CheckoutInput,
    ) -> Result<Option<OrderPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let key = input.idempotency_key.clone();
        let outcome = match input.read() {
            Ok(draft) => service.checkout(Viewer::of(ctx), draft, &key).await?,
            Err(wrong) => Err(wrong),
        };
        Ok(Some(OrderPayload::of_checkout(ctx, outcome).await?))
    }

    /// Cancel and release stock; voids or refunds the payment. Its buyer may do so
    /// until something is shipped, and so may staff with orders:write.
    async fn order_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] id: OrderId,
        #[graphql(desc = "Why, 1 to 500 characters.")] reason: String,
        #[graphql(desc = "Fail if it changed since; checked when given.")] expected_version: Option<i32>,
        #[graphql(desc = "The secret that a guest got from checkout.")] guest_secret: Option<String>,
    ) -> Result<Option<OrderPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let viewer = Viewer::of(ctx);
        let scope = service.scope(viewer, guest_secret.as_deref()).await?;
        let outcome = service.cancel(viewer, &scope, id, &reason, expected_version).await?;
        let outcome = outcome.map(|id| (id, false));
        Ok(Some(OrderPayload::of(ctx, scope, outcome).await?))
    }

    /// Ship units: sellers those of their own part, staff any. Never more than are
    /// neither shipped nor cancelled.
    #[graphql(guard = "Require(FULFIL)", requires_scopes = "orders:fulfil")]
    async fn order_fulfil(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] id: OrderId,
        #[graphql(desc = "What leaves the house.")] lines: Vec<LineQuantity>,
        #[graphql(desc = "Who carries it, up to 100 characters.")] carrier: Option<String>,
        #[graphql(desc = "Where to look for it, up to 100 characters.")] tracking_number: Option<String>,
    ) -> Result<Option<OrderPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let shipment = Shipment { lines: pairs(lines), carrier, tracking_number };
        let outcome = service.fulfil(Viewer::of(ctx), id, shipment).await?.map(|id| (id, false));
        Ok(Some(OrderPayload::of(ctx, scope(ctx).await?, outcome).await?))
    }

    /// Ask to return units that were shipped, until the order is completed.
    async fn order_return_request(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which order.")] id: OrderId,
        #[graphql(desc = "What is to come back.")] lines: Vec<LineQuantity>,
        #[graphql(desc = "Why, 1 to 500 characters.")] reason: String,
        #[graphql(desc = "The secret that a guest got from checkout.")] guest_secret: Option<String>,
    ) -> Result<Option<OrderPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let viewer = Viewer::of(ctx);
        let scope = service.scope(viewer, guest_secret.as_deref()).await?;
        let outcome = service.request_return(viewer, &scope, id, pairs(lines), &reason).await?;
        let outcome = outcome.map(|id| (id, false));
        Ok(Some(OrderPayload::of(ctx, scope, outcome).await?))
    }

    /// Decide a return: REQUESTED>APPROVED>RECEIVED>REFUNDED, or REQUESTED>REJECTED.
    /// REFUNDED pays its units back at what they cost.
    #[graphql(guard = "Require(WRITE)", requires_scopes = "orders:write")]
    async fn order_return_resolve(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which return.")] return_id: ReturnId,
        #[graphql(desc = "Where it moves.")] state: ReturnState,
        #[graphql(
            desc = "Put the units back into stock; with RECEIVED only.",
            default_with = "Some(false)"
        )]
        restock: Option<bool>,
    ) -> Result<Option<OrderPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let restock = restock.unwrap_or(false);
        let outcome = service.resolve_return(Viewer::of(ctx), return_id, state, restock).await?;
        let outcome = outcome.map(|id| (id, false));
        Ok(Some(OrderPayload::of(ctx, Scope::All, outcome).await?))
    }

    /// Refund, never above what was captured; once for each key.
    #[graphql(guard = "Require(REFUND)", requires_scopes = "orders:refund")]
    async fn order_refund(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to pay back.")] input: RefundInput,
    ) -> Result<Option<OrderPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let key = input.idempotency_key.clone();
        let outcome = match input.read() {
            Ok(draft) => service.refund(Viewer::of(ctx), draft, &key).await?,
            Err(wrong) => Err(wrong),
        };
        Ok(Some(OrderPayload::of(ctx, Scope::All, outcome).await?))
    }
}
