//! Units in stock, promised to orders and sold.

use entities::ids::{OrderId, VariantId};

use crate::{DateTime, Result};

/// Units of a variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Units {
    /// Which variant.
    pub variant_id: VariantId,
    /// How many, above 0.
    pub quantity: i32,
}

/// A variant of which fewer are left than wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shortage {
    /// Which variant.
    pub variant_id: VariantId,
    /// How many are left.
    pub available: i32,
}

/// How an attempt to promise units ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// The order holds them all.
    Held,
    /// The order holds none: of these there are not enough.
    Short(Vec<Shortage>),
    /// The order holds none: what it held was released or taken before.
    Ended,
}

/// Promises and sells units; implemented by the products module. What becomes
/// of an order's units is decided here and nowhere else: of a `take` and a
/// `release` that come at once one wins. Every call may be repeated.
#[async_trait::async_trait]
pub trait Stock: Send + Sync {
    /// Promises units to an order until an instant, all or none; lines of one
    /// variant count together.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn reserve(&self, order: OrderId, units: &[Units], until: DateTime) -> Result<Reserved>;

    /// Sells what the order holds. False when it holds nothing any more.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn take(&self, order: OrderId) -> Result<bool>;

    /// Frees what the order holds, and nothing can be promised to it again.
    /// False when its units were taken.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn release(&self, order: OrderId) -> Result<bool>;

    /// Puts units that the order took back, once for each `key`, and never more
    /// than it took.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn restock(&self, order: OrderId, key: &str, units: &[Units]) -> Result<()>;
}
