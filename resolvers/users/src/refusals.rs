//! How refusals are told: as user errors to clients, by their code to hooks.

use async_graphql::resolver_utils::EnumType as _;
use kit::{UserError, UserErrorCode};

use crate::failure::Refusal;

/// For a payload.
pub(crate) fn user_errors(refusals: Vec<Refusal>) -> Vec<UserError> {
    refusals.into_iter().map(user_error).collect()
}

fn user_error(refusal: Refusal) -> UserError {
    match refusal {
        Refusal::Invalid { field, rule } => UserError::invalid(field, rule),
        Refusal::HandleTaken => {
            UserError::new(UserErrorCode::Taken, "handle", "somebody else has this handle")
        }
        Refusal::BadCredentials => {
            UserError::new(UserErrorCode::BadCredentials, "", "wrong email or password")
        }
        Refusal::NotLetIn(message) => UserError::new(UserErrorCode::BadCredentials, "", message),
        Refusal::BadRefreshToken => {
            let message = "this refresh token is not good: sign in again";
            UserError::new(UserErrorCode::BadCredentials, "method.refreshToken", message)
        }
        Refusal::ExpiredRefreshToken => {
            let message = "this refresh token has expired: sign in again";
            UserError::new(UserErrorCode::Expired, "method.refreshToken", message)
        }
        Refusal::BadPassword => {
            UserError::new(UserErrorCode::BadCredentials, "password", "this is not the password")
        }
        Refusal::BadPasskey => {
            let message = "this passkey signs nobody in here: ask for another challenge and try again";
            UserError::new(UserErrorCode::BadCredentials, "method.passkey", message)
        }
        Refusal::NoPasskey => UserError::not_found("purpose", "passkey"),
        Refusal::LastPasskey => {
            let message = "nobody could sign in any more: set a password, link a login or enrol another passkey first";
            UserError::new(UserErrorCode::ForbiddenTransition, "id", message)
        }
        Refusal::BadCode(field) => {
            let message = "this code is wrong, or was used before";
            UserError::new(UserErrorCode::BadCredentials, field, message)
        }
        Refusal::NoSuchChallenge => {
            let message = "sign in again: this challenge is answered, expired or used up";
            UserError::new(UserErrorCode::Expired, "method.mfa.challengeId", message)
        }
        Refusal::TooManyCodes(field) => {
            let message = "too many wrong codes: try again in a quarter of an hour";
            UserError::new(UserErrorCode::LimitExceeded, field, message)
        }
        Refusal::TooManyGuesses(wait) => UserError::rate_limited("", wait),
        Refusal::BadMailedToken => {
            let message = "this token is used, expired or was never ours: ask for another mail";
            UserError::new(UserErrorCode::Expired, "token", message)
        }
        Refusal::UnknownProvider(field) => UserError::not_found(field, "identity provider"),
        Refusal::BadLogin(field) => {
            let message = "the provider does not take this code: begin the sign-in there anew";
            UserError::new(UserErrorCode::BadCredentials, field, message)
        }
        Refusal::IdentityTaken(field) => {
            let message = "this login belongs to another account";
            UserError::new(UserErrorCode::Taken, field, message)
        }
        Refusal::NoSuchIdentity => UserError::not_found("id", "identity"),
        Refusal::TooManyIdentities(most) => {
            let message = format!("an account has at most {most} identities");
            UserError::new(UserErrorCode::LimitExceeded, "", message)
        }
        Refusal::LastLogin => {
            let message = "nobody could sign in any more: set a password, link another login or enrol a passkey first";
            UserError::new(UserErrorCode::ForbiddenTransition, "id", message)
        }
        Refusal::NoSuchAccount => UserError::not_found("accountId", "account"),
        Refusal::Suspended => {
            let message = "this account is suspended: ask support";
            UserError::new(UserErrorCode::Suspended, "", message)
        }
        Refusal::OwnSuspension => {
            let message = "somebody else has to suspend your account";
            UserError::new(UserErrorCode::ForbiddenTransition, "accountId", message)
        }
        Refusal::OwnAdmin => {
            let message = "another administrator has to take the role ADMIN from you";
            UserError::new(UserErrorCode::ForbiddenTransition, "roles", message)
        }
        Refusal::NoSuchAddress => UserError::not_found("id", "address"),
        Refusal::TooManyAddresses(most) => {
            let message = format!("an account has at most {most} addresses");
            UserError::new(UserErrorCode::LimitExceeded, "", message)
        }
        Refusal::NoSuchFactor => UserError::not_found("id", "factor"),
        Refusal::TooManyFactors(most) => {
            let message = format!("an account has at most {most} factors");
            UserError::new(UserErrorCode::LimitExceeded, "kind", message)
        }
        Refusal::NoSuchSession => UserError::not_found("id", "session"),
        Refusal::VersionConflict(version) => UserError::version_conflict("expectedVersion", version),
    }
}

/// What a hook is told: the code that the client sees.
pub(crate) fn code(refusal: Refusal) -> &'static str {
    let error = match refusal {
        // The hook's own word, whatever the client sees.
        Refusal::NotLetIn(_) => return "REFUSED",
        refusal => user_error(refusal),
    };
    let names = UserErrorCode::items();
    names.iter().find(|item| item.value == error.stable_code()).map_or("REFUSED", |item| item.name)
}
