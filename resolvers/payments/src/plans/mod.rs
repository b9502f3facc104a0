//! Plans: what is on offer, which one an account has, and what it uses of it.

mod catalogue;
mod changes;
mod usage;

use std::{collections::HashMap, sync::Arc};

use entities::payments::{
    subscription::{self, Model, State},
    usage as counted,
};
use kit::{
    Clock, Database, DateTime, Platform, Result,
    ids::{AccountId, PlanId},
};

pub(crate) use self::catalogue::{PLANS, Plan, plan};

/// Sees the plans of all accounts.
pub(crate) const READ_ACCOUNTS: &str = "accounts:read";
/// A period, in milliseconds: 30 days.
const PERIOD: i64 = 30 * 24 * 60 * 60 * 1_000;

/// The rules of plans.
pub(crate) struct Plans {
    pub(crate) db: Database,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether plans are sold here: the sandbox charges at once.
    sells: bool,
}

/// What an account may use, and since when it counts.
pub(crate) struct Standing {
    pub(crate) plan: &'static Plan,
    pub(crate) period_start: DateTime,
    pub(crate) period_end: DateTime,
}

/// What an account used of a metric.
#[derive(Clone)]
pub(crate) struct Used {
    pub(crate) metric: &'static str,
    pub(crate) used: i64,
    pub(crate) included: i64,
    pub(crate) resets_at: DateTime,
}

impl Plans {
    pub(crate) fn new(platform: &Platform, sells: bool) -> Self {
        Self { db: platform.db.clone(), clock: platform.clock.clone(), sells }
    }

    /// The plan of an account.
    pub(crate) async fn of_account(&self, account: AccountId) -> Result<Option<Model>> {
        Ok(subscription::of_accounts(self.db.write(), &[account]).await?.pop())
    }

    /// What an account may use now.
    async fn standing(&self, account: AccountId) -> Result<Standing> {
        let row = self.of_account(account).await?;
        Ok(standing(row.as_ref(), self.clock.now()))
    }

    /// What these accounts used of each metric of their plans.
    pub(crate) async fn used(&self, accounts: &[AccountId]) -> Result<HashMap<AccountId, Vec<Used>>> {
        let (db, now) = (self.db.read(), self.clock.now());
        let rows = subscription::of_accounts(db, accounts).await?;
        let standings: Vec<(AccountId, Standing)> = accounts
            .iter()
            .map(|account| {
                let row = rows.iter().find(|row| row.account_id == *account);
                (*account, standing(row, now))
            })
            .collect();
        let since = standings.iter().map(|(_, standing)| standing.period_start).min().unwrap_or(now);
        let counters = counted::used(db, accounts, since).await?;
        let used = |account: AccountId, standing: &Standing| {
            let counted = |metric: &str| {
                let counter = counters.iter().find(|counter| {
                    counter.account_id == account
                        && counter.metric == metric
                        && counter.period_start == standing.period_start
                });
                counter.map_or(0, |counter| counter.used)
            };
            let quotas = standing.plan.quotas.iter().map(|(metric, included)| Used {
                metric,
                used: counted(metric),
                included: *included,
                resets_at: standing.period_end,
            });
            quotas.collect()
        };
        Ok(standings.iter().map(|(account, standing)| (*account, used(*account, standing))).collect())
    }

    /// Forgets what an account has and used.
    pub(crate) async fn erase(&self, account: AccountId) -> Result<()> {
        let erased = self.db.transaction(move |transaction| {
            Box::pin(async move {
                counted::erase(transaction, account).await?;
                Ok(subscription::erase(transaction, account).await?)
            })
        });
        erased.await
    }
}

/// What a plan lets an account use; without one, or after its end, the free plan
/// counts over periods of its own.
fn standing(row: Option<&Model>, now: DateTime) -> Standing {
    let paid = row.filter(|row| row.state != State::Cancelled);
    if let Some((row, plan)) = paid.and_then(|row| Some((row, plan(row.plan)?))) {
        return Standing { plan, period_start: row.period_start, period_end: row.period_end };
    }
    let period_start = DateTime(now.0.div_euclid(PERIOD) * PERIOD);
    Standing { plan: catalogue::free(), period_start, period_end: period_start.plus(PERIOD) }
}

/// Part of a price, for what is left of a period; rounded down.
fn share(price: i64, left: i64) -> i64 {
    let share = i128::from(price) * i128::from(left.clamp(0, PERIOD)) / i128::from(PERIOD);
    i64::try_from(share).unwrap_or(i64::MAX)
}

/// The id of a plan of the catalogue.
pub(crate) fn id_of(plan: &Plan) -> PlanId {
    plan.id.parse().unwrap_or_else(|_| kit::Id::from_ulid(ulid::Ulid::nil()))
}
