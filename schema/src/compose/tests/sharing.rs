//! Fields that several subgraphs resolve, hand over or refer to, and may not.

use super::{federation_two, plain, refused};

#[test]
fn two_subgraphs_resolve_a_field_without_sharing_it() {
    let subgraphs =
        [federation_two("a", "type Query { t: Int }"), federation_two("b", "type Query { t: Int }")];

    assert_eq!(refused(&subgraphs), ["INVALID_FIELD_SHARING Query.t (a, b)"]);
}

#[test]
fn one_of_two_subgraphs_does_not_share() {
    let subgraphs = [
        federation_two("a", "type Query { t: Int @shareable }"),
        federation_two("b", "type Query { t: Int }"),
    ];

    assert_eq!(refused(&subgraphs), ["INVALID_FIELD_SHARING Query.t (a, b)"]);
}

#[test]
fn a_value_type_is_shared_explicitly() {
    let subgraphs = [
        federation_two("a", "type Query { t: V } type V { x: Int }"),
        federation_two("b", "type Query { u: V } type V { x: Int }"),
    ];

    assert_eq!(refused(&subgraphs), ["INVALID_FIELD_SHARING V.x (a, b)"]);
}

#[test]
fn a_federation_one_subgraph_shares_and_the_other_does_not() {
    let subgraphs = [
        plain("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two("b", r#"type T @key(fields: "id") { id: ID! x: Int }"#),
    ];

    assert_eq!(refused(&subgraphs), ["INVALID_FIELD_SHARING T.x (a, b)"]);
}

#[test]
fn shareable_on_a_type_does_not_reach_its_extensions() {
    let subgraphs = [
        federation_two("a", "type Query { t: V } type V @shareable { x: Int } extend type V { y: Int }"),
        federation_two("b", "type Query { u: V } type V @shareable { x: Int y: Int }"),
    ];

    assert_eq!(refused(&subgraphs), ["INVALID_FIELD_SHARING V.y (a, b)"]);
}

#[test]
fn an_interface_object_shares_like_any_other() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { i: I } interface I @key(fields: "id") { id: ID! } type A implements I @key(fields: "id") { id: ID! more: Int }"#,
        ),
        federation_two("b", r#"type I @key(fields: "id") @interfaceObject { id: ID! more: Int }"#),
    ];

    assert_eq!(refused(&subgraphs), ["INVALID_FIELD_SHARING A.more (a, b)"]);
}

#[test]
fn a_provided_field_is_shareable_at_its_owner() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two(
            "b",
            r#"type Query { u: T @provides(fields: "x") } type T @key(fields: "id") { id: ID! x: Int @external }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["INVALID_FIELD_SHARING T.x (a, b)"]);
}

#[test]
fn fields_of_interfaces_are_not_shareable() {
    let subgraphs = [federation_two(
        "a",
        "type Query { i: I } interface I { x: Int @shareable } type A implements I { x: Int }",
    )];

    assert_eq!(refused(&subgraphs), ["INVALID_SHAREABLE_USAGE I.x (a)"]);
}

#[test]
fn subscriptions_are_never_shared() {
    let subgraphs = [
        plain("a", "type Query { t: Int } type Subscription { s: Int }"),
        plain("b", "type Query { u: Int } type Subscription { s: Int }"),
    ];

    assert_eq!(refused(&subgraphs), ["INVALID_FIELD_SHARING Subscription.s (a, b)"]);
}

#[test]
fn an_external_field_is_used() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two("b", r#"type T @key(fields: "id") { id: ID! x: Int @external }"#),
    ];

    assert_eq!(refused(&subgraphs), ["EXTERNAL_UNUSED T.x (b)"]);
}

#[test]
fn an_external_field_is_resolved_somewhere() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }"#,
        ),
        federation_two("b", r#"type T @key(fields: "id") { id: ID! }"#),
    ];

    assert_eq!(refused(&subgraphs), ["EXTERNAL_MISSING_ON_BASE T.x (a)"]);
}

