//! Rules of federation that one subgraph can break on its own.

mod directives;
mod field_sets;
mod inaccessible;
pub(super) mod supergraph;

use super::{error::CompositionError, subgraph::Subgraph};

/// Checks every subgraph for itself.
pub(super) fn check(subgraphs: &[Subgraph], errors: &mut Vec<CompositionError>) {
    for subgraph in subgraphs {
        field_sets::check(subgraph, errors);
        directives::check(subgraph, errors);
    }
    directives::check_extensions(subgraphs, errors);
}
