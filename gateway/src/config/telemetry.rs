//! `[telemetry]`: what the process tells about itself.

use serde::{Deserialize, Serialize};

use super::{Key, key};

/// What the process tells about itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TelemetryConfig {
    /// How log lines look.
    pub format: LogFormat,
    /// Which log lines are written.
    pub filter: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Pretty,
    /// One JSON object a line.
    Json,
}

pub(super) const KEYS: &[Key] = &[
    key("telemetry.format", "How log lines look: `pretty` for people, `json` for machines."),
    key("telemetry.filter", "Which log lines are written, such as `info,schema=debug`."),
];

impl Default for TelemetryConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Pretty,
            filter: "info,sea_orm_migration=warn,sqlx=warn,webauthn_rs_core=off".to_owned(),
        }
    }
}
