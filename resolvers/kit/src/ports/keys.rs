//! The public keys with which others verify our tokens.

/// Publishes the signing keys; implemented by the module that issues tokens.
pub trait KeySet: Send + Sync {
    /// The keys as a JSON Web Key Set (RFC 7517).
    fn jwks(&self) -> serde_json::Value;
}
