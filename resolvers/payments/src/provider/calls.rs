//! Calls to a provider, each with a deadline, tried again under the same key, and
//! given up while the provider is away.

use std::{sync::Arc, time::Duration};

use kit::{DateTime, Error, Outside, OutsideOptions, Result};

use super::{Answer, Away, EventPage, GivenBack, Intent, NewIntent, NewRefund, Provider, Refused};

/// A provider behind a deadline and a breaker. All calls are safe to repeat.
pub(crate) struct Calls {
    pub(crate) provider: Arc<dyn Provider>,
    outside: Outside,
    longest: Duration,
}

/// What comes of a call, when anybody answered.
pub(crate) type Called<T> = Result<Result<T, Refused>>;

impl Calls {
    pub(crate) fn new(provider: Arc<dyn Provider>, options: OutsideOptions) -> Self {
        let tries = u32::try_from(options.retries).unwrap_or(u32::MAX).saturating_add(1);
        let longest = (options.timeout + Duration::from_secs(1)).saturating_mul(tries);
        Self { outside: Outside::new(provider.name(), options), provider, longest }
    }

    /// What it is called in rows and answers.
    pub(crate) fn name(&self) -> &'static str {
        self.provider.name()
    }

    /// No call takes longer.
    pub(crate) const fn longest(&self) -> Duration {
        self.longest
    }

    pub(crate) async fn open(&self, wish: &NewIntent) -> Called<Intent> {
        self.outside.repeatable(|| self.provider.open(wish)).await
    }

    pub(crate) async fn confirm(&self, intent: &str, method: &str, key: &str) -> Called<Intent> {
        self.outside.repeatable(|| self.provider.confirm(intent, method, key)).await
    }

    pub(crate) async fn capture(&self, intent: &str, amount: i64, key: &str) -> Called<Intent> {
        self.outside.repeatable(|| self.provider.capture(intent, amount, key)).await
    }

    pub(crate) async fn cancel(&self, intent: &str, key: &str) -> Called<Intent> {
        self.outside.repeatable(|| self.provider.cancel(intent, key)).await
    }

    pub(crate) async fn refund(&self, wish: &NewRefund) -> Called<GivenBack> {
        self.outside.repeatable(|| self.provider.refund(wish)).await
    }

    pub(crate) async fn look_up(&self, intent: &str) -> Called<Intent> {
        self.outside.repeatable(|| self.provider.look_up(intent)).await
    }

    pub(crate) async fn events(&self, since: DateTime, after: Option<&str>) -> Called<EventPage> {
        self.outside.repeatable(|| self.provider.events(since, after)).await
    }
}

/// Whether an error says that the provider is away.
pub(crate) const fn is_away(error: &Error) -> bool {
    matches!(error, Error::Unavailable(_) | Error::Timeout(_))
}

/// An answer that nobody could give.
pub(crate) fn away<T>(cause: impl std::fmt::Display) -> Answer<T> {
    Err(Away(cause.to_string()))
}
