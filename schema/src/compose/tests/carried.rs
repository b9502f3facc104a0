//! Directives that the supergraph carries on.

use super::{federation_two, piece};

#[test]
fn tags_are_collected() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query @tag(name: "q") { t(a: Int @tag(name: "arg")): Int @tag(name: "b") @shareable }"#,
        ),
        federation_two(
            "b",
            r#"type Query { t(a: Int @tag(name: "zz")): Int @tag(name: "a") @shareable }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        r#"type Query @join__type(graph: A) @join__type(graph: B) @tag(name: "q") {
  t(
    a: Int @tag(name: "arg") @tag(name: "zz"),
  ): Int @join__field(graph: A) @join__field(graph: B) @tag(name: "a") @tag(name: "b")
}"#
    );
}

#[test]
fn who_may_see_a_field_satisfies_every_subgraph() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: Int @shareable @authenticated @requiresScopes(scopes: [["a"], ["b"]]) @policy(policies: [["p"]]) }"#,
        ),
        federation_two(
            "b",
            r#"type Query { t: Int @shareable @requiresScopes(scopes: [["c"], ["a"]]) }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        r#"type Query @join__type(graph: A) @join__type(graph: B) {
  t: Int @join__field(graph: A) @join__field(graph: B) @authenticated @policy(policies: [["p"]]) @requiresScopes(scopes: [["a"], ["b", "c"]])
}"#
    );
}

#[test]
fn security_specifications_are_linked_where_used() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: Int @shareable @authenticated @requiresScopes(scopes: [["a"], ["b"]]) @policy(policies: [["p"]]) }"#,
        ),
        federation_two(
            "b",
            r#"type Query { t: Int @shareable @requiresScopes(scopes: [["c"], ["a"]]) }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "schema"),
        r#"schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.4", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY)
{
  query: Query
}"#
    );
}

#[test]
fn the_highest_cost_counts() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t(first: Int @cost(weight: 2)): [Int] @shareable @cost(weight: 3) @listSize(slicingArguments: ["first"], assumedSize: 4) }"#,
        ),
        federation_two(
            "b",
            "type Query { t(first: Int): [Int] @shareable @cost(weight: 5) @listSize(assumedSize: 9, requireOneSlicingArgument: false) }",
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        r#"type Query @join__type(graph: A) @join__type(graph: B) {
  t(
    first: Int @cost(weight: 2),
  ): [Int] @join__field(graph: A) @join__field(graph: B) @cost(weight: 5) @listSize(assumedSize: 9, slicingArguments: ["first"], requireOneSlicingArgument: false)
}"#
    );
}

#[test]
fn unused_specifications_are_not_linked() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two("b", r#"type T @key(fields: "id") { id: ID! y: Int }"#),
    ];

    assert_eq!(
        piece(&subgraphs, "schema"),
        r#"schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.4", for: EXECUTION)
{
  query: Query
}"#
    );
}

#[test]
fn standard_directives_are_carried() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: Int @deprecated(reason: "x") e: E s: S } enum E { A @deprecated } scalar S @specifiedBy(url: "http://a")"#,
    )];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        r#"type Query @join__type(graph: A) {
  t: Int @join__field(graph: A) @deprecated(reason: "x")
  e: E @join__field(graph: A)
  s: S @join__field(graph: A)
}"#
    );
}

#[test]
fn scalars_keep_their_specification() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: Int @deprecated(reason: "x") e: E s: S } enum E { A @deprecated } scalar S @specifiedBy(url: "http://a")"#,
    )];

    assert_eq!(
        piece(&subgraphs, "scalar S"),
        r#"scalar S @join__type(graph: A) @specifiedBy(url: "http://a")"#
    );
}

#[test]
fn one_of_is_carried() {
    let subgraphs = [federation_two(
        "a",
        "directive @oneOf on INPUT_OBJECT type Query { t(i: I): Int } input I @oneOf { a: Int b: Int }",
    )];

    assert_eq!(
        piece(&subgraphs, "input I"),
        "input I @join__type(graph: A) @oneOf {
  a: Int @join__field(graph: A)
  b: Int @join__field(graph: A)
}"
    );
}

