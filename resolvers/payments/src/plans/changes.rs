//! Choosing a plan, ending it, and going on from period to period.

use entities::payments::{
    sandbox,
    subscription::{self, Model, State},
};
use kit::{
    DateTime, Id as _, Outcome, Result, RetryKey, UserError, UserErrorCode,
    ids::{AccountId, PlanId, PlanSubscriptionId},
    refuse,
};

use super::{PERIOD, Plan, Plans, plan, share};

/// The name under which retry-safe keys of this mutation are kept.
const MUTATION: &str = "planChange";
/// A day, in milliseconds: so long a renewal that failed waits.
const DAY: i64 = 24 * 60 * 60 * 1_000;
/// So long after its period's end an unpaid plan is over.
const PATIENCE: i64 = 14 * DAY;
/// Plans that one round of the worker looks at.
const ROUND: u64 = 50;

impl Plans {
    /// Gives an account another plan, at once; the difference for the rest of the
    /// period is charged, or kept as credit.
    pub(crate) async fn change(
        &self,
        account: AccountId,
        id: PlanId,
        key: &str,
    ) -> Result<Outcome<Model>> {
        let Some(wanted) = plan(id) else {
            return Ok(Err(vec![UserError::not_found("planId", "plan")]));
        };
        let key = match RetryKey::new(account.to_string(), MUTATION, key, &id) {
            Ok(key) => key,
            Err(wrong) => return Ok(Err(vec![wrong])),
        };
        if wanted.price == 0 {
            return Ok(Err(vec![forbidden(
                "planId",
                "end the plan with planCancel: what is left is free",
            )]));
        }
        if !self.sells {
            let message = "plans are not sold by this payment provider yet";
            return Ok(Err(vec![UserError::new(UserErrorCode::PaymentUnavailable, "", message)]));
        }
        let now = self.clock.now();
        let changed = self.db.change(move |transaction| {
            let key = key.clone();
            Box::pin(async move {
                let before = subscription::of_accounts(transaction, &[account]).await?.pop();
                let own = before.as_ref().map_or_else(PlanSubscriptionId::generate, |row| row.id);
                if key.claim(transaction, &own.to_string(), now).await?.is_some() {
                    return Ok(());
                }
                let after = match before {
                    None => {
                        let row = new(own, account, id, now);
                        if !subscription::insert(transaction, row.clone()).await? {
                            return Err(refuse(forbidden(
                                "planId",
                                "it changes at this moment: try again",
                            )));
                        }
                        let reason = format!("{}, a period", wanted.name);
                        subscription::charge(transaction, &row, "first", wanted.price, &reason, now)
                            .await?;
                        return Ok(());
                    }
                    Some(row) if row.plan == id && row.state == State::Active => return Ok(()),
                    Some(row) if row.state == State::PastDue => {
                        return Err(refuse(forbidden("planId", "the last period is not paid")));
                    }
                    Some(row) => row,
                };
                let (row, amount, reason) = changed(after, id, wanted, now);
                if !subscription::save(transaction, &row).await? {
                    return Err(refuse(forbidden("planId", "it changes at this moment: try again")));
                }
                if amount > 0 {
                    let key = format!("change:{}", row.version);
                    subscription::charge(transaction, &row, &key, amount, &reason, now).await?;
                }
                Ok(())
            })
        });
        if let Err(errors) = changed.await? {
            return Ok(Err(errors));
        }
        let row = self.of_account(account).await?;
        Ok(row.ok_or_else(|| vec![UserError::not_found("planId", "plan")]))
    }

    /// Ends an account's plan with its period, or takes that back.
    pub(crate) async fn cancel(&self, account: AccountId, cancels: bool) -> Result<Outcome<Model>> {
        let now = self.clock.now();
        let cancelled = self.db.change(move |transaction| {
            Box::pin(async move {
                let row = subscription::of_accounts(transaction, &[account]).await?.pop();
                let Some(row) = row.filter(|row| row.state != State::Cancelled) else {
                    return Err(refuse(UserError::not_found("", "plan")));
                };
                if row.cancels_at_end == cancels {
                    return Ok(());
                }
                let row = Model { cancels_at_end: cancels, updated_at: now, ..row };
                match subscription::save(transaction, &row).await? {
                    true => Ok(()),
                    false => Err(refuse(forbidden("cancel", "it changes at this moment: try again"))),
                }
            })
        });
        if let Err(errors) = cancelled.await? {
            return Ok(Err(errors));
        }
        let row = self.of_account(account).await?;
        Ok(row.ok_or_else(|| vec![UserError::not_found("", "plan")]))
    }

