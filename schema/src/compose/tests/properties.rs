//! What holds for every set of subgraphs, valid or not.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{SubgraphSdl, compose, federation_two, plain};

/// Declarations from which subgraphs are put together at random.
const DECLARATIONS: [&str; 14] = [
    "type Query { product: Product }",
    "extend type Query { version: Int @shareable }",
    r#"type Product @key(fields: "id") { id: ID! name: String @shareable }"#,
    r#"type Product @key(fields: "id") { id: ID! name: String! @shareable @tag(name: "b") }"#,
    r#"extend type Product @key(fields: "id") { id: ID! @external price(in: Currency): Int }"#,
    r#"type Product @key(fields: "id") { id: ID! price: Int @override(from: "two") }"#,
    "enum Currency { EUR USD }",
    "enum Currency { EUR \"Yen\" JPY }",
    "input Filter { a: Int b: [String!] }",
    "input Filter { a: Int! }",
    "interface Node { id: ID! }",
    "union Thing = Product",
    "scalar Date",
    "type Date { day: Int @shareable }",
];

fn subgraphs() -> impl Strategy<Value = Vec<SubgraphSdl>> {
    let declarations = proptest::sample::subsequence(DECLARATIONS.to_vec(), 1..7);
    proptest::collection::vec(declarations, 1..4).prop_map(|subgraphs| {
        let names = ["one", "two", "three"];
        names
            .into_iter()
            .zip(subgraphs)
            .map(|(name, declarations)| federation_two(name, &declarations.join("\n")))
            .collect()
    })
}

/// The words of a supergraph or of its refusals, without their order.
fn words(subgraphs: &[SubgraphSdl]) -> Result<Vec<String>, BTreeSet<(&'static str, Option<String>)>> {
    match compose(subgraphs) {
        Ok(sdl) => {
            let mut words: Vec<String> = sdl.split_whitespace().map(str::to_owned).collect();
            words.sort();
            Ok(words)
        }
        Err(errors) => Err(errors.0.into_iter().map(|it| (it.code, it.coordinate)).collect()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn the_same_subgraphs_give_the_same_supergraph(subgraphs in subgraphs()) {
        prop_assert_eq!(compose(&subgraphs), compose(&subgraphs));
    }

    #[test]
    fn the_order_of_subgraphs_changes_only_the_order_of_the_result(subgraphs in subgraphs()) {
        let mut reversed = subgraphs.clone();
        reversed.reverse();

        prop_assert_eq!(words(&subgraphs), words(&reversed));
    }

    #[test]
    fn any_text_is_refused_or_composed(text in r#"(type|extend|Query|[{}():@!"]|key|fields|id|Int| ){0,40}"#) {
        let _ = compose(&[plain("one", &text), federation_two("two", &text)]);
    }
}
