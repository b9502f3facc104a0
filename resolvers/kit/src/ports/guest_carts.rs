//! What a guest put into a cart before signing in.

use entities::ids::AccountId;

use crate::Result;

/// Merges carts of guests into those of accounts; implemented by the carts
/// module. Every call may be repeated.
#[async_trait::async_trait]
pub trait GuestCarts: Send + Sync {
    /// Puts what is in a guest's cart, if this is the secret of one, into the
    /// cart of an account.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn merge(&self, account: AccountId, token: &str) -> Result<()>;
}
