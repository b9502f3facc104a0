//! Who resolves what: the `join` directives of keys, requirements, provisions and overrides.

use super::{federation_two, piece, plain};

#[test]
fn entities_are_joined_by_key() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two("b", r#"type T @key(fields: "id") { id: ID! y: Int }"#),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: A)
  y: Int @join__field(graph: B)
}"#
    );
}

#[test]
fn a_key_may_be_nested() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "o{id} n") { o: O! n: Int! x: Int } type O @key(fields: "id") { id: ID! }"#,
        ),
        federation_two(
            "b",
            r#"type T @key(fields: "o { id } n") { o: O! n: Int! y: Int } type O @key(fields: "id") { id: ID! }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "o { id } n") @join__type(graph: B, key: "o { id } n") {
  o: O! @join__field(graph: A) @join__field(graph: B)
  n: Int! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: A)
  y: Int @join__field(graph: B)
}"#
    );
}

#[test]
fn a_key_may_be_for_reference_only() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id", resolvable: false) { id: ID! }"#,
        ),
        federation_two("b", r#"type T @key(fields: "id") { id: ID! x: Int }"#),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id", resolvable: false) @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: B)
}"#
    );
}

#[test]
fn required_fields_are_external() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int o: O } type O @shareable { z: Int }"#,
        ),
        federation_two(
            "b",
            r#"type T @key(fields: "id") { id: ID! x: Int @external o: O @external y: Int @requires(fields: "x o{z}") } type O @shareable { z: Int }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: A) @join__field(graph: B, external: true)
  o: O @join__field(graph: A) @join__field(graph: B, external: true)
  y: Int @join__field(graph: B, requires: "x o { z }")
}"#
    );
}

#[test]
fn required_fields_may_have_arguments() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id") { id: ID! x(n: Int!): Int }"#,
        ),
        federation_two(
            "b",
            r#"type T @key(fields: "id") { id: ID! x(n: Int!): Int @external y: Int @requires(fields: "x(n:3)") }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x(n: Int!): Int @join__field(graph: A) @join__field(graph: B, external: true)
  y: Int @join__field(graph: B, requires: "x(n: 3)")
}"#
    );
}

#[test]
fn provided_fields_are_joined() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @shareable }"#,
        ),
        federation_two(
            "b",
            r#"type Query { u: T @provides(fields: "x") } type T @key(fields: "id") { id: ID! x: Int @external }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        r#"type Query @join__type(graph: A) @join__type(graph: B) {
  t: T @join__field(graph: A)
  u: T @join__field(graph: B, provides: "x")
}"#
    );
}

#[test]
fn provided_fields_are_external() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @shareable }"#,
        ),
        federation_two(
            "b",
            r#"type Query { u: T @provides(fields: "x") } type T @key(fields: "id") { id: ID! x: Int @external }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: A) @join__field(graph: B, external: true)
}"#
    );
}

#[test]
fn an_overridden_field_disappears() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two("b", r#"type T @key(fields: "id") { id: ID! x: Int @override(from: "a") }"#),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: B, override: "a")
}"#
    );
}

#[test]
fn a_gradual_override_keeps_both_fields() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two(
            "b",
            r#"type T @key(fields: "id") { id: ID! x: Int @override(from: "a", label: "percent(5.5)") }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: A, overrideLabel: "percent(5.5)") @join__field(graph: B, override: "a", overrideLabel: "percent(5.5)")
}"#
    );
}

#[test]
fn an_override_may_outlive_the_field() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! }"#),
        federation_two("b", r#"type T @key(fields: "id") { id: ID! x: Int @override(from: "a") }"#),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: B, override: "a")
}"#
    );
}

#[test]
fn an_override_may_outlive_the_subgraph() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! }"#),
        federation_two("b", r#"type T @key(fields: "id") { id: ID! x: Int @override(from: "zzz") }"#),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: B)
}"#
    );
}

