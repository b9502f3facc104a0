//! Slowing down who guesses secrets.

use std::time::Duration;

use crate::Origin;

/// Counts guesses over all instances; implemented by the gateway.
#[async_trait::async_trait]
pub trait Guesses: Send + Sync {
    /// Counts a guess at the secrets of `subject` before anybody looks at it: of
    /// guesses that come at once no more than are allowed get through.
    ///
    /// # Errors
    /// How long to wait until the next guess is looked at.
    async fn take(&self, subject: &str, from: Origin) -> Result<(), Duration>;

    /// Takes back what a right guess has counted.
    async fn give_back(&self, subject: &str, from: Origin);
}
