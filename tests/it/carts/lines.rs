//! Lines of carts: nothing that is added at the same time is lost, and a change is
//! made as a whole or not at all.

use futures_util::future::join_all;
use kit::{
    Id as _,
    ids::{CartLineId, VariantId},
};
use serde_json::{Value, json};
use tests::on_each_database;

use super::{TABLES, add, by_token, done, error, guest_cart, offered, own, read, refused, update};
use crate::accounts::{rows, somebody};

#[tokio::test]
async fn a_guest_finds_the_cart_again_by_its_secret_alone() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 1_990).await;
        let cart = guest_cart(&guest).await;

        add(&guest, &by_token(&cart), &lamp, 2).await;
        let elsewhere = read(&app.guest(), &cart["token"]).await;

        assert_eq!(elsewhere["id"], cart["id"]);
        assert_eq!(elsewhere["token"], cart["token"]);
        assert_eq!(elsewhere["totalQuantity"], 2);
        assert_eq!(elsewhere["totals"]["total"]["minorUnits"], 3_980);
        assert_eq!(read(&guest, &cart["id"]).await, Value::Null);
        assert_eq!(read(&guest, &json!("another")).await, Value::Null);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn fifty_parallel_adds_of_one_are_fifty_more_on_two_instances() {
    on_each_database(async |app| {
        let (second, other) = app.beside().await;
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = by_token(&guest_cart(&guest).await);

        let adds = (0..50).map(|index| {
            let client = if index % 2 == 0 { &guest } else { &other };
            add(client, &cart, &lamp, 1)
        });
        join_all(adds).await;

        let after = read(&other, &cart["token"]).await;
        assert_eq!(after["totalQuantity"], 50);
        assert_eq!(after["lines"].as_array().map(Vec::len), Some(1));
        assert_eq!(after["version"], 51, "each add is a change");
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_account_has_one_open_cart_a_currency_however_many_devices_open_it() {
    on_each_database(async |app| {
        let (second, other) = app.beside().await;
        let ada = somebody(&app, "ada").await;
        let phone = other.with_token(ada.token().expect("signed in"));
        let lamp = offered(&app, "LAMP", 100).await;
        assert_eq!(own(&ada).await, Value::Null, "reading makes none");

        let adds = (0..50).map(|index| {
            let device = if index % 2 == 0 { &ada } else { &phone };
            add(device, &Value::Null, &lamp, 1)
        });
        let carts = join_all(adds).await;

        assert!(carts.iter().all(|cart| cart["id"] == carts[0]["id"]), "{carts:?}");
        assert_eq!(own(&ada).await["totalQuantity"], 50);
        assert_eq!(own(&phone).await["token"], Value::Null);
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_update_is_all_or_nothing_and_says_what_is_wrong_where() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let dollars = json!([{ "minorUnits": 5, "currency": "USD" }]);
        let desk = super::offered_in(&app, "DESK", dollars).await;
        let cart = by_token(&guest_cart(&guest).await);
        let line = add(&guest, &cart, &lamp, 3).await["lines"][0]["id"].clone();
        let before = (read(&guest, &cart["token"]).await, rows(&app, TABLES).await);

        let nobody = VariantId::generate().to_string();
        let add = json!([{ "variantId": lamp }, { "variantId": nobody }, { "variantId": desk }]);
        let set = json!([{ "lineId": line, "quantity": 9 }]);
        let payload = update(&guest, json!({ "cart": cart, "add": add, "set": set })).await;
        let gone = CartLineId::generate().to_string();
        let set = json!([{ "lineId": line, "quantity": 9 }, { "lineId": gone, "quantity": 0 }]);
        let missing = update(&guest, json!({ "cart": cart, "set": set })).await;

        let expected = json!([
            error("NOT_FOUND", &["add", "1", "variantId"], "variant not found"),
            error("INVALID", &["add", "2", "variantId"], "it is not sold in EUR"),
        ]);
        assert_eq!(payload, refused(expected));
        let expected = json!([error("NOT_FOUND", &["set", "1", "lineId"], "line not found")]);
        assert_eq!(missing, refused(expected));
        assert_eq!((read(&guest, &cart["token"]).await, rows(&app, TABLES).await), before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn lines_are_set_and_removed_and_notes_are_lines_of_their_own() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = by_token(&guest_cart(&guest).await);
        let add = json!([{ "variantId": lamp, "quantity": 2 }, { "variantId": lamp, "note": "A <b>gift</b>" },
            { "variantId": lamp, "quantity": 3 }]);
        let lines = done(update(&guest, json!({ "cart": cart, "add": add })).await)["lines"].take();
        let seen = |lines: &Value| {
            let lines = lines.as_array().expect("lines").clone();
            lines.iter().map(|line| json!([line["quantity"], line["note"]])).collect::<Vec<_>>()
        };
        assert_eq!(seen(&lines), [json!([5, null]), json!([1, "A gift"])]);

        let set = json!([{ "lineId": lines[0]["id"], "quantity": 0 },
            { "lineId": lines[1]["id"], "quantity": 7 }]);
        let after = done(update(&guest, json!({ "cart": cart, "set": set })).await);

        assert_eq!(seen(&after["lines"]), [json!([7, "A gift"])]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_of_another_version_is_a_conflict() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = by_token(&guest_cart(&guest).await);
        let version = add(&guest, &cart, &lamp, 1).await["version"].clone();
        let add = json!([{ "variantId": lamp }]);
        let with = |version: &Value| json!({ "cart": cart, "add": add, "expectedVersion": version });

        let at_once = join_all((0..20).map(|_| update(&guest, with(&version)))).await;

        let (wins, losses): (Vec<_>, Vec<_>) =
            at_once.into_iter().partition(|payload| payload["userErrors"] == json!([]));
        assert_eq!((wins.len(), losses.len()), (1, 19));
        for loss in losses {
            assert_eq!(loss["userErrors"][0]["code"], "VERSION_CONFLICT");
            assert_eq!(loss["userErrors"][0]["currentVersion"], 3);
        }
        assert_eq!(read(&guest, &cart["token"]).await["totalQuantity"], 2);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_retry_with_the_same_key_adds_once_and_with_another_input_is_a_mismatch() {
    on_each_database(async |app| {
        let (second, other) = app.beside().await;
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = by_token(&guest_cart(&guest).await);
        let input = |quantity: i32| {
            let add = json!([{ "variantId": lamp, "quantity": quantity }]);
            json!({ "cart": cart, "add": add, "idempotencyKey": "key" })
        };

        let retries = (0..20).map(|index| {
            let client = if index % 2 == 0 { &guest } else { &other };
            update(client, input(2))
        });
        let payloads = join_all(retries).await;
        let mismatch = update(&guest, input(3)).await;

        for payload in payloads {
            assert_eq!(done(payload)["totalQuantity"], 2);
        }
        assert_eq!(mismatch["userErrors"][0]["code"], "IDEMPOTENCY_MISMATCH");
        assert_eq!(read(&guest, &cart["token"]).await["totalQuantity"], 2);
        second.stop().await;
        app.stop().await;
    })
    .await;
}
