//! Stubs of other modules' entities, to which payments add fields. They carry no
//! `///` of their own, which would be published.

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use entities::payments::payment::{Model, State};
use kit::{Viewer, ids::OrderId, load};

use super::{
    loaders::{PaymentsOf, Rows},
    types::Payment,
};
use crate::service::is_visible;

// An order. Who may see it decides the module that owns it, which also says what
// secret was shown: `access` is its hash, and empty for everybody but guests.
#[derive(SimpleObject, Clone)]
#[graphql(complex, tag = "viewer")]
pub(crate) struct Order {
    /// Global opaque id.
    pub(crate) id: OrderId,
    #[graphql(inaccessible)]
    pub(crate) access: String,
}

/// Money state of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum OrderPaymentStatus {
    /// Nothing is set aside or taken.
    Unpaid,
    /// The money is set aside.
    Authorized,
    /// Part of it was taken, and nothing given back.
    PartiallyCaptured,
    /// It was taken.
    Captured,
    /// Part of what was taken was given back.
    PartiallyRefunded,
    /// All of what was taken was given back.
    Refunded,
    /// The payment was called off before money was taken.
    Voided,
}

#[ComplexObject]
impl Order {
    /// Payments, newest first; null for whoever may not see them.
    async fn payments(&self, ctx: &Context<'_>) -> Result<Option<Vec<Payment>>> {
        let rows = self.visible(ctx).await?;
        Ok(rows.map(|rows| rows.into_iter().map(Payment::new).collect()))
    }

    /// Money state over all payments.
    async fn payment_status(&self, ctx: &Context<'_>) -> Result<Option<OrderPaymentStatus>> {
        Ok(self.visible(ctx).await?.map(|rows| status(&rows)))
    }
}

impl Order {
    /// The payments, when all of them may be seen.
    async fn visible(&self, ctx: &Context<'_>) -> Result<Option<Vec<Model>>> {
        let rows = load::<Rows, _>(ctx, PaymentsOf(self.id)).await?.unwrap_or_default();
        let viewer = Viewer::of(ctx);
        let is_seen = rows.iter().all(|row| is_visible(row, viewer, Some(&self.access)));
        Ok((!rows.is_empty() && is_seen).then_some(rows))
    }
}

fn status(rows: &[Model]) -> OrderPaymentStatus {
    let sum = |amount: fn(&Model) -> i64| rows.iter().map(amount).sum::<i64>();
    let (captured, refunded) = (sum(|row| row.captured), sum(|row| row.refunded));
    let is = |state| rows.iter().any(|row| row.state == state);
    match () {
        () if captured > 0 && refunded >= captured => OrderPaymentStatus::Refunded,
        () if refunded > 0 => OrderPaymentStatus::PartiallyRefunded,
        () if captured > 0 && captured < sum(|row| row.amount) => OrderPaymentStatus::PartiallyCaptured,
        () if is(State::Captured) => OrderPaymentStatus::Captured,
        () if is(State::Authorized) => OrderPaymentStatus::Authorized,
        () if rows.iter().all(|row| row.state == State::Voided) => OrderPaymentStatus::Voided,
        () => OrderPaymentStatus::Unpaid,
    }
}
