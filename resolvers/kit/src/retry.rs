//! Retry-safe keys: a request that is sent again has one effect and one answer.

use std::{sync::Arc, time::Duration};

use entities::idempotency;
use sea_orm::ConnectionTrait;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::{Clock, Database, DateTime, Result, UserError, UserErrorCode, refuse, text};

const FIELD: &str = "idempotencyKey";
const MAX_KEY: usize = 255;
/// How long a used key is remembered: whoever repeats a request does it sooner.
const REMEMBERED: i64 = 7 * 24 * 60 * 60 * 1_000;
/// How often old keys are looked for.
const LOOKING: Duration = Duration::from_secs(60 * 60);

/// The key of one request, with what tells it from another request.
#[derive(Debug, Clone)]
pub struct RetryKey {
    scope: String,
    mutation: &'static str,
    key: String,
    input_hash: String,
}

impl RetryKey {
    /// The key that `scope` (an account's id, or what stands for a guest) sent
    /// with this input of a mutation.
    ///
    /// # Errors
    /// When the key is empty, longer than 255 characters or unprintable.
    pub fn new(
        scope: impl Into<String>,
        mutation: &'static str,
        key: &str,
        input: &impl Serialize,
    ) -> Result<Self, UserError> {
        if let Some(wrong) = text::length(FIELD, key, 1, MAX_KEY) {
            return Err(wrong);
        }
        if key.contains(char::is_control) {
            return Err(UserError::invalid(FIELD, "must have no control characters"));
        }
        let input_hash = text::fingerprint(input);
        Ok(Self { scope: scope.into(), mutation, key: key.to_owned(), input_hash })
    }

    /// Uses the key for `answer`; `Some` with the first answer when the same
    /// request used it before. Waits for another transaction that is using it.
    ///
    /// # Errors
    /// Refuses the change with IDEMPOTENCY_MISMATCH when the key came with
    /// another input; and when the database fails.
    pub async fn claim(
        &self,
        transaction: &impl ConnectionTrait,
        answer: &str,
        at: DateTime,
    ) -> Result<Option<String>> {
        let claim = idempotency::Model {
            scope: self.scope.clone(),
            mutation: self.mutation.to_owned(),
            key: self.key.clone(),
            input_hash: self.input_hash.clone(),
            answer: answer.to_owned(),
            at,
        };
        match idempotency::claim(transaction, claim).await? {
            None => Ok(None),
            Some(earlier) => self.answer(earlier).map(Some).map_err(refuse),
        }
    }

    /// The first answer, when the same request used the key before, without using
    /// it.
    ///
    /// # Errors
    /// In the answer IDEMPOTENCY_MISMATCH when the key came with another input;
    /// else when the database fails.
    pub async fn earlier(&self, db: &impl ConnectionTrait) -> Result<Result<Option<String>, UserError>> {
        let earlier = idempotency::find(db, &self.scope, self.mutation, &self.key).await?;
        Ok(earlier.map(|earlier| self.answer(earlier)).transpose())
    }

    fn answer(&self, earlier: idempotency::Model) -> Result<String, UserError> {
        if earlier.input_hash == self.input_hash {
            return Ok(earlier.answer);
        }
        let message = "this key came with another input before";
        Err(UserError::new(UserErrorCode::IdempotencyMismatch, FIELD, message))
    }

    /// Forgets all keys that were used a week ago; how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_old(db: &Database, now: DateTime) -> Result<u64> {
        Ok(idempotency::forget_older(db.write(), now.plus(-REMEMBERED)).await?)
    }

    /// Gives the key free again: the request came to nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget(&self, transaction: &impl ConnectionTrait) -> Result<()> {
        Ok(idempotency::forget(transaction, &self.scope, self.mutation, &self.key).await?)
    }
}

/// Forgets keys that were used a week ago, now and then until `stop`. Any number
/// of processes may do it.
pub async fn forget_used_keys(db: Database, clock: Arc<dyn Clock>, stop: CancellationToken) {
    while stop.run_until_cancelled(tokio::time::sleep(LOOKING)).await.is_some() {
        match RetryKey::forget_old(&db, clock.now()).await {
            Ok(count) => tracing::debug!(keys.deleted = count, "forgot {count} used keys"),
            Err(error) => tracing::error!(?error, "used keys can't be forgotten, trying again"),
        }
    }
}