#[test]
fn an_interface_object_adds_fields_to_the_interface() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { i: I } interface I @key(fields: "id") { id: ID! } type A implements I @key(fields: "id") { id: ID! a: Int } type B implements I @key(fields: "id") { id: ID! }"#,
        ),
        federation_two(
            "b",
            r#"type I @key(fields: "id") @interfaceObject { id: ID! more(n: Int = 2): [String!]! @tag(name: "q") }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "interface I"),
        r#"interface I @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true) {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  more(n: Int = 2): [String!]! @join__field(graph: B) @tag(name: "q")
}"#
    );
}

#[test]
fn an_interface_object_adds_fields_to_implementations() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { i: I } interface I @key(fields: "id") { id: ID! } type A implements I @key(fields: "id") { id: ID! a: Int } type B implements I @key(fields: "id") { id: ID! }"#,
        ),
        federation_two(
            "b",
            r#"type I @key(fields: "id") @interfaceObject { id: ID! more(n: Int = 2): [String!]! @tag(name: "q") }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type A"),
        r#"type A implements I @join__implements(graph: A, interface: "I") @join__type(graph: A, key: "id") {
  id: ID! @join__field(graph: A)
  a: Int @join__field(graph: A)
  more(n: Int = 2): [String!]! @join__field @tag(name: "q")
}"#
    );
}

#[test]
fn an_interface_object_may_require_fields() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { i: I } interface I @key(fields: "id") { id: ID! n: Int } type A implements I @key(fields: "id") { id: ID! n: Int }"#,
        ),
        federation_two(
            "b",
            r#"type I @key(fields: "id") @interfaceObject { id: ID! n: Int @external m: Int @requires(fields: "n") }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "interface I"),
        r#"interface I @join__type(graph: A, key: "id") @join__type(graph: B, key: "id", isInterfaceObject: true) {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  n: Int @join__field(graph: A) @join__field(graph: B, external: true)
  m: Int @join__field(graph: B, requires: "n")
}"#
    );
}

#[test]
fn graph_names_are_unique() {
    let subgraphs = [
        federation_two("1", "type Query { c: Int }"),
        federation_two("a-b", "type Query { a: Int }"),
        federation_two("a.b", "type Query { b: Int }"),
    ];

    assert_eq!(
        piece(&subgraphs, "enum join__Graph"),
        r#"enum join__Graph {
  GRAPH_1 @join__graph(name: "1", url: "http://1")
  A_B @join__graph(name: "a-b", url: "http://a-b")
  A_B_1 @join__graph(name: "a.b", url: "http://a.b")
}"#
    );
}

#[test]
fn custom_root_types_get_their_usual_names() {
    let subgraphs = [
        federation_two(
            "a",
            "schema { query: Q mutation: M } type Q { t: Q2 } type Q2 { q: Q } type M { m: Int }",
        ),
        federation_two("b", "extend schema { query: RootQ } type RootQ { x: RootQ }"),
    ];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        "type Query @join__type(graph: A) @join__type(graph: B) {
  t: Q2 @join__field(graph: A)
  x: Query @join__field(graph: B)
}"
    );
}

#[test]
fn directives_may_be_renamed() {
    let subgraphs = [
        plain(
            "a",
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: [ { name: "@key", as: "@pk" } ]) type Query { t: T } type T @pk(fields: "id") { id: ID! x: Int @federation__shareable }"#,
        ),
        plain(
            "b",
            r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", as: "fed") type T @fed__key(fields: "id") { id: ID! x: Int @fed__shareable }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: A) @join__field(graph: B)
}"#
    );
}

#[test]
fn entity_resolution_is_no_field_of_the_supergraph() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: T _service: _Service! _entities(representations: [_Any!]!): [_Entity]! } scalar _Any type _Service { sdl: String } union _Entity = T type T @key(fields: "id") { id: ID! }"#,
    )];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        "type Query @join__type(graph: A) {
  t: T @join__field(graph: A)
}"
    );
}
