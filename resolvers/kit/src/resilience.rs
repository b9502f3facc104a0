//! Calls to the outside world: a deadline, retries where they are safe, and a
//! breaker that stops asking a service that does not answer.

use std::{fmt::Display, future::Future, sync::Arc, time::Duration};

use backon::{ExponentialBuilder, Retryable as _};
use recloser::{AsyncRecloser, Error as BreakerError, Recloser};

use crate::{Error, Result};

/// How one outside service is called.
#[derive(Debug, Clone)]
pub struct OutsideOptions {
    /// How long one attempt may take.
    pub timeout: Duration,
    /// Further attempts after the first, for calls that are safe to repeat.
    pub retries: usize,
    /// Failed calls among the last ones that open the breaker, from 0 to 1.
    pub failure_rate: f32,
    /// How many calls the rate looks at.
    pub window: usize,
    /// How long an open breaker refuses before it lets a probe through.
    pub pause: Duration,
}

impl Default for OutsideOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            retries: 2,
            failure_rate: 0.5,
            window: 20,
            pause: Duration::from_secs(10),
        }
    }
}

/// One outside service. Clones share the breaker.
#[derive(Clone)]
pub struct Outside {
    name: Arc<str>,
    options: OutsideOptions,
    breaker: Arc<AsyncRecloser>,
}

impl Outside {
    /// The service under this name.
    #[must_use]
    pub fn new(name: &str, options: OutsideOptions) -> Self {
        let breaker = Recloser::custom()
            .error_rate(options.failure_rate)
            .closed_len(options.window)
            .half_open_len(3)
            .open_wait(options.pause)
            .build();
        Self { name: name.into(), options, breaker: Arc::new(AsyncRecloser::from(breaker)) }
    }

    /// One attempt within the deadline, for calls that must not be repeated.
    ///
    /// # Errors
    /// [`Error::Timeout`] or [`Error::Unavailable`]; the cause goes to the log.
    pub async fn once<T, E: Display>(&self, call: impl Future<Output = Result<T, E>>) -> Result<T> {
        let bounded = async {
            match tokio::time::timeout(self.options.timeout, call).await {
                Ok(Ok(answer)) => Ok(answer),
                Ok(Err(cause)) => {
                    tracing::warn!(service = %self.name, %cause, "call failed");
                    Err(Error::Unavailable(self.name.to_string().into()))
                }
                Err(_) => Err(Error::Timeout(self.name.to_string().into())),
            }
        };
        self.breaker.call(bounded).await.map_err(|error| match error {
            BreakerError::Inner(error) => error,
            BreakerError::Rejected => Error::Unavailable(self.name.to_string().into()),
        })
    }

    /// As [`once`](Self::once), tried again with growing, jittered pauses; only
    /// for calls that are safe to repeat.
    ///
    /// # Errors
    /// Those of the last attempt.
    pub async fn repeatable<T, E, C, F>(&self, call: C) -> Result<T>
    where
        E: Display,
        F: Future<Output = Result<T, E>>,
        C: Fn() -> F,
    {
        let pauses = ExponentialBuilder::default()
            .with_min_delay(Duration::from_millis(50))
            .with_max_times(self.options.retries)
            .with_jitter();
        (|| self.once(call())).retry(pauses).await
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn quick() -> OutsideOptions {
        OutsideOptions { timeout: Duration::from_millis(20), window: 4, ..OutsideOptions::default() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_service_is_a_timeout() {
        let service = Outside::new("mail", quick());

        let answer = service.once(std::future::pending::<Result<(), String>>()).await;

        assert_eq!(answer.expect_err("slow").to_string(), "mail took too long");
    }

    #[tokio::test(start_paused = true)]
    async fn a_repeatable_call_is_tried_again() {
        let service = Outside::new("mail", quick());
        let calls = AtomicUsize::new(0);

        let answer = service
            .repeatable(async || match calls.fetch_add(1, Ordering::SeqCst) {
                0 => Err("lost"),
                _ => Ok("sent"),
            })
            .await;

        assert_eq!(answer.expect("second attempt"), "sent");
        assert_eq!(calls.load(Ordering::SeqCst), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_breaker_refuses_without_calling() {
        let service = Outside::new("mail", quick());
        let calls = AtomicUsize::new(0);

        for _ in 0..10 {
            let failing = async {
                calls.fetch_add(1, Ordering::SeqCst);
                Err::<(), _>("refused")
            };
            assert!(service.once(failing).await.is_err());
        }

        assert!(calls.load(Ordering::SeqCst) < 10, "the breaker never opened");
    }
}
