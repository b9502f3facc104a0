//! Every operation pays before it runs, whatever transport brings it, and gets
//! back what it did not use.

use std::sync::Arc;

use async_graphql::{Name, ServerError, Value, Variables};
use kit::{Budget, RequestScope};
use schema::{Answer, Call, Kind, Prepared, Price};

use super::{Front, errors, graphql, persisted::Asked};
use crate::budgets::{Bucket, Empty};

/// What an operation pays that never runs.
const REFUSED: u64 = 1;

/// A paid operation.
pub(super) struct Toll {
    bucket: Bucket,
    budget: Budget,
    /// Whether no budget holds for the caller.
    is_free: bool,
}

impl Toll {
    /// Of an operation that has been paid for.
    pub(super) fn paid(front: &Front, scope: &RequestScope) -> Option<Self> {
        let budget = scope.budget?;
        Some(Self { bucket: front.budgets.bucket(scope), budget, is_free: is_free(front, scope) })
    }

    /// Puts back what was not used, and tells the client.
    pub(super) async fn settle(&self, front: &Front, answer: &mut Answer) {
        // What ran and failed as a whole has cost nobody knows how much.
        let used = answer.points().unwrap_or(self.budget.cost).min(self.budget.cost);
        let back = self.budget.taken.saturating_sub(used);
        let available = match back {
            0 => self.budget.remaining,
            back => front.budgets.give_back(&self.bucket, back).await,
        };
        let is_dry = self.budget.taken == 0 && !self.is_free;
        let actual = if is_dry { 0 } else { used };
        tell(front, answer, &Budget { remaining: available, ..self.budget }, actual);
    }
}

/// Refuses a caller who has nothing left, before anything is read for them.
pub(super) async fn refuse_penniless(front: &Front, scope: &RequestScope) -> Result<(), Answer> {
    if is_free(front, scope) {
        return Ok(());
    }
    let (bucket, budget) = account(front, scope, REFUSED);
    match front.budgets.refuses(&bucket).await {
        None => Ok(()),
        Some(empty) => Err(over_budget(front, empty, &budget)),
    }
}

/// Validates, plans and pays for an operation that has not been paid for yet; or
/// the answer that refuses it.
pub(super) async fn admit(
    front: &Front,
    asked: &mut Asked,
    scope: &mut RequestScope,
) -> Result<(Arc<Prepared>, Toll), Answer> {
    if scope.budget.is_none() {
        refuse_penniless(front, scope).await?;
    }
    let prepared = match graphql::prepare(front, asked).await {
        Ok(prepared) => prepared,
        Err(mut refused) => {
            pay_refused(front, &mut refused, scope).await;
            return Err(refused);
        }
    };
    let toll = match Toll::paid(front, scope) {
        Some(toll) => toll,
        None => pay(front, &prepared, &asked.request.variables, scope).await?,
    };
    Ok((prepared, toll))
}

/// Pays for an operation, which the scope shows from then on; or the answer that
/// refuses it.
pub(super) async fn pay(
    front: &Front,
    prepared: &Prepared,
    variables: &Variables,
    scope: &mut RequestScope,
) -> Result<Toll, Answer> {
    let price = match price(front, prepared, variables, scope) {
        Ok(price) => price,
        Err(errors) => {
            let mut refused = Answer::refused(errors);
            pay_refused(front, &mut refused, scope).await;
            return Err(refused);
        }
    };
    let (bucket, mut budget) = account(front, scope, price.points);
    let is_free = is_free(front, scope);
    if price.is_dry && !is_free {
        budget.remaining = front.budgets.available(&bucket).await;
    } else if !is_free {
        let paid = match count_attempts(front, prepared, variables, scope).await {
            Ok(()) => front.budgets.take(&bucket, price.points).await,
            Err(Empty { retry_after, .. }) => {
                // The points themselves are as they were.
                Err(Empty { retry_after, available: front.budgets.available(&bucket).await })
            }
        };
        match paid {
            Ok(left) => (budget.taken, budget.remaining) = (price.points, left),
            Err(empty) => return Err(over_budget(front, empty, &budget)),
        }
    }
    scope.budget = Some(budget);
    Ok(Toll { bucket, budget, is_free })
}

