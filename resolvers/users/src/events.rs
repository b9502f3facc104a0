//! The facts this module writes into the event log. No personal data: the log
//! outlives accounts.

use entities::users::identity;
pub(crate) use kit::facts::{EndReason, SignInFailure};
use kit::{
    DateTime, Role,
    facts::{
        AccountCreated, AccountErased, AccountUpdated, ConfirmationRequested, DeletionSet,
        IdentityLinked, IdentityUnlinked, ResetRequested, RolesChanged, SecondFactorChanged,
        SessionRevoked, SessionStarted, SignInFailed, SuspensionSet,
    },
    ids::{AccountId, SellerId, SessionId, UserId},
};
use subscriptions::NewEvent;

pub(crate) fn account_created(account: AccountId, user: UserId, at: DateTime) -> NewEvent {
    NewEvent::new(&AccountCreated { account, user, version: 1 }, at)
}

pub(crate) fn account_updated(account: AccountId, user: UserId, version: i32, at: DateTime) -> NewEvent {
    NewEvent::new(&AccountUpdated { account, user, version }, at)
}

pub(crate) fn session_started(account: AccountId, session: SessionId, at: DateTime) -> NewEvent {
    NewEvent::new(&SessionStarted { account, session }, at)
}

pub(crate) fn session_revoked(
    account: AccountId,
    session: SessionId,
    reason: EndReason,
    at: DateTime,
) -> NewEvent {
    NewEvent::new(&SessionRevoked { account, session, reason }, at)
}

pub(crate) fn second_factor_changed(account: AccountId, is_added: bool, at: DateTime) -> NewEvent {
    NewEvent::new(&SecondFactorChanged { account, is_added }, at)
}

pub(crate) fn reset_requested(account: Option<AccountId>, at: DateTime) -> NewEvent {
    NewEvent::new(&ResetRequested { account }, at)
}

pub(crate) fn confirmation_requested(account: AccountId, at: DateTime) -> NewEvent {
    NewEvent::new(&ConfirmationRequested { account }, at)
}

pub(crate) fn roles_changed(account: AccountId, roles: Vec<Role>, at: DateTime) -> NewEvent {
    NewEvent::new(&RolesChanged { account, roles }, at)
}

pub(crate) fn identity_linked(identity: &identity::Model, made_account: bool, at: DateTime) -> NewEvent {
    let (account, provider) = (identity.account_id, identity.provider.clone());
    let fact = IdentityLinked { account, identity: identity.id, provider, made_account };
    NewEvent::new(&fact, at)
}

pub(crate) fn identity_unlinked(identity: &identity::Model, at: DateTime) -> NewEvent {
    let provider = identity.provider.clone();
    NewEvent::new(
        &IdentityUnlinked { account: identity.account_id, identity: identity.id, provider },
        at,
    )
}

/// `session.refused`.
pub(crate) fn sign_in_failed(
    account: Option<AccountId>,
    reason: SignInFailure,
    at: DateTime,
) -> NewEvent {
    NewEvent::new(&SignInFailed { account, reason }, at)
}

/// `account.deletion_set`.
pub(crate) fn deletion_set(
    account: AccountId,
    scheduled_at: Option<DateTime>,
    at: DateTime,
) -> NewEvent {
    NewEvent::new(&DeletionSet { account, scheduled_at }, at)
}

/// `account.suspension_set`.
pub(crate) fn suspension_set(account: AccountId, is_suspended: bool, at: DateTime) -> NewEvent {
    NewEvent::new(&SuspensionSet { account, is_suspended }, at)
}

/// `account.erased`.
pub(crate) fn account_erased(
    account: AccountId,
    user: UserId,
    seller: Option<SellerId>,
    at: DateTime,
) -> NewEvent {
    NewEvent::new(&AccountErased { account, user, seller }, at)
}
