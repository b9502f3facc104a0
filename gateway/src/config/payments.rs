//! `[payments]`: who takes the money, and how.

use std::time::Duration;

use payments::{PaymentsOptions, ProviderOptions};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{ConfigError, Key, key, text::masked};

/// How payments are taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentsConfig {
    /// Who takes the money.
    pub provider: PaymentProvider,
    /// When the money is taken.
    pub capture: CaptureMode,
    /// Secrets that sign what the provider tells.
    #[serde(serialize_with = "masked")]
    pub webhook_secrets: SecretString,
    /// How long the provider may take.
    #[serde(with = "humantime_serde")]
    pub timeout: Duration,
    /// Further attempts after the first.
    pub retries: usize,
    /// How long a provider that keeps failing is left alone.
    #[serde(with = "humantime_serde")]
    pub pause: Duration,
    /// How often to look for what is due.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
    /// How often the provider is asked for missed events.
    #[serde(with = "humantime_serde")]
    pub events_poll: Duration,
    /// How long events are kept.
    #[serde(with = "humantime_serde")]
    pub keep_events: Duration,
    /// Stripe.
    pub stripe: StripeConfig,
}

/// Who takes the money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PaymentProvider {
    /// Nobody: it plays a provider.
    Sandbox,
    /// Stripe.
    Stripe,
}

/// When the money is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaptureMode {
    /// At once.
    Automatic,
    /// It is set aside first.
    Manual,
}

/// Stripe.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StripeConfig {
    /// Where its API is.
    pub api_base: String,
    /// The key of our account.
    #[serde(serialize_with = "masked")]
    pub secret_key: SecretString,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "payments.provider",
        "Who takes the money: `sandbox`, which plays a provider and moves none, or `stripe`.",
    ),
    key(
        "payments.capture",
        "`automatic`: money is taken at once. `manual`: it is set aside, which pays an order, and taken by \
         `paymentCapture`.",
    ),
    key(
        "payments.webhook_secrets",
        "Secrets by which the provider signs what it posts to `/webhooks/stripe` (or `/webhooks/sandbox`), \
         with commas; several while one replaces another.",
    ),
    key("payments.timeout", "How long the provider may take for one answer."),
    key("payments.retries", "Further attempts after the first, under the same idempotency key."),
    key("payments.pause", "How long a provider that keeps failing is left alone."),
    key("payments.poll", "How often to look for payments, refunds and events that wait for something."),
    key("payments.events_poll", "How often the provider is asked for events that we missed."),
    key(
        "payments.keep_events",
        "How long the ids of events are kept, by which repeated ones are known.",
    ),
    key("payments.stripe.api_base", "Where Stripe's API is."),
    key("payments.stripe.secret_key", "Secret or restricted key of our account at Stripe."),
];

impl Default for PaymentsConfig {
    fn default() -> Self {
        let options = PaymentsOptions::default();
        Self {
            provider: PaymentProvider::Sandbox,
            capture: CaptureMode::Automatic,
            webhook_secrets: SecretString::default(),
            timeout: options.timeout,
            retries: options.retries,
            pause: options.pause,
            poll: options.poll,
            events_poll: options.events_poll,
            keep_events: options.keep,
            stripe: StripeConfig::default(),
        }
    }
}

impl Default for StripeConfig {
    fn default() -> Self {
        Self { api_base: "https://api.stripe.com/".to_owned(), secret_key: SecretString::default() }
    }
}

impl PaymentsConfig {
    /// As the payments module wants it.
    pub(crate) fn options(&self) -> Result<PaymentsOptions, ConfigError> {
        let provider = match self.provider {
            PaymentProvider::Sandbox => ProviderOptions::Sandbox,
            PaymentProvider::Stripe => self.stripe.options()?,
        };
        let secrets = self.webhook_secrets.expose_secret().split(',').map(str::trim);
        let durations = [
            ("timeout", self.timeout),
            ("pause", self.pause),
            ("poll", self.poll),
            ("events_poll", self.events_poll),
        ];
        if let Some((name, _)) = durations.iter().find(|(_, duration)| duration.is_zero()) {
            let message = format!("payments.{name} must be longer than nothing, such as `1s`");
            return Err(ConfigError::Value(message));
        }
        Ok(PaymentsOptions {
            provider,
            is_manual: self.capture == CaptureMode::Manual,
            webhook_secrets: secrets.filter(|text| !text.is_empty()).map(SecretString::from).collect(),
            timeout: self.timeout,
            retries: self.retries,
            pause: self.pause,
            poll: self.poll,
            events_poll: self.events_poll,
            keep: self.keep_events,
        })
    }

    /// Who takes the money, for people.
    pub(crate) fn shown(&self) -> String {
        match self.provider {
            PaymentProvider::Sandbox => "the sandbox plays a provider: no money moves".to_owned(),
            PaymentProvider::Stripe => format!("Stripe at {}", self.stripe.api_base),
        }
    }

    /// Whether events of the provider can be told from forged ones.
    pub(crate) fn has_webhook_secret(&self) -> bool {
        !self.webhook_secrets.expose_secret().trim().is_empty()
    }
}

impl StripeConfig {
    fn options(&self) -> Result<ProviderOptions, ConfigError> {
        let (base, secret) = (self.api_base.trim(), self.secret_key.expose_secret().trim());
        if secret.is_empty() {
            let message = "payments.stripe.secret_key must be set for payments.provider `stripe`";
            return Err(ConfigError::Value(message.to_owned()));
        }
        if !base.starts_with("http://") && !base.starts_with("https://") {
            let message = "payments.stripe.api_base must start with `http://` or `https://`";
            return Err(ConfigError::Value(message.to_owned()));
        }
        // The client joins paths to it.
        let api_base = format!("{}/", base.trim_end_matches('/'));
        Ok(ProviderOptions::Stripe { api_base, secret_key: SecretString::from(secret) })
    }
}
