//! Buckets in Redis, for all instances together. A bucket is changed by one
//! script, so two instances never take the same point.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use kit::{Health, Outside, OutsideOptions};
use redis::{
    Client, RedisError, Script,
    aio::{ConnectionManager, ConnectionManagerConfig},
};

use super::{Empty, restoring};
use crate::BudgetConfig;

/// How long one call may take. A request waits for it.
pub(super) const DEADLINE: Duration = Duration::from_millis(50);
/// How long one call may take where instances must not count each for itself on a
/// busy machine, either: what waits for it takes as long.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);
/// How long Redis is left alone when it does not answer.
const PAUSE: Duration = Duration::from_secs(2);
/// The longest rest before a lost connection is opened again.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// Takes points (less than none puts back) by Redis' own clock. Answers whether
/// they were taken, and what is left as a text: a number would lose its fraction.
const CHANGE: &str = r"
local size, restore, points = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local state = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(state[1]) or size, tonumber(state[2]) or now
left = math.min(size, left + math.max(0, now - at) * restore / 1000000)
if points > left then return {0, string.format('%.6f', left)} end
if points ~= 0 then
  left = math.min(size, left - points)
  redis.call('HSET', KEYS[1], 'left', string.format('%.17g', left), 'at', string.format('%.0f', now))
  redis.call('PEXPIRE', KEYS[1], math.ceil((size - left) / restore * 1000) + 1000)
end
return {1, string.format('%.6f', left)}
";

/// The buckets of all instances.
pub(super) struct SharedBuckets {
    connection: ConnectionManager,
    script: Script,
    outside: Outside,
    prefix: String,
    /// Whether the last call failed.
    is_away: AtomicBool,
}

impl SharedBuckets {
    /// Connects when it is first needed; `None` where it never can.
    pub(super) fn new(client: Client, prefix: &str, deadline: Duration) -> Option<Self> {
        let config = ConnectionManagerConfig::new()
            .set_response_timeout(Some(deadline))
            .set_connection_timeout(Some(PAUSE))
            .set_min_delay(DEADLINE)
            .set_max_delay(LONGEST_REST);
        let connection = match ConnectionManager::new_lazy_with_config(client, config) {
            Ok(connection) => connection,
            Err(error) => {
                tracing::error!(%error, "Redis can't keep budgets");
                return None;
            }
        };
        let options = OutsideOptions { timeout: deadline, pause: PAUSE, ..OutsideOptions::default() };
        Some(Self {
            connection,
            script: Script::new(CHANGE),
            outside: Outside::new("Redis (budgets)", options),
            prefix: format!("{prefix}budget:"),
            is_away: AtomicBool::new(false),
        })
    }

    /// Takes points out of a bucket; answers how many are left. The outer error
    /// says that Redis did not answer.
    pub(super) async fn take(
        &self,
        name: &str,
        budget: BudgetConfig,
        points: u64,
    ) -> kit::Result<Result<u64, Empty>> {
        let (is_taken, left) = self.change(name, budget, as_number(points)).await?;
        let retry_after = restoring(as_number(points) - left, budget);
        Ok(match is_taken {
            true => Ok(whole(left)),
            false => Err(Empty { available: whole(left), retry_after }),
        })
    }

    /// Puts points back, none to look only; answers how many there are then.
    pub(super) async fn give_back(
        &self,
        name: &str,
        budget: BudgetConfig,
        points: u64,
    ) -> kit::Result<u64> {
        let (_, left) = self.change(name, budget, -as_number(points)).await?;
        Ok(whole(left))
    }

    /// Whether Redis answers now.
    pub(super) async fn health(&self) -> Health {
        let answered = self
            .call(async |mut connection| redis::cmd("PING").query_async::<()>(&mut connection).await);
        match answered.await {
            Ok(()) => Health::Up,
            Err(_) => Health::Degraded(
                "Redis is away: each instance goes on with budgets of its own".to_owned(),
            ),
        }
    }

    async fn change(&self, name: &str, budget: BudgetConfig, points: f64) -> kit::Result<(bool, f64)> {
        let answer = self.call(async |mut connection| {
            let mut call = self.script.key(format!("{}{name}", self.prefix));
            call.arg(budget.points).arg(budget.restore).arg(points);
            call.invoke_async::<(i64, String)>(&mut connection).await
        });
        let (is_taken, left) = answer.await?;
        let left = left.parse().map_err(|_| kit::Error::internal("the script answers a number"))?;
        Ok((is_taken == 1, left))
    }

    async fn call<T>(
        &self,
        command: impl AsyncFnOnce(ConnectionManager) -> Result<T, RedisError>,
    ) -> kit::Result<T> {
        let answer = self.outside.once(command(self.connection.clone())).await;
        let is_away = answer.is_err();
        match (self.is_away.swap(is_away, Ordering::Relaxed), is_away) {
            (false, true) => {
                tracing::warn!("Redis is away: this instance goes on with budgets of its own")
            }
            (true, false) => tracing::info!("Redis is back: all instances share their budgets"),
            _ => {}
        }
        answer
    }
}

/// Exact: no budget comes near 2^53 points.
#[expect(clippy::cast_precision_loss, reason = "a budget is a u32")]
fn as_number(points: u64) -> f64 {
    points as f64
}

/// The points that can be spent of those that are there.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a budget is a u32")]
fn whole(left: f64) -> u64 {
    left.floor().max(0.0) as u64
}
