//! Plans as they are shown.

use async_graphql::{ComplexObject, Context, Enum, Result, SimpleObject};
use entities::payments::subscription::{Model, State};
use kit::{
    DateTime, Long, Money, Outcome, Url, UserError, Viewer,
    ids::{AccountId, PlanId, PlanSubscriptionId},
    load,
};

use super::{
    loaders::{PlanOf, PlanUse, Rows},
    types::currency,
};
use crate::plans::{self, READ_ACCOUNTS};

/// What plans are charged in.
const CURRENCY: &str = "EUR";

/// A plan on offer.
#[derive(SimpleObject, Clone)]
#[graphql(tag = "id/plan")]
pub(crate) struct Plan {
    /// Global opaque id.
    pub(crate) id: PlanId,
    /// Name.
    name: String,
    /// Price of a period of 30 days.
    price: Money,
    /// Features switched on.
    features: Vec<String>,
    /// Included units by metric.
    quotas: Vec<UsageQuota>,
}

/// Units included.
#[derive(SimpleObject, Clone)]
pub(crate) struct UsageQuota {
    /// Metric, e.g. context.tokens.
    metric: String,
    /// Included in a period.
    included: Long,
    /// Price of a further unit, null = hard stop.
    overage: Option<Money>,
}

/// An account's plan.
#[derive(SimpleObject, Clone)]
#[graphql(tag = "id/psub", tag = "viewer")]
pub(crate) struct PlanSubscription {
    /// Global opaque id.
    pub(crate) id: PlanSubscriptionId,
    /// Plan.
    plan: Plan,
    /// State.
    state: PlanState,
    /// When the period ends.
    current_period_end: DateTime,
    /// Whether the plan ends then.
    cancel_at_period_end: bool,
}

/// Plan states.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "State")]
pub(crate) enum PlanState {
    /// Not paid for yet.
    Trialing,
    /// Paid for.
    Active,
    /// The last renewal was not paid; it is tried again every day for two weeks.
    PastDue,
    /// Over: what is left is the free plan.
    Cancelled,
}

/// Use in this period.
#[derive(SimpleObject, Clone)]
#[graphql(tag = "viewer")]
pub(crate) struct Usage {
    /// Metric, e.g. context.tokens.
    metric: String,
    /// Used, or reserved by work that runs.
    used: Long,
    /// Included.
    included: Long,
    /// When it counts from zero again.
    resets_at: DateTime,
}

/// Plan after a change.
#[derive(SimpleObject)]
#[graphql(tag = "viewer")]
pub(crate) struct PlanPayload {
    /// The account's plan, null when the change failed.
    subscription: Option<PlanSubscription>,
    /// Hosted page to finish, if needed.
    redirect_url: Option<Url>,
    /// Expected failures; nothing changed when there are any.
    user_errors: Vec<UserError>,
}

// An account; what it pays for is its own business.
#[derive(SimpleObject)]
#[graphql(complex, tag = "viewer")]
pub(crate) struct Account {
    /// Global opaque id.
    pub(crate) id: AccountId,
}

#[ComplexObject]
impl Account {
    /// Current plan; null for the free one, and for anybody but the owner and staff.
    async fn plan_subscription(&self, ctx: &Context<'_>) -> Result<Option<PlanSubscription>> {
        if !self.is_visible(ctx) {
            return Ok(None);
        }
        Ok(load::<Rows, _>(ctx, PlanOf(self.id)).await?.and_then(PlanSubscription::of))
    }

    /// Use by metric in this period; null for anybody but the owner and staff.
    async fn usage(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which metrics; all of the plan's when absent.")] metrics: Option<Vec<String>>,
    ) -> Result<Option<Vec<Usage>>> {
        if !self.is_visible(ctx) {
            return Ok(None);
        }
        let used = load::<PlanUse, _>(ctx, self.id).await?.unwrap_or_default();
        let is_wanted = |metric: &str| {
            metrics.as_ref().is_none_or(|wanted| wanted.iter().any(|wanted| wanted == metric))
        };
        let used = used.into_iter().filter(|used| is_wanted(used.metric));
        let shown = used.map(|used| Usage {
            metric: used.metric.to_owned(),
            used: Long(used.used),
            included: Long(used.included),
            resets_at: used.resets_at,
        });
        Ok(Some(shown.collect()))
    }
}

impl Account {
    fn is_visible(&self, ctx: &Context<'_>) -> bool {
        let viewer = Viewer::of(ctx);
        viewer.account == Some(self.id) || viewer.may(READ_ACCOUNTS)
    }
}

impl From<&'static plans::Plan> for Plan {
    fn from(plan: &'static plans::Plan) -> Self {
        let quotas = plan.quotas.iter().map(|(metric, included)| UsageQuota {
            metric: (*metric).to_owned(),
            included: Long(*included),
            overage: None,
        });
        Self {
            id: plans::id_of(plan),
            name: plan.name.to_owned(),
            price: Money::new(plan.price, currency(CURRENCY)),
            features: plan.features.iter().map(|feature| (*feature).to_owned()).collect(),
            quotas: quotas.collect(),
        }
    }
}

impl PlanSubscription {
    /// `None` for a plan that is no longer in the catalogue.
    pub(crate) fn of(row: Model) -> Option<Self> {
        Some(Self {
            id: row.id,
            plan: plans::plan(row.plan)?.into(),
            state: row.state.into(),
            current_period_end: row.period_end,
            cancel_at_period_end: row.cancels_at_end,
        })
    }
}

impl From<Outcome<Model>> for PlanPayload {
    fn from(outcome: Outcome<Model>) -> Self {
        let (subscription, user_errors) = match outcome {
            Ok(row) => (PlanSubscription::of(row), Vec::new()),
            Err(errors) => (None, errors),
        };
        Self { subscription, redirect_url: None, user_errors }
    }
}
