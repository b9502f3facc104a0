//! Ending mails by the address that they carry.

use crate::Result;

/// Ends mails; implemented by the notifications module.
#[async_trait::async_trait]
pub trait Unsubscribe: Send + Sync {
    /// What the mails are about that a token ends; `None` when it is not ours.
    fn about(&self, token: &str) -> Option<&'static str>;

    /// Ends those mails; again is fine. What they were about, `None` when the
    /// token is not ours.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn unsubscribe(&self, token: &str) -> Result<Option<&'static str>>;
}
