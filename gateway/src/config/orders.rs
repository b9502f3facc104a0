//! `[orders]`: how long orders wait for what, and what the marketplace keeps.

use std::time::Duration;

use orders::OrdersOptions;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{ConfigError, Key, ServerConfig, key, text::masked};

/// Basis points of a whole.
const WHOLE: u32 = 10_000;

/// How orders work.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrdersConfig {
    /// How long an unpaid order holds its units.
    #[serde(with = "humantime_serde")]
    pub pay_within: Duration,
    /// What the marketplace keeps of a seller's part, in basis points.
    pub commission: u32,
    /// How long after its last shipment an order is completed.
    #[serde(with = "humantime_serde")]
    pub complete_after: Duration,
    /// How long a process that went away keeps an order that it was placing.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// How often to look for orders whose time has come.
    #[serde(with = "humantime_serde")]
    pub look_every: Duration,
    /// Makes the secrets of guests and signs the addresses of invoices; empty for
    /// a key that is made once and kept in the database.
    #[serde(serialize_with = "masked")]
    pub signing_key: SecretString,
    /// How long an address of an invoice is good.
    #[serde(with = "humantime_serde")]
    pub link_lifetime: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key("orders.pay_within", "How long an unpaid order holds its units; then it expires."),
    key(
        "orders.commission",
        "What the marketplace keeps of a seller's part of an order, in basis points (1000 is 10 %). It is \
         frozen at checkout.",
    ),
    key(
        "orders.complete_after",
        "How long after its last shipment an order is completed; until then units can be returned.",
    ),
    key(
        "orders.lease",
        "How long a process that went away keeps an order that it was placing, or a refund; then another one \
         goes on with it.",
    ),
    key(
        "orders.look_every",
        "How often to look for orders whose time has come, and for those that a process left half-way.",
    ),
    key(
        "orders.signing_key",
        "Makes the secrets of guests' orders and signs the addresses of invoices, at least 32 characters. \
         Empty: a key is made once and kept in the database.",
    ),
    key("orders.link_lifetime", "How long an address of an invoice is good."),
];

impl Default for OrdersConfig {
    fn default() -> Self {
        let orders = OrdersOptions::default();
        Self {
            pay_within: orders.pay_within,
            commission: orders.commission,
            complete_after: orders.complete_after,
            lease: orders.lease,
            look_every: orders.look_every,
            signing_key: SecretString::default(),
            link_lifetime: orders.link_lifetime,
        }
    }
}

impl OrdersConfig {
    /// As the orders module wants it.
    ///
    /// # Errors
    /// When a value can't be used.
    pub(crate) fn options(&self, server: &ServerConfig) -> Result<OrdersOptions, ConfigError> {
        if let Some(problem) = self.problem() {
            return Err(ConfigError::Value(problem));
        }
        let has_key = !self.signing_key.expose_secret().is_empty();
        Ok(OrdersOptions {
            pay_within: self.pay_within,
            commission: self.commission,
            complete_after: self.complete_after,
            lease: self.lease,
            look_every: self.look_every,
            signing_key: has_key.then(|| self.signing_key.clone()),
            public_url: server.public_url(),
            link_lifetime: self.link_lifetime,
            ..OrdersOptions::default()
        })
    }

    fn problem(&self) -> Option<String> {
        if self.commission > WHOLE {
            return Some(format!("orders.commission must be from 0 to {WHOLE} basis points"));
        }
        if (1..32).contains(&self.signing_key.expose_secret().len()) {
            return Some("orders.signing_key must have at least 32 characters".to_owned());
        }
        let durations = [
            ("pay_within", self.pay_within),
            ("lease", self.lease),
            ("look_every", self.look_every),
            ("link_lifetime", self.link_lifetime),
        ];
        let (name, _) = durations.iter().find(|(_, duration)| duration.is_zero())?;
        Some(format!("orders.{name} must be longer than nothing, such as `10m`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_work_is_refused() {
        let options = |change: fn(&mut OrdersConfig)| {
            let mut config = OrdersConfig::default();
            change(&mut config);
            config.options(&ServerConfig::default()).map_err(|error| error.to_string())
        };

        assert!(options(|_| {}).is_ok());
        for refused in [
            options(|config| config.commission = 10_001),
            options(|config| config.signing_key = "short".into()),
            options(|config| config.pay_within = Duration::ZERO),
        ] {
            assert!(refused.expect_err("refused").contains("orders."));
        }
    }
}
