//! Slugs that sellers choose, and the old ones, which keep leading to the product.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Client, on_each_database};

use super::{TABLES, offer, refused, save, saved};
use crate::accounts::{data, rows};

async fn found(client: &Client, slug: &str) -> Value {
    let query = "query($slug: String!) { product(by: { slug: $slug }) { id slug } }";
    data(client, query, json!({ "slug": slug })).await["product"].take()
}

#[tokio::test]
async fn an_old_slug_leads_to_the_product_and_tells_the_new_one() {
    on_each_database(async |app| {
        let (seller, guest) = (app.seller(0).await, app.guest());
        let id = offer(&seller, "Lamp").await;
        let expected = json!({ "id": id, "slug": "tall-lamp" });

        saved(&seller, json!({ "id": id, "slug": "small-lamp" })).await;
        let changed = saved(&seller, json!({ "id": id, "slug": "tall-lamp" })).await;

        assert_eq!((&changed["slug"], &changed["version"]), (&json!("tall-lamp"), &json!(3)));
        for slug in ["lamp", "small-lamp", "tall-lamp"] {
            assert_eq!(found(&guest, slug).await, expected, "{slug}");
        }
        let back = saved(&seller, json!({ "id": id, "slug": "lamp" })).await;
        assert_eq!(back["slug"], "lamp", "its own old slug is free for it");
        assert_eq!(found(&guest, "tall-lamp").await, json!({ "id": id, "slug": "lamp" }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_takes_a_slug_that_another_product_has_or_had() {
    on_each_database(async |app| {
        let (seller, other) = (app.seller(0).await, app.seller(1).await);
        let id = offer(&seller, "Lamp").await;
        saved(&seller, json!({ "id": id, "slug": "tall-lamp" })).await;
        let theirs = offer(&other, "Desk").await;
        let before = rows(&app, TABLES).await;
        let taken = refused("TAKEN", &["slug"], "another product has or had this slug");

        for slug in ["lamp", "tall-lamp"] {
            assert_eq!(save(&other, json!({ "id": theirs, "slug": slug })).await, taken);
            assert_eq!(save(&other, json!({ "title": "Lamp", "slug": slug })).await, taken);
        }
        assert_eq!(rows(&app, TABLES).await, before);
        let made = saved(&other, json!({ "title": "Lamp" })).await;
        assert_eq!(made["slug"], "lamp-2", "a slug made of a title avoids old ones");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_many_who_want_a_slug_at_once_one_gets_it() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let mut products = Vec::new();
        for number in 0..8 {
            products.push(offer(&seller, &format!("Lamp {number}")).await);
        }

        let payloads =
            join_all(products.iter().map(|id| save(&seller, json!({ "id": id, "slug": "the-lamp" }))))
                .await;

        let won = payloads.iter().filter(|payload| payload["userErrors"] == json!([])).count();
        let lost = payloads.iter().filter(|payload| payload["userErrors"][0]["code"] == "TAKEN").count();
        assert_eq!((won, lost), (1, 7), "{payloads:?}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_slug_that_is_none_is_refused_and_nothing_changes() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = offer(&seller, "Lamp").await;
        let before = rows(&app, TABLES).await;
        let message = "must be small letters and digits, joined by single dashes: 1 to 80 characters";

        for slug in
            ["", "-lamp", "lamp-", "a--b", "Lamp", "a b", "lämp", "a/b", "a\u{0}b", &"a".repeat(81)]
        {
            let payload = save(&seller, json!({ "id": id, "slug": slug })).await;
            assert_eq!(payload, refused("INVALID", &["slug"], message), "{slug:?}");
        }
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_product_has_a_bounded_number_of_slugs() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = offer(&seller, "Lamp").await;
        for number in 2..=50 {
            saved(&seller, json!({ "id": id, "slug": format!("slug-{number}") })).await;
        }

        let one_more = save(&seller, json!({ "id": id, "slug": "slug-51" })).await;

        let message = "a product has at most 50 slugs, old ones included";
        assert_eq!(one_more, refused("LIMIT_EXCEEDED", &["slug"], message));
        assert_eq!(found(&app.guest(), "slug-51").await, Value::Null);
        app.stop().await;
    })
    .await;
}
