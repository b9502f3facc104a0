//! What mutations answer.

use std::sync::Arc;

use async_graphql::{Context, SimpleObject};
use entities::orders::Scope;
use kit::{Outcome, Result, UserError, UserErrorCode, Viewer, ids::OrderId};

use super::Order;
use crate::{
    loaders::seen,
    service::{Placed, Service},
};

/// Order after a change.
#[derive(SimpleObject)]
#[graphql(tag = "viewer")]
pub(crate) struct OrderPayload {
    /// Order, null when the change failed.
    order: Option<Order>,
    /// Secret for a guest to read it back; null for accounts, and when the change
    /// was no checkout.
    guest_secret: Option<String>,
    /// True when an idempotency key replayed an earlier answer.
    replayed: bool,
    /// Expected failures; nothing changed when there are any. The one exception is
    /// PAYMENT_UNAVAILABLE: the order is placed, and its payment is opened later.
    user_errors: Vec<UserError>,
}

impl OrderPayload {
    /// The order as of now, as this scope sees it, or why it did not change.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) async fn of(
        ctx: &Context<'_>,
        scope: Scope,
        outcome: Outcome<(OrderId, bool)>,
    ) -> Result<Self> {
        match outcome {
            Ok((id, replayed)) => {
                let order = seen(ctx, scope, id).await?.map(Order::from);
                Ok(Self { order, guest_secret: None, replayed, user_errors: Vec::new() })
            }
            Err(user_errors) => {
                Ok(Self { order: None, guest_secret: None, replayed: false, user_errors })
            }
        }
    }

    /// What a checkout came to.
    ///
    /// # Errors
    /// When the order can't be read.
    pub(crate) async fn of_checkout(ctx: &Context<'_>, outcome: Outcome<Placed>) -> Result<Self> {
        let placed = match outcome {
            Ok(placed) => placed,
            Err(refused) => return Self::of(ctx, Scope::Nobody, Err(refused)).await,
        };
        let service = ctx.data_unchecked::<Arc<Service>>();
        let scope = service.scope(Viewer::of(ctx), placed.guest_secret.as_deref()).await?;
        let payload = Self::of(ctx, scope, Ok((placed.id, placed.is_replayed))).await?;
        let late = || {
            let message = "the payment provider is away: the order is placed, pay it in a while";
            UserError::new(UserErrorCode::PaymentUnavailable, "", message)
        };
        Ok(Self {
            guest_secret: placed.guest_secret,
            user_errors: placed.is_payment_late.then(late).into_iter().collect(),
            ..payload
        })
    }
}
