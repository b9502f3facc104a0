//! Secrets that go out by mail and come back to show whose the address is.

use entities::ids::AccountId;
use secrecy::SecretString;

use crate::Result;

/// What a mailed token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailedTokenPurpose {
    /// `emailConfirm`: the address is the account's.
    ConfirmEmail,
    /// `passwordReset`: a new password.
    ResetPassword,
}

/// Makes mailed tokens; implemented by the users module. Asked when a mail is
/// written, so that no token waits in a queue or in the event log.
#[async_trait::async_trait]
pub trait MailedTokens: Send + Sync {
    /// A new token for this account; the first of a purpose that is used makes
    /// the others worthless. `None` when the account has no use for it any more.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn issue(
        &self,
        account: AccountId,
        purpose: MailedTokenPurpose,
    ) -> Result<Option<SecretString>>;
}