#[test]
fn one_of_is_defined_where_used() {
    let subgraphs = [federation_two(
        "a",
        "directive @oneOf on INPUT_OBJECT type Query { t(i: I): Int } input I @oneOf { a: Int b: Int }",
    )];

    assert_eq!(piece(&subgraphs, "directive @oneOf"), "directive @oneOf on INPUT_OBJECT");
}

#[test]
fn composed_directives_are_applied() {
    let subgraphs = [
        federation_two(
            "a",
            r#"extend schema @link(url: "https://my.org/thing/v1.2", import: ["@thing", { name: "@o", as: "@oo" } ]) @composeDirective(name: "@thing") @composeDirective(name: "@oo") directive @thing(x: Int) repeatable on FIELD_DEFINITION directive @oo on OBJECT type Query @oo { t: Int @thing(x: 1) @thing(x: 2) }"#,
        ),
        federation_two(
            "b",
            r#"extend schema @link(url: "https://my.org/thing/v1.1", import: ["@thing"]) @composeDirective(name: "@thing") directive @thing(x: Int) repeatable on FIELD_DEFINITION type Query { u: Int @thing(x: 3) }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        "type Query @join__type(graph: A) @join__type(graph: B) @oo {
  t: Int @join__field(graph: A) @thing(x: 1) @thing(x: 2)
  u: Int @join__field(graph: B) @thing(x: 3)
}"
    );
}

#[test]
fn composed_directives_are_defined() {
    let subgraphs = [
        federation_two(
            "a",
            r#"extend schema @link(url: "https://my.org/thing/v1.2", import: ["@thing", { name: "@o", as: "@oo" } ]) @composeDirective(name: "@thing") @composeDirective(name: "@oo") directive @thing(x: Int) repeatable on FIELD_DEFINITION directive @oo on OBJECT type Query @oo { t: Int @thing(x: 1) @thing(x: 2) }"#,
        ),
        federation_two(
            "b",
            r#"extend schema @link(url: "https://my.org/thing/v1.1", import: ["@thing"]) @composeDirective(name: "@thing") directive @thing(x: Int) repeatable on FIELD_DEFINITION type Query { u: Int @thing(x: 3) }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "directive @thing"),
        "directive @thing(x: Int) repeatable on FIELD_DEFINITION"
    );
}

#[test]
fn composed_directives_are_linked_in_their_newest_version() {
    let subgraphs = [
        federation_two(
            "a",
            r#"extend schema @link(url: "https://my.org/thing/v1.2", import: ["@thing", { name: "@o", as: "@oo" } ]) @composeDirective(name: "@thing") @composeDirective(name: "@oo") directive @thing(x: Int) repeatable on FIELD_DEFINITION directive @oo on OBJECT type Query @oo { t: Int @thing(x: 1) @thing(x: 2) }"#,
        ),
        federation_two(
            "b",
            r#"extend schema @link(url: "https://my.org/thing/v1.1", import: ["@thing"]) @composeDirective(name: "@thing") directive @thing(x: Int) repeatable on FIELD_DEFINITION type Query { u: Int @thing(x: 3) }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "schema"),
        r#"schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.4", for: EXECUTION)
  @link(url: "https://my.org/thing/v1.2", import: [{name: "@o", as: "@oo"}, "@thing"])
{
  query: Query
}"#
    );
}

#[test]
fn directives_for_operations_are_the_intersection() {
    let subgraphs = [
        federation_two("a", "directive @live(n: Int) on QUERY | FIELD type Query { a: Int }"),
        federation_two("b", "directive @live(n: Int) on QUERY type Query { b: Int }"),
    ];

    assert_eq!(piece(&subgraphs, "directive @live"), "directive @live(n: Int) on QUERY");
}

#[test]
fn inaccessible_elements_stay_in_the_supergraph() {
    let subgraphs = [federation_two(
        "a",
        "type Query { t: T a(x: Int @inaccessible): Int } type T { x: Int @inaccessible y: Int } type Z @inaccessible { t: T } union U @inaccessible = Z",
    )];

    assert_eq!(
        piece(&subgraphs, "type T"),
        "type T @join__type(graph: A) {
  x: Int @join__field(graph: A) @inaccessible
  y: Int @join__field(graph: A)
}"
    );
}
