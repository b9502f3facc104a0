//! Retry-safe keys: the same request again is one product.

use futures_util::future::join_all;
use kit::RetryKey;
use serde_json::{Value, json};
use tests::{execute, number, on_each_database};

use super::{TABLES, offer, refused, save, saved, variant};
use crate::accounts::rows;

fn lamp(title: &str, key: &str) -> Value {
    json!({ "title": title, "variants": [variant("LAMP", &[], 100)], "idempotencyKey": key })
}

#[tokio::test]
async fn a_retry_with_the_same_key_is_answered_with_the_same_product() {
    on_each_database(async |app| {
        let (seller, elsewhere) = (app.seller(0).await, app.seller(0).await);
        let first = save(&seller, lamp("Lamp", "key")).await;
        let before = rows(&app, TABLES).await;

        let second = save(&seller, lamp("Lamp", "key")).await;
        let third = save(&elsewhere, lamp("Lamp", "key")).await;

        assert_eq!(first["userErrors"], json!([]));
        assert_eq!(second, first);
        assert_eq!(third, first, "the key is the account's, not the session's");
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn twenty_requests_at_once_with_one_key_are_one_product() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let before = rows(&app, ["products", "variants", "events"]).await;

        let payloads = join_all((0..20).map(|_| save(&seller, lamp("Lamp", "key")))).await;

        assert!(payloads[0]["product"]["id"].is_string(), "{}", payloads[0]);
        assert!(payloads.iter().all(|payload| *payload == payloads[0]), "{payloads:?}");
        assert_eq!(rows(&app, ["products", "variants", "events"]).await, before.map(|count| count + 1));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_with_another_input_is_a_mismatch_and_changes_nothing() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let lamp_id = offer(&seller, "Other lamp").await;
        saved(&seller, lamp("Lamp", "key")).await;
        let before = rows(&app, TABLES).await;
        let expected = refused(
            "IDEMPOTENCY_MISMATCH",
            &["idempotencyKey"],
            "this key came with another input before",
        );

        let mut dearer = lamp("Lamp", "key");
        dearer["variants"][0]["prices"][0]["minorUnits"] = json!(101);
        let others = [
            lamp("Desk", "key"),
            dearer,
            json!({ "title": "Lamp", "idempotencyKey": "key" }),
            json!({ "id": lamp_id, "title": "Lamp", "idempotencyKey": "key" }),
        ];
        for other in others {
            assert_eq!(save(&seller, other).await, expected);
        }

        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_key_of_a_refused_request_is_free_again() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        offer(&app.seller(1).await, "LAMP").await;

        let refused = save(&seller, lamp("Lamp", "key")).await;
        let other = json!({ "title": "Desk", "idempotencyKey": "key" });
        let created = save(&seller, other).await;

        assert_eq!(refused["userErrors"][0]["code"], "TAKEN");
        assert_eq!(created["product"]["title"], "Desk", "{created}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn keys_of_different_sellers_do_not_meet() {
    on_each_database(async |app| {
        let (one, two) = (app.seller(0).await, app.seller(1).await);

        let first = saved(&one, json!({ "title": "Lamp", "idempotencyKey": "key" })).await;
        let second = saved(&two, json!({ "title": "Desk", "idempotencyKey": "key" })).await;

        assert_ne!(first["id"], second["id"]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_retried_change_is_made_once_and_answered_as_things_are_now() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = offer(&seller, "Lamp").await;
        let change =
            json!({ "id": id, "title": "Tall lamp", "expectedVersion": 1, "idempotencyKey": "key" });

        let first = saved(&seller, change.clone()).await;
        saved(&seller, json!({ "id": id, "title": "Small lamp" })).await;
        let again = saved(&seller, change).await;

        assert_eq!((&first["title"], &first["version"]), (&json!("Tall lamp"), &json!(2)));
        assert_eq!((&again["title"], &again["version"]), (&json!("Small lamp"), &json!(3)));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_key_is_remembered_for_a_week_and_forgotten_by_any_number_of_processes() {
    const DAY: i64 = 24 * 60 * 60 * 1_000;
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        for key in ["old", "new"] {
            saved(&seller, json!({ "title": key, "idempotencyKey": key })).await;
        }
        let (db, now) = (app.app().db(), app.app().platform().clock.now());
        for (key, days) in [("old", 8), ("new", 6)] {
            let at = now.plus(-days * DAY).0;
            execute(&app, &format!("UPDATE idempotency_keys SET at = {at} WHERE \"key\" = '{key}'"))
                .await;
        }

        let (one, two) = tokio::join!(RetryKey::forget_old(db, now), RetryKey::forget_old(db, now));

        assert_eq!(one.expect("an answer") + two.expect("an answer"), 1);
        assert_eq!(number(&app, "SELECT count(*) FROM idempotency_keys WHERE \"key\" = 'new'").await, 1);
        let mismatch = save(&seller, json!({ "title": "Other", "idempotencyKey": "new" })).await;
        assert_eq!(mismatch["userErrors"][0]["code"], "IDEMPOTENCY_MISMATCH");
        app.stop().await;
    })
    .await;
}
