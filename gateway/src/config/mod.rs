//! The gateway's configuration: built-in defaults, then a file, then the
//! environment. One struct a section; no file is needed.

mod audit;
mod auth;
mod carts;
mod database;
mod events;
mod files;
mod graph;
mod limits;
mod load;
mod mail;
mod modules;
mod notifications;
mod orders;
mod passkeys;
mod payments;
mod persisted_queries;
mod providers;
mod push;
mod realtime;
mod redis;
mod reference;
mod server;
mod size;
mod telemetry;
#[cfg(test)]
mod tests;
mod text;
mod webhooks;

use serde::{Deserialize, Serialize};

pub use audit::AuditConfig;
pub use auth::AuthConfig;
pub use carts::{CartsConfig, ShippingConfig};
pub use database::DatabaseConfig;
pub use events::EventsConfig;
pub use files::{FilesConfig, S3Config};
pub use graph::GraphConfig;
pub use limits::{AttemptsConfig, BudgetConfig, GuessesConfig, LimitsConfig};
pub use load::{ConfigError, Sources};
pub use mail::MailConfig;
pub use modules::{ModulesConfig, RemoteConfig};
pub use notifications::NotificationsConfig;
pub use orders::OrdersConfig;
pub use passkeys::PasskeysConfig;
pub use payments::{CaptureMode, PaymentProvider, PaymentsConfig, StripeConfig};
pub use persisted_queries::PersistedQueriesConfig;
pub use providers::ProviderConfig;
pub use push::PushConfig;
pub use realtime::RealtimeConfig;
pub use redis::RedisConfig;
pub use reference::markdown;
pub use server::{CorsConfig, ForwardedHeader, ServerConfig};
pub use size::ByteSize;
pub use telemetry::{LogFormat, TelemetryConfig};
pub use webhooks::WebhooksConfig;

/// Everything that can be set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// The HTTP front door.
    pub server: ServerConfig,
    /// Where the data is.
    pub database: DatabaseConfig,
    /// Bounds on what a document may ask for.
    pub graph: GraphConfig,
    /// What callers may spend.
    pub limits: LimitsConfig,
    /// Documents that clients ask by their hash.
    pub persisted_queries: PersistedQueriesConfig,
    /// Accounts, tokens and sessions.
    pub auth: AuthConfig,
    /// Which modules run, and where.
    pub modules: ModulesConfig,
    /// The event log.
    pub events: EventsConfig,
    /// What people upload.
    pub files: FilesConfig,
    /// Carts.
    pub carts: CartsConfig,
    /// What third parties are told.
    pub webhooks: WebhooksConfig,
    /// Who takes the money.
    pub payments: PaymentsConfig,
    /// Orders.
    pub orders: OrdersConfig,
    /// What instances share.
    pub redis: RedisConfig,
    /// Streams to clients: WebSocket, SSE, multipart.
    pub realtime: RealtimeConfig,
    /// What accounts are told.
    pub notifications: NotificationsConfig,
    /// How mail is sent.
    pub mail: MailConfig,
    /// How notifications are pushed.
    pub push: PushConfig,
    /// The audit log.
    pub audit: AuditConfig,
    /// What the process tells about itself.
    pub telemetry: TelemetryConfig,
}

/// One setting, as the configuration table shows it. The default is read from
/// the structs.
struct Key {
    /// Dotted, as in the file; `<name>` stands for a name of one's own.
    name: &'static str,
    /// What it decides.
    meaning: &'static str,
}

/// Names a setting of the table.
const fn key(name: &'static str, meaning: &'static str) -> Key {
    Key { name, meaning }
}
