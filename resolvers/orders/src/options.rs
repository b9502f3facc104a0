//! How the orders module is set up.

use std::time::Duration;

use secrecy::SecretString;

/// Options of the orders module.
#[derive(Debug, Clone)]
pub struct OrdersOptions {
    /// How long an unpaid order holds its units.
    pub pay_within: Duration,
    /// How long a process that went away keeps an order that it was placing.
    pub lease: Duration,
    /// How long a checkout waits for another one with its key.
    pub wait: Duration,
    /// What the marketplace keeps of a seller's part, in basis points.
    pub commission: u32,
    /// How long after its last shipment an order is completed.
    pub complete_after: Duration,
    /// How often to look for orders whose time has come, and for those that
    /// somebody left half-way.
    pub look_every: Duration,
    /// Makes the secrets of guests and signs the addresses of invoices. When
    /// absent, a key is generated once and kept in the database, so that all
    /// instances on it share the key.
    pub signing_key: Option<SecretString>,
    /// Where clients reach the gateway, without a slash at the end.
    pub public_url: String,
    /// How long an address of an invoice is good.
    pub link_lifetime: Duration,
}

impl Default for OrdersOptions {
    fn default() -> Self {
        Self {
            pay_within: Duration::from_secs(30 * 60),
            lease: Duration::from_secs(30),
            wait: Duration::from_secs(20),
            commission: 1_000,
            complete_after: Duration::from_secs(14 * 24 * 60 * 60),
            look_every: Duration::from_secs(2),
            signing_key: None,
            public_url: "http://127.0.0.1:8080".to_owned(),
            link_lifetime: Duration::from_secs(60 * 60),
        }
    }
}

/// In milliseconds.
pub(crate) fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
