//! Stock that sellers count and change.

use futures_util::future::join_all;
use kit::{Id as _, ids::VariantId};
use serde_json::{Value, json};
use tests::{TestApp, execute, number, on_each_database};

use super::{TABLES, adjust, error, stocked};
use crate::accounts::{data, rows};

const STAFF: &str = "alma-admin@demo.example";

fn add(variant: &Value, delta: i64) -> Value {
    json!({ "variantId": variant, "delta": delta, "reason": "counted" })
}

fn set(variant: &Value, units: i64, expected: i64) -> Value {
    json!({ "variantId": variant, "setOnHand": units, "expectedOnHand": expected, "reason": "counted" })
}

async fn on_hand(app: &TestApp, variant: &Value) -> i64 {
    let id = variant.as_str().expect("an id");
    number(app, &format!("SELECT CAST(on_hand AS bigint) FROM variants WHERE id = '{id}'")).await
}

/// Somebody's order holds so many units.
async fn hold(app: &TestApp, variant: &Value, units: i32) {
    let id = variant.as_str().expect("an id");
    execute(app, &format!("UPDATE variants SET reserved = {units} WHERE id = '{id}'")).await;
}

fn codes(payload: &Value) -> Vec<Value> {
    let results = payload["results"].as_array().expect("results");
    results.iter().map(|result| result["userErrors"][0]["code"].clone()).collect()
}

