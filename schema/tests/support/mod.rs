//! What the tests share: cases in text files, subgraphs that answer from JSON.

pub(crate) mod case;
pub(crate) mod fake;
pub(crate) mod json;
pub(crate) mod marketplace;
pub(crate) mod modules;
pub(crate) mod naive;
pub(crate) mod types;

use schema::compose::SubgraphSdl;

/// What every subgraph of Federation 2 starts with.
pub(crate) const LINK: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@shareable", "@override", "@external", "@requires", "@provides", "@extends",
  "@interfaceObject", "@inaccessible", "@tag", "@authenticated", "@requiresScopes", "@policy",
  "@composeDirective"
])
"#;

/// A subgraph of Federation 2, without an address.
pub(crate) fn subgraph(name: &str, sdl: &str) -> SubgraphSdl {
    SubgraphSdl { name: name.to_owned(), url: String::new(), sdl: format!("{LINK}{sdl}") }
}
