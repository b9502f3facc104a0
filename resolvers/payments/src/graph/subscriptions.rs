//! The stream of one payment.

use std::sync::Arc;

use ::subscriptions::{Fact as _, Following, Kinds};
use async_graphql::{Context, Result, Subscription};
use futures_util::{Stream, StreamExt as _, stream};
use kit::{
    Viewer,
    facts::{PaymentChanged, PaymentState},
    follow,
    ids::PaymentId,
};

use super::types::Payment;
use crate::{access, service::Service};

/// The root subscription fields of payments.
pub(crate) struct Subscription;

#[Subscription]
impl Subscription {
    /// Follow a payment to its end: until it is voided or given back. Each event is
    /// the payment as of now. Nothing comes of a payment that the viewer may not see.
    async fn payment_updated(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The payment.")] payment_id: PaymentId,
        #[graphql(desc = "The secret from checkout, for a guest's order.")] guest_secret: Option<String>,
        #[graphql(desc = "Resume behind this cursor; from now on when absent.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<Payment>> + use<>> {
        let service = ctx.data_unchecked::<Arc<Service>>().clone();
        let viewer = Viewer::of(ctx).clone();
        let access = guest_secret.as_deref().map(access::hash);
        let following = Following::new(Kinds::of([PaymentChanged::KIND]))
            .after(after)
            .subjects([payment_id.to_string()]);
        let events = follow(ctx, following, move |event| {
            let (service, viewer, access) = (service.clone(), viewer.clone(), access.clone());
            async move {
                let Some(fact) = event.read::<PaymentChanged>() else { return Ok(None) };
                let row = service.visible(&viewer, access.as_deref(), payment_id).await?;
                Ok(row.map(|row| (fact.state, Payment::new(row))))
            }
        });
        // The last word on a payment ends the stream, and is part of it.
        Ok(stream::unfold(Some(Box::pin(events.await?)), |events| async {
            let mut events = events?;
            let item = events.next().await?;
            let has_ended = item.as_ref().is_ok_and(|(state, _)| is_last(*state));
            Some((item.map(|(_, payment)| payment), (!has_ended).then_some(events)))
        }))
    }
}

/// Whether nothing can come after.
const fn is_last(state: PaymentState) -> bool {
    matches!(state, PaymentState::Voided | PaymentState::Refunded)
}
