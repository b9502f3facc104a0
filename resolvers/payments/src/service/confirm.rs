//! Paying: one charge a payment, whoever confirms it how often.

use entities::payments::payment::{Model, State};
use kit::{Error, Result, RetryKey, UserError, UserErrorCode, Viewer, ids::PaymentId, text};
use serde::Serialize;

use super::{Service, advance::Held};
use crate::provider::is_away;

/// The name under which retry-safe keys of this mutation are kept.
const MUTATION: &str = "paymentConfirm";
const MAX_METHOD: usize = 255;

/// A payment after somebody tried to change it, and what they are told.
#[derive(Debug)]
pub(crate) struct Confirmed {
    /// As it is now; `None` when the viewer sees no such payment.
    pub(crate) payment: Option<Model>,
    pub(crate) errors: Vec<UserError>,
}

/// Somebody wants to pay.
pub(crate) struct Confirmation<'a> {
    pub(crate) id: PaymentId,
    pub(crate) method: &'a str,
    pub(crate) key: &'a str,
    /// The hash of the secret that a guest has shown.
    pub(crate) access: Option<&'a str>,
}

#[derive(Serialize)]
struct Input<'a> {
    payment: PaymentId,
    method: &'a str,
}

impl Confirmed {
    pub(super) fn refused(payment: Option<Model>, error: UserError) -> Self {
        Self { payment, errors: vec![error] }
    }

    /// As it came out; a decline and a step that is left are told.
    pub(super) fn of(row: Model) -> Self {
        let errors = outcome(&row).into_iter().collect();
        Self { payment: Some(row), errors }
    }
}

impl Service {
    /// Pays a payment by a method.
    pub(crate) async fn confirm(&self, viewer: &Viewer, wish: Confirmation<'_>) -> Result<Confirmed> {
        let not_found = || UserError::not_found("paymentId", "payment");
        let Some(row) = self.visible(viewer, wish.access, wish.id).await? else {
            return Ok(Confirmed::refused(None, not_found()));
        };
        // Staff see it, and pay for nobody.
        let is_payer = match row.account_id {
            Some(account) => viewer.account == Some(account),
            None => wish.access.is_some() && wish.access == row.guest_access.as_deref(),
        };
        if !is_payer {
            return Ok(Confirmed::refused(None, not_found()));
        }
        let key = match checked(&row, &wish) {
            Ok(key) => key,
            Err(wrong) => return Ok(Confirmed::refused(Some(row), wrong)),
        };
        let (now, answer) = (self.clock.now(), row.id.to_string());
        let claimed = self.db.change({
            let key = key.clone();
            move |transaction| {
                let (key, answer) = (key.clone(), answer.clone());
                Box::pin(async move { key.claim(transaction, &answer, now).await })
            }
        });
        let is_again = match claimed.await? {
            Ok(earlier) => earlier.is_some(),
            Err(errors) => return Ok(Confirmed { payment: Some(row), errors }),
        };
        let confirmed = self.confirm_alone(&wish, is_again).await?;
        if confirmed.errors.iter().any(came_to_nothing) {
            // Nothing was decided under this key: it can be used for another try.
            let forgotten = self.db.transaction(move |transaction| {
                let key = key.clone();
                Box::pin(async move { key.forget(transaction).await })
            });
            forgotten.await?;
        }
        Ok(confirmed)
    }

    /// Confirms a payment that nobody else works on meanwhile.
    async fn confirm_alone(&self, wish: &Confirmation<'_>, is_again: bool) -> Result<Confirmed> {
        let Some(held) = self.wait_for(wish.id).await? else {
            return Ok(Confirmed::refused(Some(self.fresh(wish.id).await?), unavailable()));
        };
        let answer = self.confirm_held(wish, &held, is_again).await;
        let outcome = answer.as_ref().map(drop).map_err(Clone::clone);
        let given_back = self.give_back(held, outcome).await;
        match answer {
            Ok(None) => {
                given_back?;
                self.after_confirmation(wish.id).await
            }
            Ok(Some(error)) => {
                given_back?;
                Ok(Confirmed::refused(Some(self.fresh(wish.id).await?), error))
            }
            Err(error) if is_away(&error) => {
                self.wake.notify_one();
                Ok(Confirmed::refused(Some(self.fresh(wish.id).await?), unavailable()))
            }
            Err(error) => Err(error),
        }
    }

