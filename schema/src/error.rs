//! The engine's own errors and their codes, and how they reach a client.

use async_graphql::{ErrorExtensionValues, PathSegment, ServerError};

/// The document is no GraphQL.
pub(crate) const PARSE: &str = "GRAPHQL_PARSE_FAILED";
/// The document does not fit the schema, or breaks a limit.
pub(crate) const VALIDATION: &str = "GRAPHQL_VALIDATION_FAILED";
/// A variable or argument does not fit its type.
pub(crate) const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
/// The operation asks for more than it may.
pub(crate) const COST_EXCEEDED: &str = "COST_EXCEEDED";
/// The request can't be served this way.
pub(crate) const BAD_REQUEST: &str = "BAD_REQUEST";
/// Nobody is signed in, and somebody must be.
pub(crate) const UNAUTHENTICATED: &str = "UNAUTHENTICATED";
/// The viewer lacks a permission.
pub(crate) const FORBIDDEN: &str = "FORBIDDEN";
/// Our mistake, or a module's.
pub(crate) const INTERNAL: &str = "INTERNAL_SERVER_ERROR";
/// A module, or planning, took too long.
pub(crate) const TIMEOUT: &str = "TIMEOUT";

/// Why an engine can't be built.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The modules' SDLs don't fit together.
    #[error("the subgraphs don't compose:\n{0}")]
    Composition(#[from] crate::compose::CompositionErrors),
    /// The supergraph is no valid schema.
    #[error("the supergraph is not valid: {0}")]
    Supergraph(String),
    /// Fields of the public schema that no plan can reach.
    #[error("these fields can't be resolved:\n{0}")]
    Unsatisfiable(String),
    /// A subgraph of the supergraph has no transport.
    #[error("the supergraph names the subgraph {0}, which is not configured")]
    UnknownSubgraph(String),
}

/// An error with a stable code.
pub(crate) fn coded(code: &'static str, message: impl Into<String>) -> ServerError {
    let mut error = ServerError::new(message, None);
    set_code(&mut error, code);
    error
}

/// An error at a place of the answer.
pub(crate) fn at(code: &'static str, message: impl Into<String>, path: Vec<PathSegment>) -> ServerError {
    let mut error = coded(code, message);
    error.path = path;
    error
}

/// An operation that costs more than it may; waiting would not help.
pub(crate) fn too_dear(cost: u64, most: u64, dearest: &str) -> ServerError {
    let message = format!(
        "the operation costs {cost} points, more than {most}: ask for smaller pages, most of all of \
         `{dearest}`"
    );
    let mut error = coded(COST_EXCEEDED, message);
    let extensions = error.extensions.get_or_insert_default();
    extensions.set("cost", cost);
    extensions.set("maximum", most);
    extensions.set("dearestPath", dearest);
    error
}

/// A document that breaks a limit.
pub(crate) fn too_much(what: &str, limit: usize) -> ServerError {
    coded(VALIDATION, format!("the document has more than {limit} {what}"))
}

pub(crate) fn set_code(error: &mut ServerError, code: &str) {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
}
