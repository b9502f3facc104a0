//! Subgraphs that are invalid by themselves.

use super::{federation_two, plain, refused};

#[test]
fn a_syntax_error_is_reported_with_its_line() {
    let subgraphs =
        [federation_two("a", "type Query { t: Int"), federation_two("b", "type Query { u: Int }")];

    assert_eq!(refused(&subgraphs), ["INVALID_GRAPHQL (a)"]);
}

#[test]
fn every_type_is_defined() {
    let subgraphs = [federation_two("a", "type Query { t: Nope }")];

    assert_eq!(refused(&subgraphs), ["INVALID_GRAPHQL (a)"]);
}

#[test]
fn every_directive_is_defined() {
    let subgraphs = [federation_two("a", "type Query { t: Int @nope }")];

    assert_eq!(refused(&subgraphs), ["INVALID_GRAPHQL (a)"]);
}

#[test]
fn a_directive_of_federation_is_imported() {
    let subgraphs = [plain(
        "a",
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"]) type Query { t: Int @shareable }"#,
    )];

    assert_eq!(refused(&subgraphs), ["INVALID_GRAPHQL (a)"]);
}

#[test]
fn an_imported_directive_exists() {
    let subgraphs = [plain(
        "a",
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@nope"]) type Query { t: Int }"#,
    )];

    assert_eq!(refused(&subgraphs), ["INVALID_LINK_DIRECTIVE_USAGE (a)"]);
}

#[test]
fn an_imported_directive_exists_in_the_linked_version() {
    let subgraphs = [plain(
        "a",
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@interfaceObject"]) type Query { t: Int }"#,
    )];

    assert_eq!(refused(&subgraphs), ["INVALID_LINK_DIRECTIVE_USAGE (a)"]);
}

#[test]
fn the_linked_version_of_federation_is_known() {
    let subgraphs = [plain(
        "a",
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v3.0", import: ["@key"]) type Query { t: Int }"#,
    )];

    assert_eq!(refused(&subgraphs), ["UNKNOWN_FEDERATION_LINK_VERSION (a)"]);
}

#[test]
fn a_type_is_defined_once() {
    let subgraphs = [federation_two("a", "type Query { t: Int } type A { x: Int } type A { y: Int }")];

    assert_eq!(refused(&subgraphs), ["INVALID_GRAPHQL (a)"]);
}

#[test]
fn an_object_has_fields() {
    let subgraphs = [federation_two("a", "type Query { t: Int } type A")];

    assert_eq!(refused(&subgraphs), ["INVALID_GRAPHQL (a)"]);
}

#[test]
fn an_object_implements_its_interfaces() {
    let subgraphs = [federation_two(
        "a",
        "type Query { i: I } interface I { x: Int } type A implements I { y: Int }",
    )];

    assert_eq!(refused(&subgraphs), ["INVALID_GRAPHQL (a)"]);
}

#[test]
fn a_composed_directive_is_defined() {
    let subgraphs =
        [federation_two("a", r#"extend schema @composeDirective(name: "@x") type Query { a: Int }"#)];

    assert_eq!(refused(&subgraphs), ["DIRECTIVE_COMPOSITION_ERROR (a)"]);
}

#[test]
fn a_composed_directive_is_imported() {
    let subgraphs = [federation_two(
        "a",
        r#"extend schema @composeDirective(name: "@x") directive @x on OBJECT type Query { a: Int }"#,
    )];

    assert_eq!(refused(&subgraphs), ["DIRECTIVE_COMPOSITION_ERROR (a)"]);
}

#[test]
fn a_composed_directive_is_named_with_an_at_sign() {
    let subgraphs = [federation_two(
        "a",
        r#"extend schema @composeDirective(name: "x") directive @x on OBJECT type Query { a: Int }"#,
    )];

    assert_eq!(refused(&subgraphs), ["DIRECTIVE_COMPOSITION_ERROR (a)"]);
}

#[test]
fn composed_directives_agree_on_their_major_version() {
    let subgraphs = [
        federation_two(
            "a",
            r#"extend schema @link(url: "https://my.org/thing/v1.0", import: ["@thing"]) @composeDirective(name: "@thing") directive @thing on FIELD_DEFINITION type Query { t: Int @thing }"#,
        ),
        federation_two(
            "b",
            r#"extend schema @link(url: "https://my.org/thing/v2.0", import: ["@thing"]) @composeDirective(name: "@thing") directive @thing on FIELD_DEFINITION type Query { u: Int @thing }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["DIRECTIVE_COMPOSITION_ERROR @thing (b)"]);
}

#[test]
fn a_cost_is_not_negative() {
    let subgraphs = [federation_two("a", "type Query { t: Int @cost(weight: -1) }")];

    assert_eq!(refused(&subgraphs), ["COST_INVALID_WEIGHT Query.t (a)"]);
}

#[test]
fn an_assumed_size_is_not_negative() {
    let subgraphs = [federation_two("a", "type Query { t: [Int] @listSize(assumedSize: -1) }")];

    assert_eq!(refused(&subgraphs), ["LIST_SIZE_INVALID_ASSUMED_SIZE Query.t (a)"]);
}

#[test]
fn only_lists_have_a_size() {
    let subgraphs = [federation_two("a", "type Query { t: Int @listSize(assumedSize: 1) }")];

    assert_eq!(refused(&subgraphs), ["LIST_SIZE_APPLIED_TO_NON_LIST Query.t (a)"]);
}
