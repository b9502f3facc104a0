//! Many products in one request, and what one bad item does to the others.

use serde_json::{Value, json};
use tests::on_each_database;

use super::{TABLES, offer, save_all, variant};
use crate::accounts::rows;

fn product(title: &str, sku: &str) -> Value {
    json!({ "title": title, "variants": [variant(sku, &[], 100)] })
}

fn codes(payload: &Value) -> Vec<Value> {
    let results = payload["results"].as_array().expect("results");
    results.iter().map(|result| result["userErrors"][0]["code"].clone()).collect()
}

fn titles(payload: &Value) -> Vec<Value> {
    let results = payload["results"].as_array().expect("results");
    results.iter().map(|result| result["product"]["title"].clone()).collect()
}

#[tokio::test]
async fn a_bad_item_is_left_out_and_the_others_are_saved_in_order() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let known = offer(&seller, "RUG").await;
        offer(&app.seller(1).await, "TAKEN").await;

        let inputs = json!([
            product("Lamp", "LAMP"),
            product("", "EMPTY"),
            json!({ "id": known, "title": "Woven rug" }),
            product("Other", "TAKEN"),
            product("Desk", "DESK"),
        ]);
        let payload = save_all(&seller, inputs, None).await;

        let none = Value::Null;
        assert_eq!(
            codes(&payload),
            [none.clone(), json!("INVALID"), none.clone(), json!("TAKEN"), none.clone()]
        );
        let expected = [json!("Lamp"), none.clone(), json!("Woven rug"), none, json!("Desk")];
        assert_eq!(titles(&payload), expected);
        assert_eq!((&payload["failedCount"], &payload["userErrors"]), (&json!(2), &json!([])));
        assert_eq!(payload["results"][1]["userErrors"][0]["field"], json!(["title"]));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn with_reject_all_one_bad_item_leaves_everything_as_it_was() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let known = offer(&seller, "RUG").await;
        offer(&app.seller(1).await, "TAKEN").await;
        let before = rows(&app, TABLES).await;
        let rename = json!({ "id": known, "title": "Woven rug" });
        let policy = Some("REJECT_ALL");

        let badly_written = json!([product("Lamp", "LAMP"), product("", "EMPTY"), rename]);
        let badly_written = save_all(&seller, badly_written, policy).await;
        let taken =
            json!([rename, product("Lamp", "LAMP"), product("Other", "TAKEN"), product("A", "B")]);
        let taken = save_all(&seller, taken, policy).await;
        let unchanged = rows(&app, TABLES).await;
        let fine = json!([rename, product("Lamp", "LAMP")]);
        let fine = save_all(&seller, fine, policy).await;

        assert_eq!(codes(&badly_written), ["NOT_APPLIED", "INVALID", "NOT_APPLIED"]);
        assert_eq!(codes(&taken), ["NOT_APPLIED", "NOT_APPLIED", "TAKEN", "NOT_APPLIED"]);
        assert_eq!((&badly_written["failedCount"], &taken["failedCount"]), (&json!(3), &json!(4)));
        assert_eq!(unchanged, before);
        assert_eq!(titles(&fine), ["Woven rug", "Lamp"]);
        assert_eq!(fine["failedCount"], 0);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_request_of_many_products_may_be_sent_again() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let with_key = |title: &str, key: &str| {
            let mut input = product(title, title);
            input["idempotencyKey"] = json!(key);
            input
        };
        let inputs = json!([with_key("Lamp", "one"), with_key("Desk", "two")]);
        let first = save_all(&seller, inputs.clone(), None).await;
        let before = rows(&app, TABLES).await;

        let again = save_all(&seller, inputs.clone(), None).await;
        let whole = save_all(&seller, inputs, Some("REJECT_ALL")).await;
        let other = save_all(&seller, json!([with_key("Rug", "one")]), None).await;

        assert_eq!(first["failedCount"], 0, "{first}");
        assert_eq!((&again, &whole), (&first, &first));
        assert_eq!(codes(&other), ["IDEMPOTENCY_MISMATCH"]);
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn too_many_items_none_and_items_of_others_are_refused() {
    on_each_database(async |app| {
        let (seller, other) = (app.seller(0).await, app.seller(1).await);
        let foreign = offer(&other, "RUG").await;
        let before = rows(&app, TABLES).await;

        for inputs in [json!([]), json!(vec![json!({ "title": "Lamp" }); 101])] {
            let payload = save_all(&seller, inputs, None).await;
            let wrong = json!([{ "code": "INVALID", "field": ["inputs"],
                "message": "must be 1 to 100 items" }]);
            assert_eq!(payload, json!({ "results": [], "failedCount": 0, "userErrors": wrong }));
        }
        let theirs = json!([{ "id": foreign, "title": "Mine" }, { "id": "rubbish", "title": "Hm" }]);
        assert_eq!(codes(&save_all(&seller, theirs, None).await), ["NOT_FOUND", "NOT_FOUND"]);
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn sellers_who_save_the_same_products_at_once_do_not_wait_in_a_circle() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let (lamp, desk) = (offer(&seller, "LAMP").await, offer(&seller, "DESK").await);

        let payloads = futures_util::future::join_all((0..20).map(|number| {
            let title = format!("Title {number}");
            let mut inputs =
                vec![json!({ "id": lamp, "title": title }), json!({ "id": desk, "title": title })];
            if number % 2 == 0 {
                inputs.reverse();
            }
            let seller = &seller;
            async move { save_all(seller, json!(inputs), Some("REJECT_ALL")).await }
        }))
        .await;

        assert!(payloads.iter().all(|payload| payload["failedCount"] == 0), "{payloads:?}");
        app.stop().await;
    })
    .await;
}