    /// Renews and ends plans whose period is over.
    pub(crate) async fn roll_over(&self) -> Result<()> {
        let now = self.clock.now();
        let due = subscription::due(self.db.read(), now, ROUND).await?;
        if due.is_empty() {
            return Ok(());
        }
        let switches = sandbox::switches(self.db.read()).await?;
        let declines = switches.iter().any(|name| name == "declines_renewals");
        for row in due {
            let id = row.id;
            let rolled = self.db.transaction(move |transaction| {
                let (after, charge) = rolled(row.clone(), declines, now);
                Box::pin(async move {
                    if subscription::save(transaction, &after).await?
                        && let Some((key, amount, reason)) = charge
                    {
                        subscription::charge(transaction, &after, &key, amount, reason, now).await?;
                    }
                    Ok(())
                })
            });
            // One that can't be renewed now must not hold up the others.
            if let Err(error) = rolled.await {
                tracing::error!(subscription.id = %id, ?error, "a plan can't be renewed, trying again");
            }
        }
        Ok(())
    }
}

fn new(id: PlanSubscriptionId, account_id: AccountId, plan: PlanId, now: DateTime) -> Model {
    Model {
        id,
        account_id,
        plan,
        state: State::Active,
        period_start: now,
        period_end: now.plus(PERIOD),
        cancels_at_end: false,
        credit: 0,
        version: 1,
        due_at: Some(now.plus(PERIOD)),
        created_at: now,
        updated_at: now,
    }
}

/// A plan after a change, and what is charged for it.
fn changed(row: Model, id: PlanId, wanted: &Plan, now: DateTime) -> (Model, i64, String) {
    if row.state == State::Cancelled {
        let credit = row.credit.min(wanted.price);
        let (version, created_at) = (row.version, row.created_at);
        let left = row.credit - credit;
        let again = Model { version, created_at, credit: left, ..new(row.id, row.account_id, id, now) };
        return (again, wanted.price - credit, format!("{}, a period", wanted.name));
    }
    let left = row.period_end.0 - now.0;
    let before = plan(row.plan).map_or(0, |plan| share(plan.price, left));
    let difference = share(wanted.price, left) - before;
    let (amount, credit) = match difference {
        more @ 1.. => (more - row.credit.min(more), row.credit - row.credit.min(more)),
        less => (0, row.credit - less),
    };
    let row = Model { plan: id, credit, cancels_at_end: false, updated_at: now, ..row };
    (row, amount, format!("{}, the rest of a period", wanted.name))
}

/// A plan whose period is over, and what is charged for the next one.
fn rolled(row: Model, declines: bool, now: DateTime) -> (Model, Option<(String, i64, &'static str)>) {
    let is_over = row.cancels_at_end || now.0 - row.period_end.0 > PATIENCE;
    if is_over {
        return (Model { state: State::Cancelled, due_at: None, updated_at: now, ..row }, None);
    }
    let price = plan(row.plan).map_or(0, |plan| plan.price);
    let credit = row.credit.min(price);
    if declines && price > credit {
        let due_at = Some(now.plus(DAY));
        return (Model { state: State::PastDue, due_at, updated_at: now, ..row }, None);
    }
    let key = format!("renew:{}", row.period_end.0);
    let (period_start, period_end) = (row.period_end, row.period_end.plus(PERIOD));
    let after = Model {
        state: State::Active,
        period_start,
        period_end,
        credit: row.credit - credit,
        due_at: Some(period_end),
        updated_at: now,
        ..row
    };
    (after, Some((key, price - credit, "a period")))
}

fn forbidden(field: &str, message: &str) -> UserError {
    UserError::new(UserErrorCode::ForbiddenTransition, field, message)
}
