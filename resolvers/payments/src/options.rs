//! What the payments module is told when it starts.

use std::time::Duration;

use secrecy::SecretString;

/// How payments are taken.
#[derive(Debug, Clone)]
pub struct PaymentsOptions {
    /// Who takes the money.
    pub provider: ProviderOptions,
    /// Whether money is set aside first, and captured by `paymentCapture`.
    pub is_manual: bool,
    /// Secrets that sign what the provider tells us; the provider may use any.
    pub webhook_secrets: Vec<SecretString>,
    /// How long the provider may take to answer.
    pub timeout: Duration,
    /// Further attempts after the first.
    pub retries: usize,
    /// How long the provider is left alone after it kept failing.
    pub pause: Duration,
    /// How often to look for what is due.
    pub poll: Duration,
    /// How often the provider is asked what it told.
    pub events_poll: Duration,
    /// How long what it told is kept.
    pub keep: Duration,
}

/// Who takes the money.
#[derive(Debug, Clone)]
pub enum ProviderOptions {
    /// Nobody: the sandbox plays a provider.
    Sandbox,
    /// Stripe.
    Stripe {
        /// Where its API is.
        api_base: String,
        /// The key of our account there.
        secret_key: SecretString,
    },
}

impl Default for PaymentsOptions {
    fn default() -> Self {
        Self {
            provider: ProviderOptions::Sandbox,
            is_manual: false,
            webhook_secrets: Vec::new(),
            timeout: Duration::from_secs(5),
            retries: 1,
            pause: Duration::from_secs(10),
            poll: Duration::from_secs(1),
            events_poll: Duration::from_secs(60),
            keep: Duration::from_secs(30 * 24 * 60 * 60),
        }
    }
}
