//! Which shop a user runs.

use entities::ids::{SellerId, UserId};

use crate::Result;

/// Looks up sellers; implemented by the users module.
#[async_trait::async_trait]
pub trait Sellers: Send + Sync {
    /// The active shop of this user, if they sell.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn seller_of(&self, user: UserId) -> Result<Option<SellerId>>;
}