#[tokio::test]
async fn stock_is_added_and_counted_and_the_ledger_says_who_why_and_how_much() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let (lamp, desk) = (stocked(&seller, "LAMP", 3).await, stocked(&seller, "DESK", 8).await);

        let changes = json!([add(&lamp, 4), set(&desk, 5, 8), add(&lamp, -1)]);
        let payload = adjust(&seller, changes, "key").await;

        let titles: Vec<&Value> =
            (0..3).map(|index| &payload["results"][index]["product"]["title"]).collect();
        assert_eq!(titles, ["LAMP", "DESK", "LAMP"], "{payload}");
        assert_eq!((&payload["failedCount"], &payload["userErrors"]), (&json!(0), &json!([])));
        assert_eq!((on_hand(&app, &lamp).await, on_hand(&app, &desk).await), (6, 5));
        let account = data(&seller, "{ me { id } }", json!({})).await["me"]["id"].take();
        let sql = format!(
            "SELECT count(*) FROM stock_changes WHERE account_id = '{}' AND reason = 'counted' \
             AND delta IN (4, -3, -1) AND on_hand IN (7, 5, 6)",
            account.as_str().expect("an id")
        );
        assert_eq!(number(&app, &sql).await, 3);
        let query = "query($id: ID!) { node(id: $id) { ... on Variant { available availability } } }";
        let shown = data(&seller, query, json!({ "id": lamp })).await["node"].take();
        assert_eq!(shown, json!({ "available": 6, "availability": "IN_STOCK" }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn stock_never_goes_below_what_is_reserved() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let variant = stocked(&seller, "LAMP", 5).await;
        hold(&app, &variant, 3).await;
        let before = rows(&app, TABLES).await;

        let short = |field: &str| {
            let mut short = error("OUT_OF_STOCK", &[field], "only 2 left");
            short["variantId"] = variant.clone();
            short["available"] = json!(2);
            json!({ "results": [{ "product": null, "userErrors": [short] }], "failedCount": 1,
                "userErrors": [] })
        };
        assert_eq!(adjust(&seller, json!([add(&variant, -3)]), "a").await, short("delta"));
        assert_eq!(adjust(&seller, json!([set(&variant, 2, 5)]), "b").await, short("setOnHand"));
        assert_eq!((on_hand(&app, &variant).await, rows(&app, TABLES).await), (5, before));
        let fits = adjust(&seller, json!([add(&variant, -2)]), "c").await;
        assert_eq!((&fits["failedCount"], on_hand(&app, &variant).await), (&json!(0), 3));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn fifty_clients_at_once_never_take_stock_below_what_is_reserved() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let variant = stocked(&seller, "LAMP", 30).await;
        hold(&app, &variant, 10).await;

        let keys: Vec<String> = (0..50).map(|number| format!("key {number}")).collect();
        let payloads =
            join_all(keys.iter().map(|key| adjust(&seller, json!([add(&variant, -1)]), key))).await;

        let failed: i64 =
            payloads.iter().map(|payload| payload["failedCount"].as_i64().expect("a count")).sum();
        assert_eq!((failed, on_hand(&app, &variant).await), (30, 10));
        assert!(
            payloads
                .iter()
                .all(|payload| { payload["failedCount"] == 0 || codes(payload) == ["OUT_OF_STOCK"] })
        );
        let ledger = "SELECT CAST(sum(delta) AS bigint) FROM stock_changes WHERE variant_id = ";
        let id = variant.as_str().expect("an id");
        assert_eq!(number(&app, &format!("{ledger}'{id}'")).await, 10);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn all_changes_are_made_or_none_and_each_is_told_its_own_failure() {
    on_each_database(async |app| {
        let (seller, other) = (app.seller(0).await, app.seller(1).await);
        let (lamp, desk) = (stocked(&seller, "LAMP", 5).await, stocked(&seller, "DESK", 5).await);
        let foreign = stocked(&other, "RUG", 5).await;
        let before = rows(&app, TABLES).await;

        let nobody = json!(VariantId::generate());
        let changes =
            json!([add(&lamp, 1), set(&desk, 9, 4), add(&foreign, 1), add(&nobody, 1), add(&lamp, -7)]);
        let payload = adjust(&seller, changes, "key").await;

        let expected = ["NOT_APPLIED", "VERSION_CONFLICT", "NOT_FOUND", "NOT_FOUND", "OUT_OF_STOCK"];
        assert_eq!(codes(&payload), expected);
        assert_eq!(payload["results"][4]["userErrors"][0]["available"], 6, "with the change before");
        assert_eq!(payload["failedCount"], 5);
        assert_eq!(rows(&app, TABLES).await, before);
        assert_eq!((on_hand(&app, &lamp).await, on_hand(&app, &foreign).await), (5, 5));
        let again = adjust(&seller, json!([add(&lamp, 1)]), "key").await;
        assert_eq!(again["failedCount"], 0, "the key of a refused request is free: {again}");
        let staff = app.sign_in(STAFF).await;
        let changed = adjust(&staff, json!([add(&foreign, 1), add(&lamp, 1)]), "key").await;
        assert_eq!(changed["failedCount"], 0, "{changed}");
        assert_eq!((on_hand(&app, &lamp).await, on_hand(&app, &foreign).await), (7, 6));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_that_is_sent_many_times_is_made_once() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let variant = stocked(&seller, "LAMP", 5).await;

        let changes = json!([add(&variant, 2)]);
        let payloads = join_all((0..50).map(|_| adjust(&seller, changes.clone(), "key"))).await;
        let other = adjust(&seller, json!([add(&variant, 3)]), "key").await;

        assert!(payloads.iter().all(|payload| *payload == payloads[0]), "{payloads:?}");
        assert_eq!(payloads[0]["failedCount"], 0);
        let mismatch = error(
            "IDEMPOTENCY_MISMATCH",
            &["idempotencyKey"],
            "this key came with another input before",
        );
        assert_eq!(other, json!({ "results": [], "failedCount": 0, "userErrors": [mismatch] }));
        assert_eq!(on_hand(&app, &variant).await, 7);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn changes_that_break_a_rule_are_refused_and_nothing_changes() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let variant = stocked(&seller, "LAMP", 5).await;
        let before = rows(&app, TABLES).await;

        let with = |extra: Value| {
            let mut change = json!({ "variantId": variant, "reason": "counted" });
            for (key, value) in extra.as_object().expect("an object") {
                change[key] = value.clone();
            }
            change
        };
        let cases = [
            (with(json!({})), "delta"),
            (with(json!({ "delta": 1, "setOnHand": 1, "expectedOnHand": 5 })), "delta"),
            (with(json!({ "delta": 0 })), "delta"),
            (with(json!({ "delta": i32::MIN })), "delta"),
            (with(json!({ "delta": 1_000_000_000 })), "delta"),
            (with(json!({ "setOnHand": 9 })), "expectedOnHand"),
            (with(json!({ "setOnHand": -1, "expectedOnHand": 5 })), "setOnHand"),
            (with(json!({ "delta": 1, "reason": " <b></b> " })), "reason"),
            (with(json!({ "delta": 1, "reason": "x".repeat(201) })), "reason"),
        ];
        for (change, field) in cases {
            let payload = adjust(&seller, json!([change]), "key").await;
            let wrong = &payload["results"][0]["userErrors"][0];
            assert_eq!(
                (&wrong["code"], &wrong["field"]),
                (&json!("INVALID"), &json!([field])),
                "{change}"
            );
        }
        let many = vec![add(&variant, 1); 101];
        let whole = [
            (json!([]), "key", "changes"),
            (json!(many), "key", "changes"),
            (json!([add(&variant, 1)]), "", "idempotencyKey"),
            (json!([add(&variant, 1)]), "a\u{0}b", "idempotencyKey"),
        ];
        for (changes, key, field) in whole {
            let payload = adjust(&seller, changes, key).await;
            let wrong = &payload["userErrors"][0];
            assert_eq!((&wrong["code"], &wrong["field"]), (&json!("INVALID"), &json!([field])));
            assert_eq!(payload["results"], json!([]));
        }
        let rubbish = adjust(&seller, json!([add(&json!("rubbish"), 1)]), "key").await;
        assert_eq!(codes(&rubbish), ["NOT_FOUND"]);
        assert_eq!((on_hand(&app, &variant).await, rows(&app, TABLES).await), (5, before));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_stock_of_a_new_variant_comes_with_it_and_later_only_by_counting() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = stocked(&seller, "LAMP", 5).await;
        let mut variant = super::variant("LAMP", &[], 1_990);
        let product = data(
            &seller,
            "query($id: ID!) { node(id: $id) { ... on Variant { product { id } } } }",
            json!({ "id": id }),
        )
        .await["node"]["product"]["id"]
            .take();
        let before = rows(&app, TABLES).await;

        variant["onHand"] = json!(9);
        let refused = super::save(&seller, json!({ "id": product, "variants": [variant] })).await;
        variant["onHand"] = json!(5);
        let same = super::save(&seller, json!({ "id": product, "variants": [variant] })).await;

        let message = "the stock of a known variant is changed by inventoryAdjust";
        assert_eq!(refused, super::refused("INVALID", &["variants", "0", "onHand"], message));
        assert_eq!(same["userErrors"], json!([]));
        assert_eq!((on_hand(&app, &id).await, rows(&app, TABLES).await), (5, before));
        app.stop().await;
    })
    .await;
}
