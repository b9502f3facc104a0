//! Invoices by their secret addresses.

use crate::Result;

/// Why there is no invoice to hand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoInvoice {
    /// The address is none of ours, or its order is gone.
    Unknown,
    /// The address is too old.
    Expired,
}

/// Hands invoices out by secret, short-lived addresses; implemented by the orders
/// module, called by whoever speaks HTTP. The token is the last part of an
/// address that the module made.
#[async_trait::async_trait]
pub trait Invoices: Send + Sync {
    /// The invoice as an HTML document.
    ///
    /// # Errors
    /// When the database can't answer.
    async fn invoice(&self, token: &str) -> Result<Result<String, NoInvoice>>;
}
