//! What a change comes to: a result, or expected failures and no change at all.

use futures_util::future::BoxFuture;
use sea_orm::{DatabaseTransaction, DbErr, SqlErr};

use crate::{Database, Error, Result, UserError};

/// The result of a change, or the expected failures that prevented it.
pub type Outcome<T> = std::result::Result<T, Vec<UserError>>;

/// Travels through a transaction as an error, so that it is rolled back.
#[derive(Debug, Clone)]
struct Refused(Vec<UserError>);

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the change was refused")
    }
}

impl std::error::Error for Refused {}

/// Ends a [`Database::change`] without a change, for this reason.
#[must_use]
pub fn refuse(reason: UserError) -> Error {
    refuse_all(vec![reason])
}

/// Ends a [`Database::change`] without a change, for these reasons.
#[must_use]
pub fn refuse_all(reasons: Vec<UserError>) -> Error {
    Error::internal(Refused(reasons))
}

/// Whether another row already has the value of a unique column.
#[must_use]
pub fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

/// Why a change was refused, when that is what ended it; otherwise the error.
///
/// # Errors
/// The error, when it is no refusal.
pub fn refusal(error: Error) -> Result<Vec<UserError>> {
    match error {
        Error::Internal(cause) => match cause.downcast_ref::<Refused>() {
            Some(Refused(reasons)) => Ok(reasons.clone()),
            None => Err(Error::Internal(cause)),
        },
        error => Err(error),
    }
}

impl Database {
    /// Runs a change in one [`transaction`](Self::transaction), which [`refuse`]
    /// ends without a change.
    ///
    /// # Errors
    /// Those of the transaction.
    pub async fn change<T, F>(&self, work: F) -> Result<Outcome<T>>
    where
        T: Send,
        F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T>> + Send + Sync,
    {
        match self.transaction(work).await {
            Ok(value) => Ok(Ok(value)),
            Err(error) => refusal(error).map(Err),
        }
    }
}
