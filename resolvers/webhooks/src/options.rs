//! How the webhooks module is set up.

use std::{io, net::IpAddr, sync::Arc, time::Duration};

/// Finds the addresses of a host; tests bring their own.
#[async_trait::async_trait]
pub trait Resolver: Send + Sync {
    /// The addresses of this name.
    ///
    /// # Errors
    /// When there are none, or nobody can say.
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>>;
}

/// The machine's own resolver.
pub struct SystemResolver;

#[async_trait::async_trait]
impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((host, 0)).await?.map(|address| address.ip()).collect())
    }
}

/// Options of the webhooks module; the defaults need no set-up.
#[derive(Clone)]
pub struct WebhooksOptions {
    /// Whether endpoints may be plain http.
    pub allow_http: bool,
    /// Names and addresses that are taken although they are private.
    pub allow_private: Vec<String>,
    /// How long an endpoint may take to answer.
    pub timeout: Duration,
    /// Requests to one endpoint at once, of each process.
    pub concurrency: usize,
    /// How often a delivery is tried before it is given up.
    pub attempts: u32,
    /// The pause after the first failure; it doubles with each further one.
    pub retry_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
    /// How long an endpoint may fail before nothing is sent to it any more.
    pub disable_after: Duration,
    /// How long the old secret stays good after a rotation.
    pub secret_overlap: Duration,
    /// How long finished deliveries are kept.
    pub keep: Duration,
    /// How often to look for what is due without being woken.
    pub poll: Duration,
    /// Finds the addresses of endpoints.
    pub resolver: Arc<dyn Resolver>,
}

impl Default for WebhooksOptions {
    fn default() -> Self {
        Self {
            allow_http: false,
            allow_private: Vec::new(),
            timeout: Duration::from_secs(10),
            concurrency: 4,
            // With these pauses the last attempt is about 71 hours after the first.
            attempts: 19,
            retry_pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(12 * 60 * 60),
            disable_after: Duration::from_secs(3 * 24 * 60 * 60),
            secret_overlap: Duration::from_secs(24 * 60 * 60),
            keep: Duration::from_secs(30 * 24 * 60 * 60),
            poll: Duration::from_secs(1),
            resolver: Arc::new(SystemResolver),
        }
    }
}
