//! `[graph]`: bounds on what a document may ask for.

use schema::Limits;
use serde::{Deserialize, Serialize};

use super::{Key, key};

/// Bounds on what a document may ask for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GraphConfig {
    /// Checked before a document is planned.
    pub limits: Limits,
}

pub(super) const KEYS: &[Key] = &[
    key("graph.limits.tokens", "Lexical tokens in one document."),
    key("graph.limits.nesting", "Brackets and braces nested in a document or its variables."),
    key("graph.limits.depth", "Fields nested in one another."),
    key("graph.limits.aliases", "Fields under another name than their own."),
    key("graph.limits.root_fields", "Fields of the operation itself."),
    key("graph.limits.directives", "Directives in one document."),
    key("graph.limits.fields", "Fields of one document, fragments counted wherever they are spread."),
    key(
        "graph.limits.arguments",
        "Bytes of arguments in one document, fragments counted wherever they are spread.",
    ),
    key(
        "graph.limits.cost",
        "Points one operation may cost: an object counts one, an item of a list as often as the page asks.",
    ),
    key("graph.limits.errors", "Errors listed in one answer."),
    key("graph.limits.planning", "How long planning one document may take."),
    key("graph.limits.documents", "Prepared documents kept in memory."),
];
