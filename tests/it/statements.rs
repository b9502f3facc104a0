//! A list costs a number of SQL statements that depends on its depth, never on
//! its rows.

use serde_json::{Value, json};
use tests::on_each_database;

const CATALOGUE: &str = "query($first: Int!) { products(first: $first) { nodes { id slug title \
    seller { id name slug } category { id name } images(first: 1) { url(width: 400) alt } \
    rating { average count } } } }";

fn rows(answer: &Value) -> usize {
    answer["data"]["products"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}")).len()
}

#[tokio::test]
async fn the_catalogue_page_takes_four_statements_at_any_size() {
    on_each_database(async |app| {
        let guest = app.guest();
        for first in [1, 20, 100] {
            let page = guest.ask(CATALOGUE, json!({ "first": first }));

            let (answer, statements) = app.statements(page).await;

            assert_eq!(rows(&answer), first);
            assert_eq!(answer.get("errors"), None);
            assert_eq!(statements, 4, "for {first} products");
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn three_levels_of_lists_take_one_statement_a_level() {
    let query = "query($first: Int!) { products(first: $first) { nodes { \
        variants(first: 2) { nodes { sku price { amount } } } \
        reviews(first: 2) { nodes { stars author { displayName } } } \
        seller { user { handle } products(first: 2) { nodes { title } } } } } }";

    on_each_database(async |app| {
        let guest = app.guest();
        let mut counts = Vec::new();
        for first in [2, 40] {
            let page = guest.ask(query, json!({ "first": first }));
            let (answer, statements) = app.statements(page).await;
            assert_eq!(answer.get("errors"), None, "{answer}");
            assert_eq!(rows(&answer), first);
            counts.push(statements);
        }

        assert_eq!(counts[0], counts[1], "more rows must not take more statements");
        assert!(counts[0] <= 9, "{counts:?}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_page_of_a_signed_in_viewer_adds_its_favourites_only() {
    on_each_database(async |app| {
        let buyer = app.sign_in(&app.email(60).await).await;
        let query = "query($first: Int!) { products(first: $first) { nodes { id isFavourite } } }";
        let mut counts = Vec::new();
        for first in [1, 60] {
            // A request looks the session up when its memory has run out; of three
            // in a row at least one finds it.
            let mut fewest = u64::MAX;
            for _ in 0..3 {
                let page = buyer.ask(query, json!({ "first": first }));
                let (answer, statements) = app.statements(page).await;
                assert_eq!(rows(&answer), first, "{answer}");
                fewest = fewest.min(statements);
            }
            counts.push(fewest);
        }

        assert_eq!(counts, [3, 3], "the page, the favourites, the viewer's own shop");
        app.stop().await;
    })
    .await;
}
