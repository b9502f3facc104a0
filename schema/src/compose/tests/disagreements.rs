//! Definitions of one type that cannot be merged.

use super::{federation_two, refused};

#[test]
fn subgraphs_agree_on_the_kind_of_a_type() {
    let subgraphs = [
        federation_two("a", "type Query { t: T } type T { x: Int }"),
        federation_two("b", "type Query { u: T } interface T { x: Int }"),
    ];

    assert_eq!(refused(&subgraphs), ["TYPE_KIND_MISMATCH T (a, b)"]);
}

#[test]
fn subgraphs_agree_on_the_type_of_a_field() {
    let subgraphs = [
        federation_two("a", "type Query { t: Int @shareable }"),
        federation_two("b", "type Query { t: String @shareable }"),
    ];

    assert_eq!(refused(&subgraphs), ["FIELD_TYPE_MISMATCH Query.t (a, b)"]);
}

#[test]
fn a_list_is_not_its_item() {
    let subgraphs = [
        federation_two("a", "type Query { t: [Int] @shareable }"),
        federation_two("b", "type Query { t: Int @shareable }"),
    ];

    assert_eq!(refused(&subgraphs), ["FIELD_TYPE_MISMATCH Query.t (a, b)"]);
}

#[test]
fn a_required_argument_is_known_everywhere() {
    let subgraphs = [
        federation_two("a", "type Query { t(a: Int!): Int @shareable }"),
        federation_two("b", "type Query { t: Int @shareable }"),
    ];

    assert_eq!(refused(&subgraphs), ["REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH Query.t(a:) (b)"]);
}

#[test]
fn subgraphs_agree_on_the_type_of_an_argument() {
    let subgraphs = [
        federation_two("a", "type Query { t(a: Int): Int @shareable }"),
        federation_two("b", "type Query { t(a: String): Int @shareable }"),
    ];

    assert_eq!(refused(&subgraphs), ["FIELD_ARGUMENT_TYPE_MISMATCH Query.t(a:) (a, b)"]);
}

#[test]
fn subgraphs_agree_on_the_default_of_an_argument() {
    let subgraphs = [
        federation_two("a", "type Query { t(a: Int = 1): Int @shareable }"),
        federation_two("b", "type Query { t(a: Int = 2): Int @shareable }"),
    ];

    assert_eq!(refused(&subgraphs), ["FIELD_ARGUMENT_DEFAULT_MISMATCH Query.t(a:) (a, b)"]);
}

#[test]
fn a_required_input_field_is_known_everywhere() {
    let subgraphs = [
        federation_two("a", "type Query { t(i: I): Int } input I { a: Int! b: Int }"),
        federation_two("b", "type Query { u(i: I): Int } input I { b: Int }"),
    ];

    assert_eq!(refused(&subgraphs), ["REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH I.a (b)"]);
}

#[test]
fn subgraphs_agree_on_the_type_of_an_input_field() {
    let subgraphs = [
        federation_two("a", "type Query { t(i: I): Int } input I { b: Int }"),
        federation_two("b", "type Query { u(i: I): Int } input I { b: String }"),
    ];

    assert_eq!(refused(&subgraphs), ["FIELD_TYPE_MISMATCH I.b (a, b)"]);
}

#[test]
fn input_objects_have_a_field_in_common() {
    let subgraphs = [
        federation_two("a", "type Query { t(i: I): Int } input I { a: Int }"),
        federation_two("b", "type Query { u(i: I): Int } input I { b: Int }"),
    ];

    assert_eq!(refused(&subgraphs), ["EMPTY_MERGED_INPUT_TYPE I (a, b)"]);
}

#[test]
fn subgraphs_agree_on_the_default_of_an_input_field() {
    let subgraphs = [
        federation_two("a", "type Query { t(i: I): Int } input I { a: Int = 1 }"),
        federation_two("b", "type Query { u(i: I): Int } input I { a: Int = 2 }"),
    ];

    assert_eq!(refused(&subgraphs), ["INPUT_FIELD_DEFAULT_MISMATCH I.a (a, b)"]);
}

#[test]
fn an_enum_for_input_and_output_is_the_same_everywhere() {
    let subgraphs = [
        federation_two("a", "type Query { t(e: E): E } enum E { A B }"),
        federation_two("b", "type Query { u(e: E): E } enum E { A }"),
    ];

    assert_eq!(refused(&subgraphs), ["ENUM_VALUE_MISMATCH E.B (b)"]);
}

#[test]
fn enums_for_input_have_a_value_in_common() {
    let subgraphs = [
        federation_two("a", "type Query { t(e: E): Int } enum E { A }"),
        federation_two("b", "type Query { u(e: E): Int } enum E { B }"),
    ];

    assert_eq!(refused(&subgraphs), ["EMPTY_MERGED_ENUM_TYPE E (a, b)"]);
}

