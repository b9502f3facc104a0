//! What a guest put into a cart comes along when they sign in.

use std::time::Duration;

use kit::{
    ids::AccountId,
    ports::{self, Ports},
};

/// How long a sign-in waits for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks whoever keeps carts.
pub(crate) struct GuestCarts(Ports);

impl GuestCarts {
    /// The carts module starts after this one, if at all: it is looked for when it
    /// is needed.
    pub(crate) const fn new(ports: Ports) -> Self {
        Self(ports)
    }

    /// Merges a guest's cart into the account's. Nobody is kept from signing in
    /// when that fails: the guest's cart is still there then.
    pub(crate) async fn merge(&self, account: AccountId, token: &str) {
        let Ok(carts) = self.0.get::<dyn ports::GuestCarts>() else {
            return;
        };
        let merged = tokio::time::timeout(PATIENCE, carts.merge(account, token)).await;
        match merged {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(?error, "a guest's cart can't be merged at sign-in"),
            Err(_) => tracing::warn!("merging a guest's cart at sign-in takes too long"),
        }
    }
}
