//! How a payment moves: which state may follow which, and what the provider's
//! view of an intent makes of a row. The order in which views come does not
//! matter, only what they show.

use entities::payments::payment::{ActiveModel, Model, State};
use sea_orm::ActiveValue::Set;

use crate::provider::{Intent, Status};

/// The moves that a provider's view may make. Money that was taken comes back by
/// refunds alone, which are counted elsewhere.
const MOVES: &[(State, &[State])] = &[
    (
        State::RequiresAction,
        &[State::Processing, State::Authorized, State::Captured, State::Failed, State::Voided],
    ),
    (
        State::Processing,
        &[State::RequiresAction, State::Authorized, State::Captured, State::Failed, State::Voided],
    ),
    (
        State::Failed,
        &[State::RequiresAction, State::Processing, State::Authorized, State::Captured, State::Voided],
    ),
    (State::Authorized, &[State::Captured, State::Voided]),
    (State::Captured, &[]),
    (State::PartiallyRefunded, &[]),
    (State::Refunded, &[]),
    (State::Voided, &[]),
];

/// Whether a provider's view may move a payment so.
pub(crate) fn may_move(from: State, to: State) -> bool {
    MOVES.iter().any(|(state, next)| *state == from && next.contains(&to))
}

/// What a view of its intent changes of a payment; `None` for nothing.
pub(crate) fn after(before: &Model, intent: &Intent) -> Option<ActiveModel> {
    let to = state_of(intent);
    let mut change = ActiveModel::default();
    if before.provider_ref.is_none() {
        change.provider_ref = Set(Some(intent.reference.clone()));
    }
    if before.client_secret.is_none() && intent.client_secret.is_some() {
        change.client_secret = Set(intent.client_secret.clone());
    }
    let moves = may_move(before.state, to);
    if moves {
        change.state = Set(to);
    }
    if moves || before.state == to {
        let next_action = match &intent.status {
            Status::NeedsAction(action) => Some(action.clone()),
            _ => None,
        };
        if next_action != before.next_action {
            change.next_action = Set(next_action);
        }
        let failure = match to {
            State::Failed => intent.failure.clone(),
            _ => None,
        };
        if failure != before.failure {
            change.failure = Set(failure);
        }
    }
    if moves && matches!(to, State::Authorized | State::Captured) {
        change.authorized = Set(before.amount);
    }
    if moves && to == State::Captured {
        change.captured = Set(intent.captured.clamp(0, before.amount));
    }
    (change != ActiveModel::default()).then_some(change)
}

fn state_of(intent: &Intent) -> State {
    match &intent.status {
        Status::NeedsMethod if intent.failure.is_some() => State::Failed,
        Status::NeedsMethod | Status::NeedsAction(_) => State::RequiresAction,
        Status::Processing => State::Processing,
        Status::Authorized => State::Authorized,
        Status::Captured => State::Captured,
        Status::Cancelled => State::Voided,
    }
}
