//! The root mutation fields: guard, call the service, map.

use std::sync::Arc;

use async_graphql::{Context, Object, Result};
use kit::{
    MoneyInput, Require, Viewer,
    ids::{PaymentId, PlanId},
};

use super::{plans::PlanPayload, types::PaymentPayload};
use crate::{
    access,
    plans::Plans,
    service::{Confirmation, Service},
};

/// Everything that can be changed.
pub(crate) struct Mutation;

/// Everything that can be changed.
#[Object]
impl Mutation {
    /// Confirm a payment with a method token; same key = same charge, and however
    /// many keys, one charge. A decline, a step that the payer must take and a
    /// provider that is away are userErrors.
    async fn payment_confirm(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payment.")] payment_id: PaymentId,
        #[graphql(desc = "What the provider's SDK made of the payer's card.")] method_token: String,
        #[graphql(desc = "Retry-safe key: repeated with the same input, nothing happens twice.")]
        idempotency_key: String,
        #[graphql(desc = "The secret from checkout, for a guest's order.")] guest_secret: Option<String>,
    ) -> Result<Option<PaymentPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let access = guest_secret.as_deref().map(access::hash);
        let wish = Confirmation {
            id: payment_id,
            method: &method_token,
            key: &idempotency_key,
            access: access.as_deref(),
        };
        Ok(Some(service.confirm(Viewer::of(ctx), wish).await?.into()))
    }

    /// Capture an authorization, once; what is not captured is freed.
    #[graphql(guard = "Require(\"payments:write\")", requires_scopes = "payments:write")]
    async fn payment_capture(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payment.")] payment_id: PaymentId,
        #[graphql(desc = "How much; all of it when absent.")] amount: Option<MoneyInput>,
        #[graphql(desc = "Retry-safe key: repeated with the same input, nothing happens twice.")]
        idempotency_key: String,
    ) -> Result<Option<PaymentPayload>> {
        let service = ctx.data_unchecked::<Arc<Service>>();
        let viewer = Viewer::of(ctx);
        Ok(Some(service.capture(viewer, payment_id, amount, &idempotency_key).await?.into()))
    }

    /// Change plan, prorated: the difference for the rest of the period is charged, or
    /// kept as credit. Ending a plan is planCancel.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn plan_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The plan wanted.")] plan_id: PlanId,
        #[graphql(desc = "Retry-safe key: repeated with the same input, nothing happens twice.")]
        idempotency_key: String,
    ) -> Result<Option<PlanPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let plans = ctx.data_unchecked::<Arc<Plans>>();
        Ok(Some(plans.change(account, plan_id, &idempotency_key).await?.into()))
    }

    /// Stop at the period's end, or undo that.
    #[graphql(guard = "kit::SignedIn", directive = kit::authenticated::apply())]
    async fn plan_cancel(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whether the plan is to end.")] cancel: bool,
    ) -> Result<Option<PlanPayload>> {
        let account = Viewer::of(ctx).require_account()?;
        let plans = ctx.data_unchecked::<Arc<Plans>>();
        Ok(Some(plans.cancel(account, cancel).await?.into()))
    }
}
