//! How refusals are told.

use super::{compose, federation_two, plain, refused};

#[test]
fn a_syntax_error_names_the_line() {
    let subgraphs = [plain("catalog", "type Query {\n  product: Product")];

    let errors = compose(&subgraphs).expect_err("the SDL is cut off");

    assert_eq!(
        errors.to_string(),
        "INVALID_GRAPHQL (catalog): line 2: syntax error: expected R_CURLY, got EOF"
    );
}

#[test]
fn an_unknown_type_names_the_line() {
    let subgraphs = [plain("catalog", "type Query {\n  product: Product\n}")];

    let errors = compose(&subgraphs).expect_err("the type is missing");

    assert_eq!(
        errors.to_string(),
        "INVALID_GRAPHQL (catalog): line 2: cannot find type `Product` in this document"
    );
}

#[test]
fn errors_of_all_subgraphs_are_told_one_per_line() {
    let subgraphs = [
        federation_two(
            "catalog",
            r#"type Query { product: Product } type Product @key(fields: "sku") { id: ID! }"#,
        ),
        federation_two("prices", "type Product { price: Int @requires(fields: \"weight\") }"),
    ];

    let errors = compose(&subgraphs).expect_err("both subgraphs are invalid");

    assert_eq!(
        errors.to_string(),
        "KEY_INVALID_FIELDS Product (catalog): @key(fields:): there is no field Product.sku\n\
         REQUIRES_INVALID_FIELDS Product.price (prices): @requires(fields:): there is no field Product.weight"
    );
}

#[test]
fn the_message_about_sharing_names_who_does_not_share() {
    let subgraphs = [
        federation_two("catalog", "type Query { version: Int @shareable }"),
        federation_two("prices", "type Query { version: Int }"),
    ];

    let errors = compose(&subgraphs).expect_err("the field is not shareable");

    assert_eq!(
        errors.0[0].message,
        "the field is resolved by catalog, prices, but not @shareable in prices"
    );
}

#[test]
fn subgraph_names_are_unique() {
    let subgraphs = [
        plain("catalog", "type Query { product: Int }"),
        plain("catalog", "type Query { price: Int }"),
        plain("", "type Query { stock: Int }"),
    ];

    assert_eq!(refused(&subgraphs), ["INVALID_SUBGRAPH_NAME (catalog)", "INVALID_SUBGRAPH_NAME ()"]);
}

#[test]
fn no_subgraphs_have_no_query() {
    assert_eq!(refused(&[]), ["NO_QUERIES Query ()"]);
}

#[test]
fn arguments_are_not_filled_from_a_context() {
    let subgraphs = [plain(
        "catalog",
        r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@context", "@fromContext"])
        type Query { shop: Shop }
        type Shop @key(fields: "id") @context(name: "shop") { id: ID! currency: String! product: Product }
        type Product @key(fields: "id") { id: ID! price(currency: String! @fromContext(field: "$shop { currency }")): Int }"#,
    )];

    assert_eq!(refused(&subgraphs), ["UNSUPPORTED_FEATURE Product.price(currency:) (catalog)"]);
}
