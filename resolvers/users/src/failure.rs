//! Why the service did not do what was asked.

use std::time::Duration;

use kit::Error;

/// What a mutation of this module can come to instead of its result.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Expected: the client shows or handles it.
    Refused(Vec<Refusal>),
    /// The caller's mistake or ours.
    Broken(Error),
}

/// An expected failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The input breaks a rule.
    Invalid {
        /// Which field of the input.
        field: &'static str,
        /// The rule.
        rule: &'static str,
    },
    /// Somebody else has the handle.
    HandleTaken,
    /// No account has this email and password.
    BadCredentials,
    /// A hook of whoever runs the gateway lets nobody in, and says why.
    NotLetIn(String),
    /// The refresh token was never ours, was used before or belongs to a
    /// session that has ended.
    BadRefreshToken,
    /// The refresh token is too old.
    ExpiredRefreshToken,
    /// The password that should show whose account it is is wrong.
    BadPassword,
    /// The code of a second factor is wrong or was used; the field it came in.
    BadCode(&'static str),
    /// The sign-in has to begin anew.
    NoSuchChallenge,
    /// Too many wrong codes came for this account; the field they came in.
    TooManyCodes(&'static str),
    /// Too many wrong guesses came for this account or from this address; how long
    /// to wait.
    TooManyGuesses(Duration),
    /// The account has no factor with this id.
    NoSuchFactor,
    /// The account has as many factors as it may.
    TooManyFactors(usize),
    /// The account has no address with this id.
    NoSuchAddress,
    /// The account has as many addresses as it may.
    TooManyAddresses(u64),
    /// The mailed token is not good, or not any more.
    BadMailedToken,
    /// No provider has this name; the field it came in.
    UnknownProvider(&'static str),
    /// The provider does not take the code, or we don't take its answer; the field
    /// the code came in.
    BadLogin(&'static str),
    /// The login signs somebody else in; the field it came in.
    IdentityTaken(&'static str),
    /// The account has no login with this id.
    NoSuchIdentity,
    /// The account has as many logins as it may.
    TooManyIdentities(usize),
    /// No passkey that anybody has enrolled answered what it was asked.
    BadPasskey,
    /// The account has no passkey that could be asked.
    NoPasskey,
    /// Without this passkey nobody could sign in to the account.
    LastPasskey,
    /// Without this login nobody could sign in to the account.
    LastLogin,
    /// There is no such account.
    NoSuchAccount,
    /// All was right, but staff keep the account from signing in.
    Suspended,
    /// Nobody suspends their own account.
    OwnSuspension,
    /// Administrators don't lock themselves out.
    OwnAdmin,
    /// No active session of the account has this id.
    NoSuchSession,
    /// The account is now in this version, not in the expected one.
    VersionConflict(i32),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}
