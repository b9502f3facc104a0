//! The configuration table: every key, its default, what it decides.

use std::fmt::Write as _;

use serde_json::Value;

use super::{
    Config, Key, ProviderConfig, RemoteConfig, ShippingConfig, audit, auth, carts, database, events,
    files, graph, limits, mail, modules, notifications, orders, passkeys, payments, persisted_queries,
    providers, push, realtime, redis, server, telemetry, webhooks,
};

/// What a name of one's own is called in the table.
const ANY: &str = "<name>";

/// All settings, section by section.
pub(super) fn keys() -> impl Iterator<Item = &'static Key> {
    let sections = [
        server::KEYS,
        database::KEYS,
        graph::KEYS,
        limits::KEYS,
        persisted_queries::KEYS,
        auth::KEYS,
        passkeys::KEYS,
        providers::KEYS,
        modules::KEYS,
        events::KEYS,
        files::KEYS,
        carts::KEYS,
        webhooks::KEYS,
        orders::KEYS,
        payments::KEYS,
        redis::KEYS,
        realtime::KEYS,
        notifications::KEYS,
        mail::KEYS,
        push::KEYS,
        audit::KEYS,
        telemetry::KEYS,
    ];
    sections.into_iter().flatten()
}

/// Whether `name` is a setting.
pub(super) fn is_known(name: &str) -> bool {
    keys().any(|key| {
        let mut given = name.split('.');
        let matches = key
            .name
            .split('.')
            .all(|wanted| given.next().is_some_and(|given| wanted == ANY || given == wanted));
        matches && given.next().is_none()
    })
}

/// The setting that `name` was probably meant to be.
pub(super) fn nearest(name: &str) -> Option<&'static str> {
    let distances = keys().map(|key| (distance(key.name, name), key.name));
    let (distance, nearest) = distances.min()?;
    (distance <= name.len() / 3).then_some(nearest)
}

/// The settings of a configuration by dotted key, as texts.
pub(super) fn values(config: &Config) -> Vec<(String, String)> {
    let mut values = Vec::new();
    flatten("", &serde_json::to_value(config).expect("a configuration is plain data"), &mut values);
    values
}

/// The settings and their defaults; what has a name of its own under [`ANY`].
pub(super) fn defaults() -> Vec<(String, String)> {
    let mut config = Config::default();
    config.modules.remote.insert(ANY.to_owned(), RemoteConfig::at(""));
    config.auth.providers.insert(ANY.to_owned(), ProviderConfig::default());
    config.carts.shipping.insert(ANY.to_owned(), ShippingConfig::default());
    values(&config)
}

/// The configuration table in Markdown.
#[must_use]
pub fn markdown() -> String {
    let defaults = defaults();
    let mut table = String::from("| key | default | meaning |\n|---|---|---|\n");
    for key in keys() {
        let default = defaults.iter().find(|(name, _)| name == key.name);
        let default = match default.map(|(_, value)| value.as_str()) {
            None | Some("") => String::new(),
            Some(value) => format!("`{value}`"),
        };
        let _ = writeln!(table, "| `{}` | {default} | {} |", key.name, key.meaning);
    }
    table
}

fn flatten(prefix: &str, value: &Value, into: &mut Vec<(String, String)>) {
    let text = match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let dot = if prefix.is_empty() { "" } else { "." };
                flatten(&format!("{prefix}{dot}{name}"), value, into);
            }
            return;
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    into.push((prefix.to_owned(), text));
}

/// How many letters differ (Levenshtein).
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.chars().count()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in right.chars().enumerate() {
            let change = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}
