//! `[database]`: where the data is.

use std::time::Duration;

use kit::DatabaseOptions;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::{Key, key, text::visible};

/// Where the data is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DatabaseConfig {
    /// `sqlite://path` or `postgres://user:password@host/name`.
    #[serde(serialize_with = "visible")]
    pub url: SecretString,
    /// Reading connections.
    pub max_connections: u32,
    /// How long a request may wait for a connection.
    #[serde(with = "humantime_serde")]
    pub acquire_timeout: Duration,
    /// Whether pending migrations of a Postgres database run at start.
    pub migrate: bool,
    /// Whether an empty embedded database is filled with demo data.
    pub seed_demo: bool,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "database.url",
        "`sqlite://path` for the embedded database, or `postgres://user:password@host/name`.",
    ),
    key("database.max_connections", "Reading connections."),
    key("database.acquire_timeout", "How long a request may wait for a connection."),
    key(
        "database.migrate",
        "Apply pending migrations to Postgres at start, as `serve --migrate` does. The embedded \
         database is always migrated.",
    ),
    key("database.seed_demo", "Fill an empty embedded database with the demo marketplace at start."),
];

impl Default for DatabaseConfig {
    fn default() -> Self {
        Self {
            url: SecretString::from("sqlite://data/weft.db"),
            max_connections: 16,
            acquire_timeout: Duration::from_secs(5),
            migrate: false,
            seed_demo: true,
        }
    }
}

impl DatabaseConfig {
    pub(crate) fn options(&self) -> DatabaseOptions {
        DatabaseOptions {
            url: self.url.expose_secret().to_owned(),
            max_connections: self.max_connections,
            acquire_timeout: self.acquire_timeout,
        }
    }

    /// Whether the database is a file, or memory, of this process.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.url.expose_secret().starts_with("sqlite:")
    }

    /// The file of an embedded database that is one.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        let path = self.url.expose_secret().strip_prefix("sqlite:")?;
        let (path, parameters) = path.split_once('?').unwrap_or((path, ""));
        let path = path.strip_prefix("//").unwrap_or(path);
        (path != ":memory:" && !parameters.contains("mode=memory")).then_some(path)
    }

    /// The address without its password, for people.
    #[must_use]
    pub fn shown(&self) -> String {
        let url = self.url.expose_secret();
        let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
        match rest.rsplit_once('@') {
            Some((credentials, place)) => {
                let user = credentials.split(':').next().unwrap_or_default();
                let place = place.split('?').next().unwrap_or(place);
                format!("{scheme}://{user}:***@{place}")
            }
            None if self.is_embedded() => url.to_owned(),
            // A password can stand among the parameters.
            None => format!("{scheme}://{}", rest.split('?').next().unwrap_or(rest)),
        }
    }

    /// Why this address can't be used, if it can't.
    pub(super) fn problem(&self) -> Option<String> {
        if self.url.expose_secret().contains(":memory:") {
            return Some(
                "database.url: name an in-memory database, such as `sqlite://weft?mode=memory`: reader and \
                 writer must find the same one"
                    .to_owned(),
            );
        }
        let is_known = ["sqlite:", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| self.url.expose_secret().starts_with(scheme));
        (!is_known).then(|| {
            "database.url must start with `sqlite://` or `postgres://`, such as \
             `sqlite://data/weft.db`"
                .to_owned()
        })
    }
}
