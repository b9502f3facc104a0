//! Who stands behind a bearer token.

use crate::{Result, Viewer};

/// Turns a bearer token into a viewer; implemented by the module that issues
/// or trusts tokens.
#[async_trait::async_trait]
pub trait Identity: Send + Sync {
    /// The viewer behind `token`.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`](crate::Error::Unauthenticated) when the token
    /// is not good; the reason goes to the log only.
    async fn viewer(&self, token: &str) -> Result<Viewer>;
}
