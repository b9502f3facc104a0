//! What payment providers tell over HTTP.

use crate::Result;

/// What became of something that claims to come from a payment provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is kept, now or before, and looked into.
    Kept,
    /// We have nothing to do with this provider.
    Unknown,
    /// It is not, or no longer, signed by the provider.
    Forged,
    /// It is genuine, and can't be read.
    Unreadable,
}

/// Takes what payment providers tell; implemented by the payments module, called
/// by whoever listens for HTTP.
#[async_trait::async_trait]
pub trait PaymentEvents: Send + Sync {
    /// Keeps an event that a provider sent, with the signature that came in its
    /// header.
    ///
    /// # Errors
    /// When it can't be kept; the provider sends it again.
    async fn receive(&self, provider: &str, body: &[u8], signature: &str) -> Result<Told>;

    /// How many were not believed since the start.
    fn refused(&self) -> u64;
}
