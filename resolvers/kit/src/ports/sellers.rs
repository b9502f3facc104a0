//! Which shop a user runs.

use std::collections::{HashMap, HashSet};

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

    /// The active shops of these users; users without one are absent. Override
    /// it with one look-up for all.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn sellers_of(&self, users: &[UserId]) -> Result<HashMap<UserId, SellerId>> {
        let mut sellers = HashMap::with_capacity(users.len());
        for user in users {
            if let Some(seller) = self.seller_of(*user).await? {
                sellers.insert(*user, seller);
            }
        }
        Ok(sellers)
    }

    /// Those of these shops that sell at present: neither waiting for
    /// verification nor suspended nor closed. Who knows of no such thing answers
    /// all.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn active_among(&self, shops: &[SellerId]) -> Result<HashSet<SellerId>> {
        Ok(shops.iter().copied().collect())
    }
}
