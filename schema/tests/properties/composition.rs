//! Random small sets of subgraphs: what comes out depends on what they declare,
//! and on nothing else.

use std::collections::BTreeSet;

use proptest::prelude::*;
use schema::{PublicSchema, compose::SubgraphSdl, compose::compose};

use crate::support::{subgraph, types::Types};

const TYPES: [&str; 3] = ["Product", "Person", "Place"];
const FIELDS: [&str; 5] = ["one: Int", "two: String!", "three: [Person!]", "four: Place", "five: Float"];

/// Of one subgraph: its fields, each with its type and whether it is hidden.
type Declared = Vec<(usize, usize, bool)>;

fn declared() -> impl Strategy<Value = Vec<Declared>> {
    let field = (0..TYPES.len() + 1, 0..FIELDS.len(), proptest::bool::weighted(0.2));
    proptest::collection::vec(proptest::collection::vec(field, 0..8), 1..4)
}

/// The name of a type; the last is the query type.
fn type_name(index: usize) -> &'static str {
    TYPES.get(index).copied().unwrap_or("Query")
}

fn sdl(declared: &Declared) -> String {
    let mut sdl = String::new();
    for (index, ty) in TYPES.iter().chain(&["Query"]).enumerate() {
        let mut seen = BTreeSet::new();
        let fields: String = declared
            .iter()
            .filter(|(of, field, _)| *of == index && seen.insert(*field))
            .map(|(_, field, is_hidden)| {
                let hidden = if *is_hidden { " @inaccessible" } else { "" };
                format!("{} @shareable{hidden} ", FIELDS[*field])
            })
            .collect();
        let head = match *ty {
            "Query" => "type Query { version: Int @shareable ".to_owned(),
            ty => format!("type {ty} @key(fields: \"id\") {{ id: ID! "),
        };
        sdl += &format!("{head}{fields}}}\n");
    }
    sdl
}

fn subgraphs(declared: &[Declared]) -> Vec<SubgraphSdl> {
    let names = ["one", "two", "three"];
    names.iter().zip(declared).map(|(name, declared)| subgraph(name, &sdl(declared))).collect()
}

/// Every field of the public schema as `Type.field: Type`.
fn public(subgraphs: &[SubgraphSdl]) -> BTreeSet<String> {
    let supergraph = compose(subgraphs).expect("the graph composes");
    let public = PublicSchema::from_supergraph(&supergraph).expect("the supergraph is valid");
    let types = Types::of(&public.sdl);
    let fields = types.composites().flat_map(|ty| {
        let types = &types;
        types.fields_of(ty).filter_map(move |name| {
            types.field(ty, name).map(|field| format!("{ty}.{name}: {}", field.ty))
        })
    });
    fields.collect()
}

/// The fields that the subgraphs declare and none of them hides.
fn accessible(declared: &[Declared]) -> BTreeSet<String> {
    let mut fields: BTreeSet<String> = TYPES.iter().map(|ty| format!("{ty}.id: ID!")).collect();
    fields.insert("Query.version: Int".to_owned());
    let mut hidden = BTreeSet::new();
    for subgraph in declared {
        let mut seen = BTreeSet::new();
        for (ty, field, is_hidden) in subgraph {
            let coordinate = format!("{}.{}", type_name(*ty), FIELDS[*field]);
            // Only the first declaration of a field in a subgraph is written.
            if seen.insert((ty, field)) && *is_hidden {
                hidden.insert(coordinate.clone());
            }
            fields.insert(coordinate);
        }
    }
    &fields - &hidden
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]

    #[test]
    fn the_public_schema_is_the_union_of_what_nobody_hides(declared in declared()) {
        prop_assert_eq!(public(&subgraphs(&declared)), accessible(&declared));
    }

    #[test]
    fn the_public_schema_does_not_depend_on_the_order_of_subgraphs(declared in declared(), turn in 0..3_usize) {
        let subgraphs = subgraphs(&declared);
        let mut turned = subgraphs.clone();
        turned.rotate_left(turn % subgraphs.len());
        turned.reverse();

        prop_assert_eq!(public(&subgraphs), public(&turned));
    }

    #[test]
    fn composing_twice_gives_the_same_text(declared in declared()) {
        let subgraphs = subgraphs(&declared);

        prop_assert_eq!(compose(&subgraphs), compose(&subgraphs));
    }
}
