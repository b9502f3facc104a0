//! The caller's mistakes, ours, and the one place where errors meet GraphQL.

use std::{borrow::Cow, sync::Arc};

use async_graphql::{Response, ServerError};
use sea_orm::DbErr;
use subscriptions::Position;

/// What every fallible function of a module answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request failed at the top level. Expected outcomes of a mutation are
/// not errors: they are [`UserError`](crate::UserError)s in its payload. What
/// the viewer may not see is not an error either: it is absent.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The caller sent something we can't read; shown as written.
    #[error("{0}")]
    BadInput(Cow<'static, str>),
    /// Nobody is signed in, or the token is no longer good.
    #[error("sign in first")]
    Unauthenticated,
    /// The viewer lacks this permission.
    #[error("needs the permission {0}")]
    Forbidden(&'static str),
    /// An outside service or a module is away.
    #[error("{0} is unavailable, try again later")]
    Unavailable(Cow<'static, str>),
    /// An outside service or a module took too long.
    #[error("{0} took too long")]
    Timeout(Cow<'static, str>),
    /// The event log no longer reaches back to the given cursor; it does to the
    /// one that is told in `extensions.cursor`.
    #[error(
        "the stream no longer reaches back to this cursor: read the current state, then follow from \
         `extensions.cursor`"
    )]
    StreamGap(Position),
    /// Ours; the cause is logged and never shown.
    #[error("internal error")]
    Internal(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Wraps a cause that the caller can do nothing about.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(Arc::from(cause.into()))
    }

    /// Whether the same may succeed a moment later.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Timeout(_) | Self::Internal(_))
    }

    /// The stable `extensions.code` of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BadInput(_) => "BAD_USER_INPUT",
            Self::Unauthenticated => "UNAUTHENTICATED",
            Self::Forbidden(_) => "FORBIDDEN",
            Self::Unavailable(_) => "UNAVAILABLE",
            Self::Timeout(_) => "TIMEOUT",
            Self::StreamGap(_) => "STREAM_GAP",
            Self::Internal(_) => "INTERNAL_SERVER_ERROR",
        }
    }
}

impl From<DbErr> for Error {
    fn from(cause: DbErr) -> Self {
        Self::internal(cause)
    }
}

impl From<subscriptions::LogError> for Error {
    fn from(cause: subscriptions::LogError) -> Self {
        match cause {
            subscriptions::LogError::Gap(head) => Self::StreamGap(head),
            subscriptions::LogError::BadCursor => {
                Self::BadInput("`after` is not a cursor of this stream".into())
            }
            subscriptions::LogError::Database(cause) => cause.into(),
        }
    }
}

/// Gives every error of a module's answer its code and hides what is not the
/// caller's business. Resolvers only use `?`: an error nobody thought of is
/// logged here, once, and hidden.
pub fn present(response: &mut Response) {
    for error in &mut response.errors {
        present_one(error);
    }
}

fn present_one(error: &mut ServerError) {
    let mut cursor = None;
    let code = match error.source::<Error>() {
        Some(known @ Error::Internal(cause)) => {
            tracing::error!(path = ?error.path, cause = %cause, "request failed");
            known.code()
        }
        Some(known) => {
            if let Error::StreamGap(head) = known {
                cursor = Some(head.to_string());
            }
            known.code()
        }
        None if error.source.is_some() => {
            tracing::error!(path = ?error.path, cause = %error.message, "request failed");
            "internal error".clone_into(&mut error.message);
            "INTERNAL_SERVER_ERROR"
        }
        // Raised by the GraphQL library itself: an argument that can't be read.
        None => "BAD_USER_INPUT",
    };
    let extensions = error.extensions.get_or_insert_default();
    if extensions.get("code").is_none() {
        extensions.set("code", code);
    }
    if let Some(cursor) = cursor {
        extensions.set("cursor", cursor);
    }
}
