//! The demo accounts that the playground offers to sign in as.

use crate::{Result, Role};

/// An account of the demo data.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DemoAccount {
    /// What to sign in with.
    pub email: String,
    /// The name to show.
    pub display_name: String,
    /// Its foremost role.
    pub role: Role,
}

/// Tells the demo accounts; implemented by the users module.
#[async_trait::async_trait]
pub trait DemoAccounts: Send + Sync {
    /// A few accounts of each role; empty when the data is not demo data.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn demo_accounts(&self) -> Result<Vec<DemoAccount>>;

    /// The password of all of them.
    fn demo_password(&self) -> &'static str;
}
