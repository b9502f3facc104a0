//! Composition: from the SDL of every subgraph to the supergraph SDL that the
//! query planner reads.
//!
//! The steps, each in its own file: [`read`] parses and validates a subgraph,
//! [`externals`] settles what it really resolves, [`checks`] holds it against
//! the rules of federation, [`merge`] joins all subgraphs type by type, and
//! [`supergraph`] writes the result down.
//!
//! **Invariant:** nothing here checks that every field can be reached across
//! subgraphs; the planner is asked for that.

mod checks;
mod declaration;
mod error;
mod externals;
mod field_set;
mod link;
mod merge;
mod read;
mod specification;
mod subgraph;
mod supergraph;
#[cfg(test)]
mod tests;
mod validate;

pub use error::{CompositionError, CompositionErrors};
pub(crate) use subgraph::graph_name;

/// What a set of fields such as `id brand { name }` names; nothing when it can't
/// be read, which composing refuses.
pub(crate) fn field_selections(text: &str) -> Vec<apollo_compiler::ast::Selection> {
    field_set::FieldSet::parse(text).map(|set| set.selections).unwrap_or_default()
}

/// A subgraph as it is handed to the composer.
#[derive(Debug, Clone)]
pub struct SubgraphSdl {
    /// Unique among the subgraphs; `@override(from:)` refers to it.
    pub name: String,
    /// Where the gateway reaches the subgraph; it is copied, not interpreted.
    pub url: String,
    /// The schema with its federation directives, for Federation 1 or 2.
    pub sdl: String,
}

/// Composes subgraphs to a supergraph of the join specification,
/// <https://specs.apollo.dev/join/v0.4/>.
///
/// Types are merged by the rules of Federation 2, see
/// <https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/composition>;
/// Federation 1 subgraphs take part as if they had been migrated. The text is
/// the same for the same subgraphs: types are sorted by name, fields keep the
/// order in which the subgraphs first name them.
pub fn compose(subgraphs: &[SubgraphSdl]) -> Result<String, CompositionErrors> {
    let mut errors = Vec::new();
    check_names(subgraphs, &mut errors);
    let graphs = subgraph::graph_names(subgraphs.iter().map(|it| it.name.as_str()));
    let mut models = Vec::new();
    for (sdl, graph) in subgraphs.iter().zip(graphs) {
        models.extend(read::read(sdl, graph, &mut errors));
    }
    stop_at(errors)?;

    let mut errors = Vec::new();
    externals::settle(&mut models);
    checks::check(&models, &mut errors);
    let merged = merge::merge(&models, &mut errors);
    stop_at(errors)?;

    let preamble = supergraph::preamble(&models, &merged);
    let mut errors = Vec::new();
    checks::supergraph::check(&preamble, &merged.types, &mut errors);
    name_subgraphs(&mut errors, &models);
    stop_at(errors)?;
    Ok(supergraph::print(&preamble, &merged))
}

fn check_names(subgraphs: &[SubgraphSdl], errors: &mut Vec<CompositionError>) {
    for (index, subgraph) in subgraphs.iter().enumerate() {
        let is_taken = subgraphs[..index].iter().any(|it| it.name == subgraph.name);
        let reason = match subgraph.name.as_str() {
            "" => "a subgraph needs a name",
            _ if is_taken => "two subgraphs have this name",
            _ => continue,
        };
        errors.push(CompositionError::of_subgraph("INVALID_SUBGRAPH_NAME", &subgraph.name, reason));
    }
}

fn stop_at(mut errors: Vec<CompositionError>) -> Result<(), CompositionErrors> {
    let mut seen = Vec::new();
    errors.retain(|error| {
        let is_new = !seen.contains(error);
        seen.push(error.clone());
        is_new
    });
    match errors.is_empty() {
        true => Ok(()),
        false => Err(CompositionErrors(errors)),
    }
}

/// A mistake that shows only after merging is one of every subgraph that
/// declares the element.
fn name_subgraphs(errors: &mut [CompositionError], subgraphs: &[subgraph::Subgraph]) {
    for error in errors.iter_mut().filter(|error| error.subgraphs.is_empty()) {
        let Some(coordinate) = &error.coordinate else {
            continue;
        };
        let element = coordinate.split('(').next().unwrap_or(coordinate);
        let (parent, child) = element.split_once('.').unwrap_or((element, ""));
        let declare_parent = subgraphs.iter().filter(|it| it.types.contains_key(parent));
        let declares_child = |it: &&subgraph::Subgraph| it.types[parent].declares(child);
        let is_child = declare_parent.clone().any(|it| declares_child(&it));
        error.subgraphs = declare_parent
            .filter(|it| !is_child || declares_child(it))
            .map(|subgraph| subgraph.name.clone())
            .collect();
    }
}
