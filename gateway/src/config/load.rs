//! Where the settings come from, and what is said when one is wrong.

use std::{collections::HashMap, path::PathBuf};

use config::{Environment, File, FileFormat, Source, Value, ValueKind};

use super::{Config, reference};

/// Read from the working directory when no file is named.
const DEFAULT_FILE: &str = "weft.toml";
/// What the settings in the environment start with.
const PREFIX: &str = "WEFT_";

/// Why the configuration can't be used; each message names what to change.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The named file is not there or can't be read.
    #[error("can't read the configuration file {path}: {reason}")]
    File {
        /// As it was named.
        path: String,
        /// What the system says.
        reason: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{path} is not valid TOML: {reason}")]
    Syntax {
        /// As it was named.
        path: String,
        /// What the parser says, with the line.
        reason: String,
    },
    /// There is no such setting.
    #[error("{place}: there is no setting `{key}`{hint}")]
    UnknownKey {
        /// The file or the environment variable.
        place: String,
        /// The key that was given.
        key: String,
        /// What was probably meant.
        hint: String,
    },
    /// A value is of the wrong kind, or out of range.
    #[error("{0}")]
    Value(String),
}

/// Where the settings come from; later ones win.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// A file that must be there; otherwise `weft.toml` is read if it is.
    pub file: Option<PathBuf>,
    /// Instead of the process's environment.
    pub environment: Option<HashMap<String, String>>,
}

impl Sources {
    /// Reads the configuration.
    ///
    /// # Errors
    /// [`ConfigError`], naming the file or variable and the key.
    pub fn load(&self) -> Result<Config, ConfigError> {
        let mut builder = config::Config::builder();
        if let Some((path, text)) = self.read_file()? {
            let source = File::from_str(&text, FileFormat::Toml);
            let values = source.collect().map_err(|error| ConfigError::Syntax {
                path: path.clone(),
                reason: error.to_string(),
            })?;
            refuse_unknown(&values, |_| path.clone())?;
            builder = builder.add_source(source);
        }
        let environment = self.environment();
        self.refuse_near_misses()?;
        let values = environment.collect().map_err(value_error)?;
        refuse_unknown(&values, variable)?;
        builder = builder.add_source(environment);

        let config: Config =
            builder.build().and_then(config::Config::try_deserialize).map_err(value_error)?;
        check(&config)?;
        Ok(config)
    }

    /// Whether the file or the environment says anything of this setting.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn names(&self, key: &str) -> Result<bool, ConfigError> {
        let mut given = config::Config::builder();
        if let Some((_, text)) = self.read_file()? {
            given = given.add_source(File::from_str(&text, FileFormat::Toml));
        }
        let given = given.add_source(self.environment()).build().map_err(value_error)?;
        Ok(given.get::<Value>(key).is_ok())
    }

    /// The file that is read, if there is one.
    #[must_use]
    pub fn found_file(&self) -> Option<PathBuf> {
        let path = self.file.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        path.exists().then_some(path)
    }

    fn read_file(&self) -> Result<Option<(String, String)>, ConfigError> {
        let path = self.file.clone().unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
        let shown = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some((shown, text))),
            Err(reason) if reason.kind() == std::io::ErrorKind::NotFound && self.file.is_none() => {
                Ok(None)
            }
            Err(reason) => Err(ConfigError::File { path: shown, reason }),
        }
    }

    /// Only what looks like a setting: `WEFT_SECTION__KEY`.
    fn environment(&self) -> Environment {
        let settings = self
            .variables()
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX) && name.contains("__"))
            .collect();
        Environment::with_prefix("WEFT").prefix_separator("_").separator("__").source(Some(settings))
    }

    fn variables(&self) -> HashMap<String, String> {
        match &self.environment {
            Some(environment) => environment.clone(),
            // A variable that is no text is no setting of ours.
            None => std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
        }
    }

    /// `WEFT_SERVER_PORT` is a setting with one underscore too few; other
    /// variables with our prefix belong to scripts and are left alone.
    fn refuse_near_misses(&self) -> Result<(), ConfigError> {
        for name in self.variables().into_keys() {
            let Some(rest) = name.strip_prefix(PREFIX).filter(|rest| !rest.contains("__")) else {
                continue;
            };
            let meant = rest.to_lowercase().replacen('_', ".", 1);
            if reference::is_known(&meant) {
                let hint = format!(", did you mean {}?", variable(&meant));
                return Err(ConfigError::UnknownKey {
                    place: format!("the environment variable {name}"),
                    key: rest.to_lowercase(),
                    hint,
                });
            }
        }
        Ok(())
    }
}

/// What serde can't see: values that fit their type and yet can't work.
fn check(config: &Config) -> Result<(), ConfigError> {
    config.auth.users(&config.server)?;
    config.notifications()?;
    config.payments.options()?;
    let problem = config
        .server
        .problem()
        .or_else(|| config.server.proxies().err())
        .or_else(|| config.database.problem())
        .or_else(|| config.limits.problem())
        .or_else(|| config.persisted_queries.problem())
        .or_else(|| config.realtime.problem())
        .or_else(|| config.events.problem())
        .or_else(|| config.files.problem())
        .or_else(|| config.webhooks.problem())
        .or_else(|| config.modules.problem());
    problem.map_or(Ok(()), |problem| Err(ConfigError::Value(problem)))
}

fn refuse_unknown(
    values: &config::Map<String, Value>,
    place: impl Fn(&str) -> String,
) -> Result<(), ConfigError> {
    let mut keys = Vec::new();
    for (name, value) in values {
        collect_keys(name, value, &mut keys);
    }
    keys.sort();
    let Some(key) = keys.into_iter().find(|key| !reference::is_known(key)) else { return Ok(()) };
    let hint = match reference::nearest(&key) {
        Some(nearest) => format!(", did you mean `{nearest}`?"),
        None => "; `weft config reference` lists them all".to_owned(),
    };
    Err(ConfigError::UnknownKey { place: place(&key), key, hint })
}

fn collect_keys(name: &str, value: &Value, into: &mut Vec<String>) {
    match &value.kind {
        ValueKind::Table(fields) => {
            for (field, value) in fields {
                collect_keys(&format!("{name}.{field}"), value, into);
            }
        }
        _ => into.push(name.to_owned()),
    }
}

/// The variable that sets a key.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

fn value_error(error: config::ConfigError) -> ConfigError {
    match error {
        config::ConfigError::Type { unexpected, expected, key: Some(key), .. } => ConfigError::Value(
            format!("{key} should be {expected}, but is {unexpected} (or {} is)", variable(&key)),
        ),
        config::ConfigError::At { error, key: Some(key), .. } => {
            ConfigError::Value(format!("{key} (or {}): {error}", variable(&key)))
        }
        error => ConfigError::Value(error.to_string()),
    }
}
