//! Small graphs with the exact refusal, or the exact piece of supergraph, that
//! comes out of them.

mod carried;
mod disagreements;
mod errors;
mod federation_one;
mod field_sets;
mod invalid_subgraphs;
mod joins;
mod merged;
mod properties;
mod sharing;

use super::{SubgraphSdl, compose};

const FEDERATION_TWO: &str = r#"extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.9"
  import: [
    "@key", "@shareable", "@override", "@external", "@requires", "@provides", "@extends",
    "@interfaceObject", "@inaccessible", "@tag", "@authenticated", "@requiresScopes", "@policy",
    "@cost", "@listSize", "@composeDirective"
  ]
)
"#;

/// A subgraph as it is written, without a link to Federation 2.
fn plain(name: &str, sdl: &str) -> SubgraphSdl {
    SubgraphSdl { name: name.to_owned(), url: format!("http://{name}"), sdl: sdl.to_owned() }
}

/// A subgraph that imports all directives of Federation 2.
fn federation_two(name: &str, sdl: &str) -> SubgraphSdl {
    plain(name, &format!("{FEDERATION_TWO}{sdl}"))
}

/// Every refusal as `CODE coordinate (subgraphs)`.
fn refused(subgraphs: &[SubgraphSdl]) -> Vec<String> {
    let errors = compose(subgraphs).expect_err("the graph is invalid").0;
    errors
        .into_iter()
        .map(|error| {
            assert_ne!(error.message, "");
            let coordinate = error.coordinate.map(|it| format!(" {it}"));
            let subgraphs = error.subgraphs.join(", ");
            format!("{}{} ({subgraphs})", error.code, coordinate.unwrap_or_default())
        })
        .collect()
}

/// The lines of one definition in the supergraph, from `start` to the blank
/// line after it.
fn piece(subgraphs: &[SubgraphSdl], start: &str) -> String {
    let sdl = compose(subgraphs).expect("the graph is valid");
    let mut lines = sdl.lines().skip_while(|line| !line.starts_with(start));
    let piece: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    piece.join("\n")
}
