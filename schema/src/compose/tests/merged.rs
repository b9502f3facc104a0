//! What becomes of a type that several subgraphs declare.

use super::{federation_two, piece, plain};

#[test]
fn a_field_is_as_nullable_as_anywhere() {
    let subgraphs = [
        federation_two("a", "type Query { e: [Int!]! @shareable }"),
        federation_two("b", "type Query { e: [Int] @shareable }"),
    ];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        r#"type Query @join__type(graph: A) @join__type(graph: B) {
  e: [Int] @join__field(graph: A, type: "[Int!]!") @join__field(graph: B, type: "[Int]")
}"#
    );
}

#[test]
fn a_field_has_the_common_supertype() {
    let subgraphs = [
        federation_two(
            "a",
            "type Query { e: I @shareable } interface I { x: Int } type A implements I @shareable { x: Int }",
        ),
        federation_two("b", "type Query { e: A! @shareable } type A @shareable { x: Int }"),
    ];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        r#"type Query @join__type(graph: A) @join__type(graph: B) {
  e: I @join__field(graph: A, type: "I") @join__field(graph: B, type: "A!")
}"#
    );
}

#[test]
fn an_argument_is_as_strict_as_anywhere() {
    let subgraphs = [
        federation_two("a", "type Query { e(a: Int b: Int): Int @shareable }"),
        federation_two("b", "type Query { e(a: Int!): Int @shareable }"),
    ];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        "type Query @join__type(graph: A) @join__type(graph: B) {
  e(a: Int!): Int @join__field(graph: A) @join__field(graph: B)
}"
    );
}

#[test]
fn a_default_that_not_all_subgraphs_have_is_left_to_them() {
    let subgraphs = [
        federation_two("a", "type Query { e(a: Int = 3): Int @shareable }"),
        federation_two("b", "type Query { e(a: Int): Int @shareable }"),
    ];

    assert_eq!(
        piece(&subgraphs, "type Query"),
        "type Query @join__type(graph: A) @join__type(graph: B) {
  e(a: Int): Int @join__field(graph: A) @join__field(graph: B)
}"
    );
}

#[test]
fn an_input_object_is_the_intersection() {
    let subgraphs = [
        federation_two("a", "type Query { e(e: I): Int } input I { a: Int b: String c: [Int] }"),
        federation_two("b", "type Query { f(e: I): Int } input I { a: Int! c: [Int!] }"),
    ];

    assert_eq!(
        piece(&subgraphs, "input I"),
        r#"input I @join__type(graph: A) @join__type(graph: B) {
  a: Int! @join__field(graph: A, type: "Int") @join__field(graph: B, type: "Int!")
  c: [Int!] @join__field(graph: A, type: "[Int]") @join__field(graph: B, type: "[Int!]")
}"#
    );
}

#[test]
fn an_enum_for_output_is_the_union() {
    let subgraphs = [
        federation_two("a", "type Query { e: E } enum E { A B }"),
        federation_two("b", "type Query { f: E } enum E { B C }"),
    ];

    assert_eq!(
        piece(&subgraphs, "enum E"),
        "enum E @join__type(graph: A) @join__type(graph: B) {
  A @join__enumValue(graph: A)
  B @join__enumValue(graph: A) @join__enumValue(graph: B)
  C @join__enumValue(graph: B)
}"
    );
}

#[test]
fn an_enum_for_input_is_the_intersection() {
    let subgraphs = [
        federation_two("a", "type Query { e(e: E): Int } enum E { A B }"),
        federation_two("b", "type Query { f(e: E): Int } enum E { B C }"),
    ];

    assert_eq!(
        piece(&subgraphs, "enum E"),
        "enum E @join__type(graph: A) @join__type(graph: B) {
  B @join__enumValue(graph: A) @join__enumValue(graph: B)
}"
    );
}

#[test]
fn an_inaccessible_enum_value_may_be_missing() {
    let subgraphs = [
        federation_two("a", "type Query { e(e: E): E } enum E { A B C @inaccessible }"),
        federation_two("b", "type Query { f(e: E): Int } enum E { B A }"),
    ];

    assert_eq!(
        piece(&subgraphs, "enum E"),
        "enum E @join__type(graph: A) @join__type(graph: B) {
  A @join__enumValue(graph: A) @join__enumValue(graph: B)
  B @join__enumValue(graph: A) @join__enumValue(graph: B)
  C @join__enumValue(graph: A) @inaccessible
}"
    );
}

#[test]
fn a_union_has_the_members_of_all() {
    let subgraphs = [
        federation_two(
            "a",
            "type Query { u: U } union U = A | B type A @shareable { x: Int } type B { y: Int }",
        ),
        federation_two(
            "b",
            "type Query { v: U } union U = A | C type A @shareable { x: Int } type C { z: Int }",
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "union U"),
        r#"union U @join__type(graph: A) @join__type(graph: B) @join__unionMember(graph: A, member: "A") @join__unionMember(graph: A, member: "B") @join__unionMember(graph: B, member: "A") @join__unionMember(graph: B, member: "C") = A | B | C"#
    );
}

#[test]
fn interfaces_implement_interfaces() {
    let subgraphs = [federation_two(
        "a",
        "type Query { i: I } interface I { id: ID } interface J implements I { id: ID x: Int } type A implements I & J { id: ID x: Int }",
    )];

    assert_eq!(
        piece(&subgraphs, "interface J"),
        r#"interface J implements I @join__implements(graph: A, interface: "I") @join__type(graph: A) {
  id: ID @join__field(graph: A)
  x: Int @join__field(graph: A)
}"#
    );
}

#[test]
fn the_longest_description_is_kept() {
    let subgraphs = [
        federation_two(
            "a",
            r#""""Root
 "quoted" \""" x"""
type Query{"short" a:Int @shareable}"#,
        ),
        federation_two(
            "b",
            r#"type Query{"""a longer one"""
a:Int @shareable}"#,
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "  \"\"\"a longer"),
        r#"  """a longer one"""
  a: Int @join__field(graph: A) @join__field(graph: B)
}"#
    );
}

#[test]
fn federation_names_no_types_of_its_own() {
    let subgraphs = [plain(
        "a",
        r#"schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable", "FieldSet"]) { query: Query } directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE scalar FieldSet type Query { t: T } type T @key(fields: "id") { id: ID! }"#,
    )];

    assert_eq!(
        piece(&subgraphs, "type T"),
        r#"type T @join__type(graph: A, key: "id") {
  id: ID! @join__field(graph: A)
}"#
    );
}

#[test]
fn root_types_are_joined() {
    let subgraphs = [
        federation_two("a", "type Query { a: Int } type Subscription { s: Int }"),
        federation_two(
            "b",
            "type Query { b: Int } type Mutation { m: Int } type Subscription { z: Int }",
        ),
    ];

    assert_eq!(
        piece(&subgraphs, "type Subscription"),
        "type Subscription @join__type(graph: A) @join__type(graph: B) {
  s: Int @join__field(graph: A)
  z: Int @join__field(graph: B)
}"
    );
}
