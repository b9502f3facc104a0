//! What accounts use of what their plan includes.

use entities::ids::AccountId;

use crate::Result;

/// How an attempt to use something ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowed {
    /// The units are counted, now or under this key before.
    Counted,
    /// The plan includes no more: so many units are left in this period.
    UsedUp(i64),
}

/// Counts what accounts use, each piece of work once; implemented by the payments
/// module. Every call may be repeated.
#[async_trait::async_trait]
pub trait Usage: Send + Sync {
    /// Counts units of a metric such as `context.tokens` before the work begins:
    /// as many as it may need. `key` names the work; the second time under it
    /// nothing more is counted. All or nothing: what begins at once never uses more
    /// than the plan includes.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn reserve(&self, account: AccountId, metric: &str, units: i64, key: &str) -> Result<Allowed>;

    /// The work is done and used so many units, no more than it reserved; what it
    /// did not use is free again.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn record(&self, key: &str, units: i64) -> Result<()>;

    /// The work came to nothing: nothing is counted under its key.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn refund(&self, key: &str) -> Result<()>;

    /// Whether the account's plan has a feature such as `context.generate`.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn has_feature(&self, account: AccountId, feature: &str) -> Result<bool>;
}
