//! Payments and refunds as they are shown.

use async_graphql::{ComplexObject, Context, Enum, ID, Interface, Result, SimpleObject};
use entities::payments::{
    payment::{self, State},
    refund,
};
use kit::{
    CurrencyCode, DateTime, Money, UserError, Viewer,
    facts::{JobState, PaymentState as Told},
    ids::{AccountId, PaymentId, RefundId},
    load,
};

use super::{
    loaders::{RefundsOf, Rows},
    plans::{Plan, PlanSubscription},
    stubs::Order,
};
use crate::service::{Confirmed, READ, told};

/// Anything with a global id; fetch it again with node(id).
#[derive(Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Global opaque id."))]
pub(crate) enum Node {
    Plan(Plan),
    PlanSubscription(PlanSubscription),
    Payment(Payment),
    Refund(Refund),
}

/// Payment states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Told")]
pub(crate) enum PaymentState {
    /// The payer must do something: confirm it, or prove who they are.
    RequiresAction,
    /// The provider works on it.
    Processing,
    /// The money is set aside.
    Authorized,
    /// The money was taken.
    Captured,
    /// Part of what was taken was given back.
    PartiallyRefunded,
    /// All of what was taken was given back.
    Refunded,
    /// It was declined; it can be confirmed again with another method.
    Failed,
    /// It was called off before money was taken.
    Voided,
}

/// Money taken for an order; visible to whoever pays, and to staff with
/// payments:read.
#[derive(SimpleObject, Clone)]
#[graphql(complex, tag = "id/pay", tag = "viewer")]
pub(crate) struct Payment {
    /// Global opaque id.
    pub(crate) id: PaymentId,
    /// State.
    state: PaymentState,
    /// Asked for.
    amount: Money,
    /// Authorized.
    authorized: Money,
    /// Captured.
    captured: Money,
    /// Refunded, or on its way back; never above captured.
    refunded: Money,
    /// Provider, e.g. stripe or sandbox.
    provider: String,
    /// Decline reason, e.g. insufficient_funds.
    failure: Option<String>,
    #[graphql(skip)]
    client_secret: Option<String>,
    #[graphql(skip)]
    account: Option<AccountId>,
    #[graphql(skip)]
    order: Order,
}

#[ComplexObject]
impl Payment {
    /// Order; null when it is a guest's, whose secret does not travel with the
    /// payment: read it by `order(id, guestSecret)`.
    async fn order(&self, ctx: &Context<'_>) -> Option<Order> {
        let is_told = self.account.is_some() || Viewer::of(ctx).may(READ);
        is_told.then(|| self.order.clone())
    }

    /// Secret for the client SDK while action is needed; null for everybody but the
    /// payer.
    async fn client_secret(&self, ctx: &Context<'_>) -> Option<&str> {
        let viewer = Viewer::of(ctx);
        // Whoever else sees a guest's payment has shown the guest's secret.
        let is_payer = match self.account {
            Some(account) => viewer.account == Some(account),
            None => !viewer.may(READ),
        };
        self.client_secret.as_deref().filter(|_| is_payer)
    }

    /// Refunds, oldest first.
    async fn refunds(&self, ctx: &Context<'_>) -> Result<Vec<Refund>> {
        let rows = load::<Rows, _>(ctx, RefundsOf(self.id)).await?.unwrap_or_default();
        let currency = self.amount.currency;
        Ok(rows.into_iter().map(|row| Refund::new(row, currency)).collect())
    }
}

impl Payment {
    pub(crate) fn new(row: payment::Model) -> Self {
        let currency = currency(&row.currency);
        let money = |amount| Money::new(amount, currency);
        // While nothing else is to be done, the payer's own program may go on.
        let needs_payer = matches!(row.state, State::RequiresAction | State::Failed);
        Self {
            id: row.id,
            state: told(row.state).into(),
            amount: money(row.amount),
            authorized: money(row.authorized),
            captured: money(row.captured),
            refunded: money(row.refunded),
            provider: row.provider,
            client_secret: row.client_secret.filter(|_| needs_payer && row.called_off_at.is_none()),
            failure: row.failure,
            account: row.account_id,
            order: Order { id: row.order_id, access: row.guest_access.unwrap_or_default() },
        }
    }
}

/// The rows hold what the platform wrote.
pub(super) fn currency(code: &str) -> CurrencyCode {
    code.parse().unwrap_or(CurrencyCode(iso_currency::Currency::XXX))
}

/// Where a refund stands, in the words of every long job.
const fn job_state(state: refund::State) -> JobState {
    match state {
        refund::State::Queued => JobState::Queued,
        refund::State::Running => JobState::Running,
        refund::State::Succeeded => JobState::Succeeded,
        refund::State::Failed => JobState::Failed,
        refund::State::Cancelled => JobState::Cancelled,
    }
}

/// Money given back.
#[derive(SimpleObject, Clone)]
#[graphql(tag = "id/rfd", tag = "viewer")]
pub(crate) struct Refund {
    /// Global opaque id.
    id: RefundId,
    /// Amount.
    amount: Money,
    /// State; QUEUED until the provider has heard of it, RUNNING until the money is
    /// back.
    state: JobState,
    /// Reason.
    reason: String,
    /// Created.
    created_at: DateTime,
}

impl Refund {
    pub(crate) fn new(row: refund::Model, currency: CurrencyCode) -> Self {
        Self {
            id: row.id,
            amount: Money::new(row.amount, currency),
            state: job_state(row.state),
            reason: row.reason,
            created_at: row.created_at,
        }
    }

    pub(crate) fn of(row: refund::Model, payment: &payment::Model) -> Self {
        Self::new(row, currency(&payment.currency))
    }
}

/// Payment after a change.
#[derive(SimpleObject)]
#[graphql(tag = "viewer")]
pub(crate) struct PaymentPayload {
    /// Payment as it is now, whether or not the change succeeded; null when there is
    /// none that the viewer may see.
    payment: Option<Payment>,
    /// Expected failures.
    user_errors: Vec<UserError>,
}

impl From<Confirmed> for PaymentPayload {
    fn from(confirmed: Confirmed) -> Self {
        Self { payment: confirmed.payment.map(Payment::new), user_errors: confirmed.errors }
    }
}
