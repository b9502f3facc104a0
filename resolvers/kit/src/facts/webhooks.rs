//! What webhooks tell, of what is done with endpoints of third parties.

use entities::ids::WebhookEndpointId;
use serde::{Deserialize, Serialize};
use subscriptions::Fact;

/// Somebody did something with an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebhookChanged {
    /// Which endpoint.
    pub endpoint_id: WebhookEndpointId,
    /// What.
    pub change: WebhookChange,
}

/// What was done with an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WebhookChange {
    /// It is new.
    Added,
    /// Its address, its kinds or whether it is on.
    Changed,
    /// It has another secret.
    SecretRotated,
    /// A delivery is sent to it again.
    Redelivered,
}

impl Fact for WebhookChanged {
    const KIND: &'static str = "webhook.changed";

    fn subject(&self) -> String {
        self.endpoint_id.to_string()
    }
}
