//! `[persisted_queries]`: documents that clients ask by their hash.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{ByteSize, Key, key};

/// Documents that clients ask by their hash.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PersistedQueriesConfig {
    /// Whether hashes are understood.
    pub enabled: bool,
    /// What all kept documents may take together.
    pub memory: ByteSize,
    /// The largest document that is kept.
    pub document_limit: ByteSize,
    /// How long a cache between us and a guest may keep an answer.
    #[serde(with = "humantime_serde")]
    pub max_age: Duration,
}

pub(super) const KEYS: &[Key] = &[
    key(
        "persisted_queries.enabled",
        "Answer documents that are sent by their SHA-256 (automatic persisted queries). When off, clients \
         are told PERSISTED_QUERY_NOT_SUPPORTED and send the text.",
    ),
    key("persisted_queries.memory", "Memory for such documents; those asked least are forgotten."),
    key(
        "persisted_queries.document_limit",
        "Largest document that is remembered; a larger one is sent with its text every time.",
    ),
    key(
        "persisted_queries.max_age",
        "How long browsers and CDNs may keep what a guest is answered to a GET by hash. Answers to signed-in \
         viewers, and answers with errors, are never kept.",
    ),
];

impl Default for PersistedQueriesConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            memory: ByteSize::mebibytes(16),
            document_limit: ByteSize::bytes(64 << 10),
            max_age: Duration::ZERO,
        }
    }
}

impl PersistedQueriesConfig {
    /// Why these values can't work, if they can't.
    pub(super) fn problem(&self) -> Option<String> {
        (self.memory < self.document_limit).then(|| {
            "persisted_queries.memory must have room for one document of \
             persisted_queries.document_limit"
                .to_owned()
        })
    }
}
