//! The hash of a record: over everything it says and the hash before it, in one
//! form for both databases.

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
};
use entities::audit::{head, record};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::AuditOptions;

const PLAIN: &str = "sha256:";
const KEYED: &str = "hmac-sha256:";

/// Makes hashes, keyed ones where there is a key.
pub(crate) struct Seal(Option<hmac::Key>);

impl Seal {
    pub(crate) fn new(options: &AuditOptions) -> Self {
        Self(
            options
                .key
                .as_ref()
                .map(|key| hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes())),
        )
    }

    /// The hash of a record; its own field of that name is not looked at.
    pub(crate) fn record(&self, row: &record::Model) -> String {
        self.hash(&canonical(row))
    }

    /// The hash of the row that says where the chain ends.
    pub(crate) fn head(&self, sequence: i64, hash: &str) -> String {
        self.hash(&json!(["audit.head", sequence, hash]))
    }

    /// Whether a record's hash is the one that it must have. A record that was
    /// made before there was a key has one without.
    pub(crate) fn is_of_record(&self, row: &record::Model) -> bool {
        self.beside(&row.hash).record(row) == row.hash
    }

    /// As [`is_of_record`](Self::is_of_record), of the end of the chain.
    pub(crate) fn is_of_head(&self, head: &head::Model) -> bool {
        self.beside(&head.seal).head(head.sequence, &head.hash) == head.seal
    }

    /// Whether new hashes are keyed.
    pub(crate) const fn has_key(&self) -> bool {
        self.0.is_some()
    }

    /// Whether this is a hash that needs the key.
    pub(crate) fn is_keyed(hash: &str) -> bool {
        hash.starts_with(KEYED)
    }

    /// Makes hashes of the same kind as this one.
    fn beside(&self, hash: &str) -> Self {
        Self(self.0.clone().filter(|_| Self::is_keyed(hash)))
    }

    fn hash(&self, value: &Value) -> String {
        let bytes = value.to_string().into_bytes();
        match &self.0 {
            Some(key) => format!("{KEYED}{}", hex(hmac::sign(key, &bytes).as_ref())),
            None => format!("{PLAIN}{}", hex(digest(&SHA256, &bytes).as_ref())),
        }
    }
}

/// A JSON value as text whose keys stand in order, whatever the database makes
/// of it.
pub(crate) fn ordered(value: Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut fields: Vec<(String, Value)> =
                fields.into_iter().map(|(name, value)| (name, sorted(value))).collect();
            fields.sort_by(|(left, _), (right, _)| left.cmp(right));
            Value::Object(fields.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// An array keeps its order, and JSON tells where each text ends.
fn canonical(row: &record::Model) -> Value {
    json!([
        "audit.record",
        row.sequence,
        row.entry,
        row.event,
        row.at.0,
        row.act,
        row.actor,
        row.action,
        row.kind,
        row.version,
        row.subject,
        row.data,
        row.previous_hash,
    ])
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
