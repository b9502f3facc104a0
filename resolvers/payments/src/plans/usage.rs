//! Counting what is used: each piece of work once, never more than is included.

use entities::payments::usage::{self as counted, Entry};
use kit::{
    Error, Result,
    ids::AccountId,
    ports::{Allowed, Usage},
};

use super::Plans;

const RESERVED: &str = "RESERVED";
const RECORDED: &str = "RECORDED";
const REFUNDED: &str = "REFUNDED";

#[async_trait::async_trait]
impl Usage for Plans {
    async fn reserve(&self, account: AccountId, metric: &str, units: i64, key: &str) -> Result<Allowed> {
        if units < 0 {
            return Err(Error::internal("less than nothing can't be used"));
        }
        let standing = self.standing(account).await?;
        let included = standing.plan.included(metric);
        let entry = Entry {
            key: key.to_owned(),
            account_id: account,
            metric: metric.to_owned(),
            period_start: standing.period_start,
            units,
            state: RESERVED.to_owned(),
            at: self.clock.now(),
        };
        let reserved = self.db.transaction(move |transaction| {
            let entry = entry.clone();
            Box::pin(async move {
                if !counted::begin(transaction, &entry).await? {
                    let known = counted::entry(transaction, &entry.key).await?;
                    let is_same = known.is_some_and(|known| {
                        known.account_id == entry.account_id && known.metric == entry.metric
                    });
                    return match is_same {
                        true => Ok(Allowed::Counted),
                        false => Err(Error::internal("this key names other work")),
                    };
                }
                if counted::count(transaction, &entry, included).await? {
                    return Ok(Allowed::Counted);
                }
                counted::forget(transaction, &entry.key).await?;
                let used = counted::used(transaction, &[entry.account_id], entry.period_start).await?;
                let is_same = |counter: &&counted::Counter| {
                    counter.metric == entry.metric && counter.period_start == entry.period_start
                };
                let used = used.iter().find(is_same);
                let left = included - used.map_or(0, |counter| counter.used);
                Ok(Allowed::UsedUp(left.max(0)))
            })
        });
        reserved.await
    }

    async fn record(&self, key: &str, units: i64) -> Result<()> {
        self.end(key, RECORDED, units).await
    }

    async fn refund(&self, key: &str) -> Result<()> {
        self.end(key, REFUNDED, 0).await
    }

    async fn has_feature(&self, account: AccountId, feature: &str) -> Result<bool> {
        Ok(self.standing(account).await?.plan.features.contains(&feature))
    }
}

impl Plans {
    /// Ends a piece of work, of which so much stays counted. What was refunded
    /// stays so.
    async fn end(&self, key: &str, state: &'static str, units: i64) -> Result<()> {
        let key = key.to_owned();
        let ended = self.db.transaction(move |transaction| {
            let key = key.clone();
            Box::pin(async move {
                loop {
                    let Some(entry) = counted::entry(transaction, &key).await? else { return Ok(()) };
                    if entry.state == REFUNDED || entry.state == state {
                        return Ok(());
                    }
                    let units = units.clamp(0, entry.units);
                    if counted::end(transaction, &entry, state, units).await? {
                        return Ok(counted::uncount(transaction, &entry, entry.units - units).await?);
                    }
                }
            })
        });
        ended.await
    }
}
