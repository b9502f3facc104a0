//! `[modules]`: which modules run, and where.

use std::{collections::BTreeMap, time::Duration};

use serde::{Deserialize, Serialize};

use super::{Key, key, text::list};

/// Which modules run, and where.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModulesConfig {
    /// Modules that are left out of the graph.
    #[serde(deserialize_with = "list")]
    pub disabled: Vec<String>,
    /// Modules that run in another process.
    pub remote: BTreeMap<String, RemoteConfig>,
    /// How often every module's health is looked at.
    #[serde(with = "humantime_serde")]
    pub health_interval: Duration,
}

/// A module in another process.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RemoteConfig {
    /// Where its subgraph answers.
    pub url: String,
    /// How long one call may take.
    #[serde(default = "default_timeout", with = "humantime_serde")]
    pub timeout: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key("modules.disabled", "Modules that are left out of the graph."),
    key(
        "modules.remote.<name>.url",
        "Where a module answers that runs in another process, such as \
         `http://10.0.0.7:8080/subgraphs/products`. Any Federation 2 subgraph may be named here.",
    ),
    key("modules.remote.<name>.timeout", "How long one call to it may take."),
    key("modules.health_interval", "How often every module's health is looked at."),
];

impl Default for ModulesConfig {
    fn default() -> Self {
        Self { disabled: Vec::new(), remote: BTreeMap::new(), health_interval: Duration::from_secs(60) }
    }
}

impl ModulesConfig {
    /// Why these values can't be used, if they can't.
    pub(super) fn problem(&self) -> Option<String> {
        self.health_interval
            .is_zero()
            .then(|| "modules.health_interval must be longer than nothing, such as `60s`".to_owned())
    }
}

fn default_timeout() -> Duration {
    Duration::from_secs(5)
}

impl RemoteConfig {
    /// A module at this address, called with the default timeout.
    #[must_use]
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), timeout: default_timeout() }
    }
}
