//! What a change comes to: a result, or expected failures and no change at all.

use futures_util::future::BoxFuture;
use kit::{Error, Result, UserError};
use sea_orm::{DatabaseTransaction, DbErr, SqlErr};

use super::Service;

/// The result of a change, or the expected failures that prevented it.
pub(crate) type Outcome<T> = std::result::Result<T, Vec<UserError>>;

/// Travels through a transaction as an error, so that it is rolled back.
#[derive(Debug, Clone)]
struct Refused(Vec<UserError>);

impl std::fmt::Display for Refused {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the change was refused")
    }
}

impl std::error::Error for Refused {}

/// Ends a transaction without a change, for this reason.
pub(super) fn refuse(reason: UserError) -> Error {
    refuse_all(vec![reason])
}

/// Ends a transaction without a change, for these reasons.
pub(super) fn refuse_all(reasons: Vec<UserError>) -> Error {
    Error::internal(Refused(reasons))
}

/// Whether another row already has the value of a unique column.
pub(super) fn is_taken(error: &DbErr) -> bool {
    matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_)))
}

impl Service {
    /// Runs a change in one transaction; see [`kit::Database::transaction`].
    pub(super) async fn change<T, F>(&self, work: F) -> Result<Outcome<T>>
    where
        T: Send,
        F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T>> + Send + Sync,
    {
        match self.db.transaction(work).await {
            Ok(value) => Ok(Ok(value)),
            Err(Error::Internal(cause)) => match cause.downcast_ref::<Refused>() {
                Some(Refused(reasons)) => Ok(Err(reasons.clone())),
                None => Err(Error::Internal(cause)),
            },
            Err(error) => Err(error),
        }
    }
}