#[test]
fn some_subgraph_has_a_query() {
    let subgraphs = [federation_two("a", r#"type T @key(fields: "id") { id: ID! }"#)];

    assert_eq!(refused(&subgraphs), ["NO_QUERIES Query (a)"]);
}

#[test]
fn every_implementation_has_the_merged_fields_of_its_interface() {
    let subgraphs = [
        federation_two("a", "type Query { i: I } interface I { x: Int } type A implements I { x: Int }"),
        federation_two("b", "type Query { j: I } interface I { y: Int } type B implements I { y: Int }"),
    ];

    assert_eq!(
        refused(&subgraphs),
        ["INTERFACE_FIELD_NO_IMPLEM A.y (a)", "INTERFACE_FIELD_NO_IMPLEM B.x (b)"]
    );
}

#[test]
fn an_interface_object_has_a_key() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { i: I } interface I @key(fields: "id") { id: ID! } type A implements I @key(fields: "id") { id: ID! }"#,
        ),
        federation_two("b", "type I @interfaceObject { id: ID! more: Int }"),
    ];

    assert_eq!(
        refused(&subgraphs),
        ["INTERFACE_OBJECT_USAGE_ERROR I (b)", "INVALID_FIELD_SHARING A.id (a, b)"]
    );
}

#[test]
fn an_interface_object_belongs_to_an_interface() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { i: I } type I @key(fields: "id") @interfaceObject { id: ID! x: Int }"#,
    )];

    assert_eq!(refused(&subgraphs), ["INTERFACE_OBJECT_USAGE_ERROR I (a)"]);
}

#[test]
fn an_interface_object_stands_for_its_implementations() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { i: I } interface I @key(fields: "id") { id: ID! } type A implements I @key(fields: "id") { id: ID! }"#,
        ),
        federation_two(
            "b",
            r#"type I @key(fields: "id") @interfaceObject { id: ID! more: Int } type A @key(fields: "id") { id: ID! z: Int }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["INTERFACE_OBJECT_USAGE_ERROR I (b)"]);
}

#[test]
fn an_interface_with_a_key_knows_all_of_its_implementations() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { i: I } interface I @key(fields: "id") { id: ID! } type A implements I @key(fields: "id") { id: ID! }"#,
        ),
        federation_two(
            "b",
            r#"type Query { j: I } interface I { id: ID! } type B implements I @key(fields: "id") { id: ID! }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE I (a)"]);
}

#[test]
fn implementations_have_the_key_of_their_interface() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { i: I } interface I @key(fields: "id") { id: ID! } type A implements I { id: ID! }"#,
    )];

    assert_eq!(refused(&subgraphs), ["INTERFACE_KEY_NOT_ON_IMPLEMENTATION I (a)"]);
}

#[test]
fn root_type_names_are_reserved() {
    let subgraphs =
        [federation_two("a", "schema { query: Q } type Q { a: Query } type Query { b: Int }")];

    assert_eq!(refused(&subgraphs), ["ROOT_QUERY_USED Query (a)"]);
}

#[test]
fn a_visible_field_has_a_visible_type() {
    let subgraphs = [federation_two("a", "type Query { t: T u: Int } type T @inaccessible { x: Int }")];

    assert_eq!(refused(&subgraphs), ["REFERENCED_INACCESSIBLE Query.t (a)"]);
}

#[test]
fn a_visible_type_has_a_visible_field() {
    let subgraphs = [federation_two("a", "type Query { t: T } type T { x: Int @inaccessible }")];

    assert_eq!(refused(&subgraphs), ["ONLY_INACCESSIBLE_CHILDREN T (a)"]);
}

#[test]
fn the_query_type_is_visible() {
    let subgraphs = [federation_two("a", "type Query @inaccessible { t: Int }")];

    assert_eq!(refused(&subgraphs), ["QUERY_ROOT_TYPE_INACCESSIBLE Query (a)"]);
}

#[test]
fn a_required_argument_is_visible() {
    let subgraphs = [federation_two("a", "type Query { t(a: Int! @inaccessible): Int }")];

    assert_eq!(refused(&subgraphs), ["REQUIRED_INACCESSIBLE Query.t(a:) (a)"]);
}

#[test]
fn what_a_visible_interface_has_is_visible() {
    let subgraphs = [federation_two(
        "a",
        "type Query { i: I } interface I { x: Int y: Int } type A implements I { x: Int @inaccessible y: Int }",
    )];

    assert_eq!(refused(&subgraphs), ["IMPLEMENTED_BY_INACCESSIBLE A.x (a)"]);
}

#[test]
fn a_visible_default_value_is_visible() {
    let subgraphs =
        [federation_two("a", "type Query { t(e: E = B): Int } enum E { A B @inaccessible }")];

    assert_eq!(refused(&subgraphs), ["DEFAULT_VALUE_USES_INACCESSIBLE Query.t(e:) (a)"]);
}

#[test]
fn a_required_input_field_is_visible() {
    let subgraphs =
        [federation_two("a", "type Query { t(i: I): Int } input I { a: Int! @inaccessible b: Int }")];

    assert_eq!(refused(&subgraphs), ["REQUIRED_INACCESSIBLE I.a (a)"]);
}

#[test]
fn a_visible_enum_has_a_visible_value() {
    let subgraphs = [federation_two("a", "type Query { t: E } enum E { A @inaccessible }")];

    assert_eq!(refused(&subgraphs), ["ONLY_INACCESSIBLE_CHILDREN E (a)"]);
}

#[test]
fn a_visible_union_has_a_visible_member() {
    let subgraphs =
        [federation_two("a", "type Query { t: U } union U = A type A @inaccessible { a: Int }")];

    assert_eq!(refused(&subgraphs), ["ONLY_INACCESSIBLE_CHILDREN U (a)"]);
}
