//! Buckets in this process: `governor` takes points out, and they are put back
//! into the same state.

use std::{
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock, Reference as _},
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{
        StateStore,
        keyed::{DashMapStateStore, ShrinkableKeyedStateStore},
    },
};

use super::Empty;
use crate::BudgetConfig;

/// After so many operations full buckets are forgotten: they are as good as new.
const SWEEP: usize = 10_000;

type Limiter<C> = RateLimiter<String, Store, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// The buckets of one tier.
pub(super) struct LocalBuckets<C: Clock = MonotonicClock> {
    limiter: Limiter<C>,
    store: Store,
    start: C::Instant,
    points: NonZeroU32,
    /// How long one point takes to come back.
    one: Duration,
    operations: AtomicUsize,
}

/// When each bucket will be full again, shared with the limiter.
#[derive(Clone, Default)]
struct Store(Arc<DashMapStateStore<String>>);

impl StateStore for Store {
    type Key = String;

    fn measure_and_replace<T, F, E>(&self, key: &String, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.measure_and_replace(key, decide)
    }
}

impl ShrinkableKeyedStateStore<String> for Store {
    fn retain_recent(&self, drop_below: Nanos) {
        self.0.retain_recent(drop_below);
    }

    fn shrink_to_fit(&self) {
        self.0.shrink_to_fit();
    }

    fn len(&self) -> usize {
        self.0.len()
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl LocalBuckets {
    /// Full buckets of this size.
    pub(super) fn new(budget: BudgetConfig) -> Self {
        Self::with_clock(budget, MonotonicClock)
    }
}

impl<C: Clock> LocalBuckets<C> {
    fn with_clock(budget: BudgetConfig, clock: C) -> Self {
        let points = NonZeroU32::new(budget.points).unwrap_or(NonZeroU32::MIN);
        let one = super::restoring(1.0, budget).max(Duration::from_nanos(1));
        let quota = Quota::with_period(one).expect("a point takes some time").allow_burst(points);
        let (store, start) = (Store::default(), clock.now());
        let limiter = RateLimiter::new(quota, store.clone(), clock);
        Self { limiter, store, start, points, one, operations: AtomicUsize::new(0) }
    }

    /// Takes points out; answers how many are left.
    pub(super) fn take(&self, key: &String, points: u64) -> Result<u64, Empty> {
        let wanted = u32::try_from(points).unwrap_or(u32::MAX);
        let Some(wanted) = NonZeroU32::new(wanted) else { return Ok(self.give_back(key, 0)) };
        self.sweep();
        match self.limiter.check_key_n(key, wanted) {
            Ok(Ok(())) => Ok(self.give_back(key, 0)),
            Ok(Err(not_until)) => {
                let retry_after = not_until.wait_time_from(self.limiter.clock().now());
                Err(Empty { available: self.give_back(key, 0), retry_after })
            }
            // More than the bucket ever holds.
            Err(_) => {
                let retry_after = self.one.saturating_mul(self.points.get());
                Err(Empty { available: self.give_back(key, 0), retry_after })
            }
        }
    }

    /// Puts points back, none to look only; answers how many there are then.
    pub(super) fn give_back(&self, key: &String, points: u64) -> u64 {
        let now = self.limiter.clock().now().duration_since(self.start).as_u64();
        let one = nanos(self.one);
        let back = points.saturating_mul(one);
        let full_at = |full: Option<Nanos>| full.map_or(now, |full| full.as_u64().max(now));
        let looked = self.store.measure_and_replace(key, |full| {
            let full = full_at(full).saturating_sub(back).max(now);
            // Who only looks changes nothing.
            if points == 0 { Err(full) } else { Ok((full, Nanos::new(full))) }
        });
        let full = looked.unwrap_or_else(|full| full);
        let missing = (full - now).div_ceil(one);
        u64::from(self.points.get()).saturating_sub(missing)
    }

    /// Leaves so many points in a bucket.
    pub(super) fn leave(&self, key: &String, available: u64) {
        self.sweep();
        let now = self.limiter.clock().now().duration_since(self.start).as_u64();
        let missing = u64::from(self.points.get()).saturating_sub(available);
        let full = now.saturating_add(missing.saturating_mul(nanos(self.one)));
        let _ = self.store.measure_and_replace(key, |known| match (known, missing) {
            // Full it was and is.
            (None, 0) => Err(()),
            _ => Ok(((), Nanos::new(full))),
        });
    }

    fn sweep(&self) {
        if self.operations.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            let now = self.limiter.clock().now().duration_since(self.start);
            self.store.retain_recent(now);
        }
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    fn buckets(points: u32, restore: f64) -> (LocalBuckets<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        (LocalBuckets::with_clock(BudgetConfig { points, restore }, clock.clone()), clock)
    }

    #[test]
    fn a_bucket_gives_what_it_holds_and_fills_again() {
        let (buckets, clock) = buckets(100, 10.0);
        let (me, other) = ("me".to_owned(), "other".to_owned());

        assert_eq!(buckets.take(&me, 60), Ok(40));
        let retry_after = Duration::from_secs(2);
        assert_eq!(buckets.take(&me, 60), Err(Empty { available: 40, retry_after }));
        assert_eq!(buckets.take(&other, 100), Ok(0));

        clock.advance(retry_after);
        assert_eq!(buckets.take(&me, 60), Ok(0));
        clock.advance(Duration::from_secs(60));
        assert_eq!(buckets.give_back(&me, 0), 100);
    }

    #[test]
    fn what_is_put_back_can_be_taken_again_and_never_fills_over() {
        let (buckets, _) = buckets(100, 0.001);
        let me = "me".to_owned();

        assert_eq!(buckets.take(&me, 80), Ok(20));
        assert_eq!(buckets.give_back(&me, 70), 90);
        assert_eq!(buckets.take(&me, 90), Ok(0));
        assert_eq!(buckets.give_back(&me, 5_000), 100);
        assert_eq!(buckets.take(&me, 100), Ok(0));
        assert!(buckets.take(&me, 1).is_err());
    }

    #[test]
    fn more_than_a_bucket_ever_holds_is_refused_and_nothing_costs_nothing() {
        let (buckets, _) = buckets(10, 1.0);
        let me = "me".to_owned();

        assert_eq!(buckets.take(&me, 0), Ok(10));
        let retry_after = Duration::from_secs(10);
        assert_eq!(buckets.take(&me, 11), Err(Empty { available: 10, retry_after }));
        assert_eq!(buckets.take(&me, u64::MAX), Err(Empty { available: 10, retry_after }));
    }

    #[test]
    fn a_bucket_can_be_set_to_what_is_left_elsewhere() {
        let (buckets, clock) = buckets(100, 10.0);
        let me = "me".to_owned();

        buckets.leave(&me, 30);
        assert_eq!(buckets.take(&me, 30), Ok(0));
        buckets.leave(&me, 90);
        assert_eq!(buckets.give_back(&me, 0), 90);
        clock.advance(Duration::from_millis(500));
        assert_eq!(buckets.give_back(&me, 0), 95);
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let (buckets, clock) = buckets(10, 10.0);
        for caller in 0..SWEEP - 1 {
            assert_eq!(buckets.take(&caller.to_string(), 1), Ok(9));
        }

        clock.advance(Duration::from_secs(1));
        assert_eq!(buckets.take(&"last".to_owned(), 1), Ok(9));

        assert_eq!(buckets.store.len(), 1);
    }
}
