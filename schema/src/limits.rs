//! Bounds on what a document may ask for, all checked before planning.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How much one document may ask for. A document above a bound is refused with
/// `GRAPHQL_VALIDATION_FAILED` and the bound's name before anything walks it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Lexical tokens in the document.
    pub tokens: usize,
    /// Brackets and braces nested in one another, in the document or in the
    /// variables.
    pub nesting: usize,
    /// Fields nested in one another, fragments counted where they are spread.
    pub depth: usize,
    /// Fields under another name than their own.
    pub aliases: usize,
    /// Fields of the operation itself, fragments counted where they are spread.
    pub root_fields: usize,
    /// Directives in the whole document.
    pub directives: usize,
    /// Fields of the document, fragments counted wherever they are spread.
    pub fields: usize,
    /// Bytes of arguments, fragments counted wherever they are spread.
    pub arguments: usize,
    /// Points an operation may cost: an object counts one, each item of a list as
    /// often as the page asks for.
    pub cost: u64,
    /// Errors in one answer; further ones are counted, not listed.
    pub errors: usize,
    /// How long planning one document may take.
    #[serde(with = "humantime_serde")]
    pub planning: Duration,
    /// Prepared documents kept in memory, least recently used out first; a large
    /// one counts as several.
    pub documents: u64,
    /// Answers that a shared stream keeps for subscribers who are behind; one
    /// that is further behind reads the log for itself.
    #[serde(skip)]
    pub fanout: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            tokens: 5_000,
            nesting: 120,
            depth: 50,
            aliases: 200,
            root_fields: 60,
            directives: 200,
            fields: 5_000,
            arguments: 256 * 1_024,
            cost: 500_000,
            errors: 100,
            planning: Duration::from_secs(5),
            documents: 4_096,
            fanout: 32,
        }
    }
}