    /// `None` when the payment's state tells how it came out.
    async fn confirm_held(
        &self,
        wish: &Confirmation<'_>,
        held: &Held,
        is_again: bool,
    ) -> Result<Option<UserError>> {
        let row = &held.row;
        if row.provider != self.calls.name() {
            return Ok(Some(unavailable()));
        }
        if let Some(over) = is_over(row) {
            return Ok(over);
        }
        // The same request has come to an end before.
        if is_again && (row.state == State::Failed || row.next_action.is_some()) {
            return Ok(None);
        }
        let watcher = self.watcher().ok_or_else(|| Error::internal("nobody watches payments"))?;
        if !watcher.is_payable(row.order_id).await? {
            return Ok(Some(forbidden("the order takes no payment any more")));
        }
        let mut row = match row.provider_ref {
            None => self.open_at_provider(row).await?,
            // An earlier try may have been cut short before it was noted.
            Some(_) if row.attempts > 0 || is_again || row.state == State::Processing => {
                self.look(row.id).await?
            }
            Some(_) => row.clone(),
        };
        if let Some(over) = is_over(&row) {
            return Ok(over);
        }
        let Some(reference) = row.provider_ref.clone() else { return Ok(Some(unavailable())) };
        let key = text::fingerprint(&(row.id, wish.key, wish.method));
        match self.calls.confirm(&reference, wish.method, &key).await? {
            Ok(intent) => {
                while self.take_view(&row, &intent).await?.is_none() {
                    // It moved meanwhile, so this view may be out of date.
                    row = self.look(row.id).await?;
                    if is_over(&row).is_some() {
                        break;
                    }
                }
                Ok(None)
            }
            Err(refused) => {
                let row = self.look(row.id).await?;
                match is_over(&row) {
                    Some(over) => Ok(over),
                    None => Ok(Some(UserError::invalid("methodToken", refused.0))),
                }
            }
        }
    }

    /// Should the order have been called off meanwhile, the money goes back at once.
    async fn after_confirmation(&self, id: PaymentId) -> Result<Confirmed> {
        let mut row = self.fresh(id).await?;
        if row.called_off_at.is_some() {
            self.advance_now(id).await;
            row = self.fresh(id).await?;
        }
        Ok(Confirmed::of(row))
    }
}

fn checked(row: &Model, wish: &Confirmation<'_>) -> Result<RetryKey, UserError> {
    if let Some(wrong) = text::length("methodToken", wish.method, 1, MAX_METHOD) {
        return Err(wrong);
    }
    if !wish.method.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(UserError::invalid("methodToken", "must be letters, digits and signs of ASCII"));
    }
    let scope = row.account_id.map_or_else(|| row.order_id.to_string(), |account| account.to_string());
    RetryKey::new(scope, MUTATION, wish.key, &Input { payment: wish.id, method: wish.method })
}

/// What to say of a payment that can't be confirmed: nothing when it is paid.
fn is_over(row: &Model) -> Option<Option<UserError>> {
    match row.state {
        State::Authorized | State::Captured => Some(None),
        State::PartiallyRefunded | State::Refunded => {
            Some(Some(forbidden("the payment was given back")))
        }
        State::Voided => Some(Some(forbidden("the payment was called off"))),
        State::RequiresAction | State::Processing | State::Failed if row.called_off_at.is_some() => {
            Some(Some(forbidden("the payment is being called off")))
        }
        State::Processing if row.provider_ref.is_some() => Some(None),
        State::RequiresAction | State::Processing | State::Failed => None,
    }
}

/// What a payer is told of how a payment stands.
fn outcome(row: &Model) -> Option<UserError> {
    match row.state {
        State::Failed => {
            let reason = row.failure.as_deref().unwrap_or("declined");
            let message = format!("the payment was declined: {reason}");
            Some(UserError::new(UserErrorCode::PaymentDeclined, "methodToken", message))
        }
        State::RequiresAction if row.next_action.is_some() => Some(UserError::new(
            UserErrorCode::PaymentActionRequired,
            "",
            "the payer must prove who they are: go on with `clientSecret`, then confirm again",
        )),
        State::Voided | State::Refunded if row.called_off_at.is_some() => {
            Some(forbidden("the order was called off meanwhile: nothing is taken"))
        }
        _ => None,
    }
}

pub(super) fn forbidden(message: &str) -> UserError {
    UserError::new(UserErrorCode::ForbiddenTransition, "paymentId", message)
}

pub(super) fn unavailable() -> UserError {
    UserError::new(
        UserErrorCode::PaymentUnavailable,
        "",
        "the payment provider does not answer; try again with the same key: nothing is charged twice",
    )
}

/// Whether nothing is known of what a key was used for.
fn came_to_nothing(error: &UserError) -> bool {
    let UserError::Generic(error) = error else { return false };
    matches!(error.code, UserErrorCode::PaymentUnavailable | UserErrorCode::Invalid)
}
