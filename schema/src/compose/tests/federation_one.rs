//! Subgraphs that were written for Federation 1.

use super::{federation_two, piece, plain};

#[test]
fn an_extended_type_joins_by_its_key() {
    let subgraphs = [
        plain("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        plain(
            "b",
            r#"extend type T @key(fields: "id") { id: ID! @external x: Int @external y: Int @requires(fields: "x") }"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: A) @join__field(graph: B, external: true)
  y: Int @join__field(graph: B, requires: "x")
}"#
    );
}

#[test]
fn value_types_are_shared() {
    let subgraphs = [
        plain("a", "type Query { t: V } type V { x: Int y: Int }"),
        plain("b", "type Query { u: V } type V { x: Int y: Int }"),
    ];

    assert_eq!(
        piece(&subgraphs, "type V"),
        "type V @join__type(graph: A) @join__type(graph: B) {
  x: Int @join__field(graph: A) @join__field(graph: B)
  y: Int @join__field(graph: A) @join__field(graph: B)
}"
    );
}

#[test]
fn unused_external_fields_vanish() {
    let subgraphs = [
        plain("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        plain(
            "b",
            r#"type T @extends @key(fields: "id") { id: ID! @external x: Int @external y: Int }"#,
        ),
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
fn an_extension_without_a_key_resolves_key_fields() {
    let subgraphs = [
        plain("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        plain("b", "extend type T { id: ID! @external } extend type Query { z: T }"),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B) {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: A)
}"#
    );
}

#[test]
fn provided_fields_stay_external() {
    let subgraphs = [
        plain("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        plain(
            "b",
            r#"extend type Query { r: R } type R @key(fields: "id") { id: ID! t: T @provides(fields: "x") } extend type T @key(fields: "id") { id: ID! @external x: Int @external }"#,
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
fn both_versions_compose_together() {
    let subgraphs = [
        plain("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two("b", r#"type T @key(fields: "id") { id: ID! x: Int @shareable y: Int }"#),
    ];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID! @join__field(graph: A) @join__field(graph: B)
  x: Int @join__field(graph: A) @join__field(graph: B)
  y: Int @join__field(graph: B)
}"#
    );
}

#[test]
fn directives_may_be_defined_by_the_subgraph() {
    let subgraphs = [plain(
        "a",
        r#"directive @key(fields: _FieldSet!) repeatable on OBJECT | INTERFACE directive @external on FIELD_DEFINITION scalar _FieldSet type Query { t: T } type T @key(fields: "id") { id: ID! }"#,
    )];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") {
  id: ID! @join__field(graph: A)
}"#
    );
}
