//! Field sets of `@key`, `@requires` and `@provides` that are refused.

use super::{federation_two, refused};

#[test]
fn a_key_names_fields_that_exist() {
    let subgraphs =
        [federation_two("a", r#"type Query { t: T } type T @key(fields: "nope") { id: ID! }"#)];

    assert_eq!(refused(&subgraphs), ["KEY_INVALID_FIELDS T (a)"]);
}

#[test]
fn a_key_is_a_selection() {
    let subgraphs =
        [federation_two("a", r#"type Query { t: T } type T @key(fields: "id {") { id: ID! }"#)];

    assert_eq!(refused(&subgraphs), ["KEY_INVALID_FIELDS T (a)"]);
}

#[test]
fn a_key_is_one_selection() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: T } type T @key(fields: "id } query Z { id") { id: ID! }"#,
    )];

    assert_eq!(refused(&subgraphs), ["KEY_INVALID_FIELDS T (a)"]);
}

#[test]
fn an_object_in_a_key_needs_a_selection() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: T } type T @key(fields: "o") { o: O } type O { id: ID }"#,
    )];

    assert_eq!(refused(&subgraphs), ["KEY_INVALID_FIELDS T (a)"]);
}

#[test]
fn a_scalar_in_a_key_has_no_selection() {
    let subgraphs =
        [federation_two("a", r#"type Query { t: T } type T @key(fields: "id{x}") { id: ID! }"#)];

    assert_eq!(refused(&subgraphs), ["KEY_INVALID_FIELDS T (a)"]);
}

#[test]
fn a_key_has_no_fields_with_arguments() {
    let subgraphs =
        [federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id(n: Int): ID! }"#)];

    assert_eq!(refused(&subgraphs), ["KEY_FIELDS_HAS_ARGS T (a)"]);
}

#[test]
fn a_key_is_a_string() {
    let subgraphs =
        [federation_two("a", r#"type Query { t: T } type T @key(fields: ["id"]) { id: ID! }"#)];

    assert_eq!(refused(&subgraphs), ["KEY_INVALID_FIELDS_TYPE T (a)"]);
}

#[test]
fn a_key_has_no_directives() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: T } type T @key(fields: "id @deprecated") { id: ID! }"#,
    )];

    assert_eq!(refused(&subgraphs), ["KEY_DIRECTIVE_IN_FIELDS_ARG T (a)"]);
}

#[test]
fn a_key_has_no_aliases() {
    let subgraphs =
        [federation_two("a", r#"type Query { t: T } type T @key(fields: "a:id") { id: ID! }"#)];

    assert_eq!(refused(&subgraphs), ["KEY_INVALID_FIELDS T (a)"]);
}

#[test]
fn a_key_does_not_select_interfaces() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: T } type T @key(fields: "i{x}") { i: I } interface I { x: Int } type A implements I { x: Int }"#,
    )];

    assert_eq!(refused(&subgraphs), ["KEY_FIELDS_SELECT_INVALID_TYPE T (a)"]);
}

#[test]
fn a_key_does_not_select_unions() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: T } type T @key(fields: "u{__typename}") { u: U } union U = A type A { x: Int }"#,
    )];

    assert_eq!(refused(&subgraphs), ["KEY_FIELDS_SELECT_INVALID_TYPE T (a)"]);
}

#[test]
fn a_union_has_no_key() {
    let subgraphs =
        [federation_two("a", r#"type Query { u: U } union U @key(fields: "id") = A type A { id: ID }"#)];

    assert_eq!(refused(&subgraphs), ["INVALID_GRAPHQL (a)"]);
}

#[test]
fn a_required_field_is_external() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int y: Int @requires(fields: "x") }"#,
    )];

    assert_eq!(refused(&subgraphs), ["REQUIRES_FIELDS_MISSING_EXTERNAL T.y (a)"]);
}

#[test]
fn a_required_field_exists() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: T } type T @key(fields: "id") { id: ID! y: Int @requires(fields: "x") }"#,
    )];

    assert_eq!(refused(&subgraphs), ["REQUIRES_INVALID_FIELDS T.y (a)"]);
}

#[test]
fn a_required_field_gets_its_required_arguments() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id") { id: ID! x(n: Int!): Int }"#,
        ),
        federation_two(
            "b",
            r#"type T @key(fields: "id") { id: ID! x(n: Int!): Int @external y: Int @requires(fields: "x") }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["REQUIRES_INVALID_FIELDS T.y (b)"]);
}

#[test]
fn an_interface_requires_nothing() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { i: I } interface I { x: Int y: Int @requires(fields: "x") } type A implements I { x: Int y: Int }"#,
    )];

    assert_eq!(
        refused(&subgraphs),
        ["REQUIRES_UNSUPPORTED_ON_INTERFACE I.y (a)", "REQUIRES_FIELDS_MISSING_EXTERNAL I.y (a)"]
    );
}

#[test]
fn a_requirement_selects_on_types_that_exist() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: X @external y: Int @requires(fields: "x{... on Z {a}}") } type X @shareable { a: Int }"#,
        ),
        federation_two(
            "b",
            r#"type T @key(fields: "id") { id: ID! x: X } type X @shareable { a: Int }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["REQUIRES_INVALID_FIELDS T.y (a)"]);
}

#[test]
fn a_scalar_provides_nothing() {
    let subgraphs = [federation_two("a", r#"type Query { t: Int @provides(fields: "x") }"#)];

    assert_eq!(refused(&subgraphs), ["PROVIDES_ON_NON_OBJECT_FIELD Query.t (a)"]);
}

#[test]
fn a_provided_field_exists() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: T @provides(fields: "x") } type T @key(fields: "id") { id: ID! }"#,
    )];

    assert_eq!(refused(&subgraphs), ["PROVIDES_INVALID_FIELDS Query.t (a)"]);
}

#[test]
fn a_provided_field_is_external() {
    let subgraphs = [federation_two(
        "a",
        r#"type Query { t: T @provides(fields: "x") } type T @key(fields: "id") { id: ID! x: Int }"#,
    )];

    assert_eq!(refused(&subgraphs), ["PROVIDES_FIELDS_MISSING_EXTERNAL Query.t (a)"]);
}

#[test]
fn a_provided_field_has_no_arguments() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id") { id: ID! x(n: Int): Int @shareable }"#,
        ),
        federation_two(
            "b",
            r#"type Query { u: T @provides(fields: "x") } type T @key(fields: "id") { id: ID! x(n: Int): Int @external }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["PROVIDES_FIELDS_HAS_ARGS Query.u (b)"]);
}