/// An operation that was refused has cost something, too.
pub(super) async fn pay_refused(front: &Front, answer: &mut Answer, scope: &RequestScope) {
    let (bucket, mut budget) = account(front, scope, REFUSED);
    if !is_free(front, scope) {
        match front.budgets.take(&bucket, REFUSED).await {
            Ok(left) => (budget.taken, budget.remaining) = (REFUSED, left),
            Err(empty) => {
                *answer = over_budget(front, empty, &budget);
                return;
            }
        }
    }
    tell(front, answer, &budget, budget.taken);
}

fn price(
    front: &Front,
    prepared: &Prepared,
    variables: &Variables,
    scope: &RequestScope,
) -> Result<Price, Vec<ServerError>> {
    // Who waits for more than a bucket holds waits for ever.
    let most = match is_free(front, scope) {
        true => u64::MAX,
        false => front.budgets.budget(front.budgets.bucket(scope).tier).points.into(),
    };
    front.engine.price(prepared, variables, most)
}

fn is_free(front: &Front, scope: &RequestScope) -> bool {
    !front.budgets.config.enabled || front.budgets.is_trusted(scope)
}

/// The bucket that pays, and its budget before anything is taken.
fn account(front: &Front, scope: &RequestScope, cost: u64) -> (Bucket, Budget) {
    let bucket = front.budgets.bucket(scope);
    let of = front.budgets.budget(bucket.tier);
    let limit = of.points.into();
    (bucket, Budget { cost, taken: 0, limit, remaining: limit, restore_rate: of.restore })
}

/// Counts calls by which something could be guessed.
async fn count_attempts(
    front: &Front,
    prepared: &Prepared,
    variables: &Variables,
    scope: &RequestScope,
) -> Result<(), Empty> {
    if prepared.kind != Kind::Mutation {
        return Ok(());
    }
    // Variables that can't be read run nothing.
    let calls = front.engine.calls(prepared, variables).unwrap_or_default();
    let fields = &front.budgets.config.attempts.fields;
    let tries = calls.iter().filter(|call| fields.contains(&call.field)).filter(|call| is_try(call));
    let emails = tries.map(email).collect();
    for (bucket, count) in front.budgets.attempts(scope, emails) {
        front.budgets.take(&bucket, count).await?;
    }
    Ok(())
}

/// Nobody guesses a refresh token.
fn is_try(call: &Call) -> bool {
    !call.arguments.iter().any(|(name, value)| text(name, value, "refreshToken").is_some())
}

/// The email that a call is about, in the form that all its spellings share.
fn email(call: &Call) -> Option<String> {
    let found = call.arguments.iter().find_map(|(name, value)| text(name, value, "email"));
    found.map(|email| email.trim().to_lowercase())
}

/// The text under a name, however deep.
fn text<'v>(name: &str, value: &'v Value, wanted: &str) -> Option<&'v str> {
    match value {
        Value::String(text) if name == wanted => Some(text),
        Value::Object(fields) => fields.iter().find_map(|(name, value)| text(name, value, wanted)),
        _ => None,
    }
}

fn over_budget(front: &Front, empty: Empty, budget: &Budget) -> Answer {
    let milliseconds =
        u64::try_from(empty.retry_after.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
    let mut error = errors::coded("RATE_LIMITED", "too much was asked: wait for `retryAfterMs`");
    error.extensions.get_or_insert_default().set("retryAfterMs", milliseconds);
    let mut answer = Answer::refused(vec![error]);
    tell(front, &mut answer, &Budget { remaining: empty.available, ..*budget }, 0);
    answer
}

/// `extensions.cost`, as Shopify's clients read it.
fn tell(front: &Front, answer: &mut Answer, budget: &Budget, actual: u64) {
    if !front.budgets.config.report_cost || !front.budgets.config.enabled {
        return;
    }
    let rate = serde_json::Number::from_f64(budget.restore_rate).map_or(Value::Null, Value::Number);
    let throttle = object([
        ("max", budget.limit.into()),
        ("available", budget.remaining.into()),
        ("restorePerSecond", rate),
    ]);
    let cost =
        object([("requested", budget.cost.into()), ("actual", actual.into()), ("throttle", throttle)]);
    answer.extensions.insert("cost".to_owned(), cost);
}

fn object<const N: usize>(fields: [(&'static str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (Name::new(name), value)).collect())
}