#[test]
fn fields_of_interfaces_are_not_external() {
    let subgraphs = [federation_two(
        "a",
        "type Query { i: I } interface I { x: Int @external } type A implements I { x: Int }",
    )];

    assert_eq!(
        refused(&subgraphs),
        ["EXTERNAL_ON_INTERFACE I.x (a)", "EXTERNAL_MISSING_ON_BASE I.x (a)"]
    );
}

#[test]
fn an_external_field_has_the_type_of_its_owner() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two(
            "b",
            r#"type T @key(fields: "id") { id: ID! x: String @external y: Int @requires(fields: "x") }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["EXTERNAL_TYPE_MISMATCH T.x (b)"]);
}

#[test]
fn an_external_field_has_no_tag() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two(
            "b",
            r#"type T @key(fields: "id") { id: ID! x: Int @external @tag(name: "a") y: Int @requires(fields: "x") }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["MERGED_DIRECTIVE_APPLICATION_ON_EXTERNAL T.x (b)"]);
}

#[test]
fn an_external_field_has_the_arguments_of_its_owner() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id") { id: ID! x(n: Int): Int }"#,
        ),
        federation_two(
            "b",
            r#"type T @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["EXTERNAL_ARGUMENT_MISSING T.x(n:) (b)"]);
}

#[test]
fn somebody_defines_what_federation_one_extends() {
    let subgraphs = [plain(
        "a",
        r#"type Query { t: Int } extend type T @key(fields: "id") { id: ID! @external y: Int }"#,
    )];

    assert_eq!(refused(&subgraphs), ["EXTENSION_WITH_NO_BASE T (a)"]);
}

#[test]
fn a_subgraph_does_not_override_itself() {
    let subgraphs = [federation_two("a", r#"type Query { t: Int @override(from: "a") }"#)];

    assert_eq!(refused(&subgraphs), ["OVERRIDE_FROM_SELF_ERROR Query.t (a)"]);
}

#[test]
fn two_subgraphs_do_not_override_each_other() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int @override(from: "b") }"#,
        ),
        federation_two("b", r#"type T @key(fields: "id") { id: ID! x: Int @override(from: "a") }"#),
    ];

    assert_eq!(
        refused(&subgraphs),
        [
            "OVERRIDE_SOURCE_HAS_OVERRIDE T.x (a, b)",
            "OVERRIDE_SOURCE_HAS_OVERRIDE T.x (b, a)",
            "INVALID_FIELD_SHARING T.x (a, b)"
        ]
    );
}

#[test]
fn an_external_field_overrides_nothing() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two(
            "b",
            r#"type T @key(fields: "id") { id: ID! x: Int @external @override(from: "a") y: Int @requires(fields: "x") }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE T.x (b, a)"]);
}

#[test]
fn a_field_with_requirements_is_not_overridden() {
    let subgraphs = [
        federation_two(
            "a",
            r#"type Query { t: T } type T @key(fields: "id") { id: ID! z: Int @external x: Int @requires(fields: "z") }"#,
        ),
        federation_two(
            "b",
            r#"type T @key(fields: "id") { id: ID! z: Int x: Int @override(from: "a") }"#,
        ),
    ];

    assert_eq!(
        refused(&subgraphs),
        ["OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE T.x (b, a)", "INVALID_FIELD_SHARING T.x (a, b)"]
    );
}

#[test]
fn an_override_label_is_a_word_or_a_percentage() {
    let subgraphs = [
        federation_two("a", r#"type Query { t: T } type T @key(fields: "id") { id: ID! x: Int }"#),
        federation_two(
            "b",
            r#"type T @key(fields: "id") { id: ID! x: Int @override(from: "a", label: "percent(101)") }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["OVERRIDE_LABEL_INVALID T.x (b)"]);
}

#[test]
fn fields_of_interfaces_override_nothing() {
    let subgraphs = [
        federation_two(
            "a",
            "type Query { i: I } interface I { x: Int } type A implements I { x: Int @shareable }",
        ),
        federation_two(
            "b",
            r#"type Query { j: I } interface I { x: Int @override(from: "a") } type A implements I { x: Int @shareable }"#,
        ),
    ];

    assert_eq!(refused(&subgraphs), ["OVERRIDE_ON_INTERFACE I.x (b)"]);
}
