//! The public keys with which others verify our tokens.

use crate::Result;

/// Publishes the signing keys; implemented by the module that issues tokens.
#[async_trait::async_trait]
pub trait KeySet: Send + Sync {
    /// The keys that verify now, as a JSON Web Key Set (RFC 7517).
    ///
    /// # Errors
    /// When they can't be read.
    async fn jwks(&self) -> Result<serde_json::Value>;
}
