//! The gateway: configuration, commands, the HTTP front door, and the list of
//! modules that make up the graph.

mod app;
mod budgets;
pub mod cli;
mod config;
pub mod database;
mod http;
mod modules;
mod remote;
mod serve;
mod telemetry;

pub use app::{App, Extra, StartError};
pub use config::{
    AttemptsConfig, AuditConfig, AuthConfig, BudgetConfig, ByteSize, CaptureMode, CartsConfig, Config,
    ConfigError, CorsConfig, DatabaseConfig, EventsConfig, FilesConfig, ForwardedHeader, GraphConfig,
    GuessesConfig, LimitsConfig, LogFormat, MailConfig, ModulesConfig, NotificationsConfig,
    OrdersConfig, PasskeysConfig, PaymentProvider, PaymentsConfig, PersistedQueriesConfig,
    ProviderConfig, PushConfig, RealtimeConfig, RedisConfig, RemoteConfig, S3Config, ServerConfig,
    ShippingConfig, Sources, StripeConfig, TelemetryConfig, WebhooksConfig, markdown,
};
