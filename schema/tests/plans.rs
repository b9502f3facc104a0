//! Plans of typical operations on a small marketplace, so that a change of the
//! planner, or of what it is given, shows.

use async_graphql::Variables;
use insta::assert_snapshot;
use schema::{Engine, Limits};

use crate::support::marketplace;

/// The plan, after the operation it is for.
async fn plan(operation: &str) -> String {
    let engine =
        Engine::from_supergraph(marketplace::supergraph(), marketplace::transports(), Limits::default());
    let engine = engine.expect("the marketplace is a valid supergraph");
    let explanation = engine.explain(operation, None, Variables::default()).await;
    format!("{operation}\n\n{}", explanation.expect("the operation has a plan"))
}

#[tokio::test]
async fn a_page_of_one_module_is_one_fetch_of_the_clients_own_operation() {
    assert_snapshot!(plan("{ products(first: 10) { id name: title price } }").await);
}

#[tokio::test]
async fn a_catalogue_page_asks_sellers_and_ratings_side_by_side() {
    assert_snapshot!(
        plan(
            "{ products { id title price rating seller { name address { city } } reviews { stars } } }"
        )
        .await
    );
}

#[tokio::test]
async fn what_is_required_is_fetched_first() {
    assert_snapshot!(
        plan("{ viewer { reviews { product { title shipping(country: \"NL\") } } } }").await
    );
}

#[tokio::test]
async fn authors_of_reviews_of_products_are_asked_once_for_all() {
    assert_snapshot!(
        plan(
            "{ product(id: 1) { reviews { text author { name } } seller { name reviews { stars } } } }"
        )
        .await
    );
}

#[tokio::test]
async fn members_of_a_union_are_asked_by_their_type() {
    assert_snapshot!(
        plan("{ search(text: \"oak\") { __typename ... on Product { rating } ... on Voucher { code product { rating } } } }").await
    );
}

#[tokio::test]
async fn a_condition_on_another_modules_fields_is_a_branch() {
    assert_snapshot!(
        plan("query($full: Boolean = false) { products { title ... @include(if: $full) { rating seller { name } } } viewer @skip(if: $full) { name } }").await
    );
}

#[tokio::test]
async fn mutations_of_three_modules_follow_one_another() {
    assert_snapshot!(
        plan("mutation { profileUpdate(name: \"Ada\") { name reviews { text } } productCreate(title: \"Chair\", price: 9) { id rating } reviewCreate(product: 1, text: \"good\") { product { title } } }").await
    );
}

#[tokio::test]
async fn a_subscription_follows_one_module_and_asks_the_others_per_event() {
    assert_snapshot!(plan("subscription { productChanged { id title rating seller { name } } }").await);
}

#[tokio::test]
async fn introspection_asks_nobody() {
    assert_snapshot!(plan("{ __schema { queryType { name } } __typename }").await);
}
