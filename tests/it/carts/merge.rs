//! What a guest put into a cart comes along at sign-in: once, and to nobody else.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Client, on_each_database};

use super::{ERRORS, add, by_token, change, done, error, guest_cart, offered, own, read, stock};
use crate::accounts::{PASSWORD, data, rows, somebody};

async fn merge(client: &Client, token: &Value) -> Value {
    change(client, "cartMerge", "$guestToken: String!", json!({ "guestToken": token })).await
}

#[tokio::test]
async fn a_cart_is_merged_once_however_many_devices_merge_it_at_once() {
    on_each_database(async |app| {
        let (second, other) = app.beside().await;
        let guest = app.guest();
        let ada = somebody(&app, "ada").await;
        let phone = other.with_token(ada.token().expect("signed in"));
        let (lamp, desk) = (offered(&app, "LAMP", 100).await, offered(&app, "DESK", 900).await);
        add(&ada, &Value::Null, &lamp, 2).await;
        let cart = guest_cart(&guest).await;
        add(&guest, &by_token(&cart), &lamp, 3).await;
        add(&guest, &by_token(&cart), &desk, 1).await;

        let merges = (0..50).map(|index| {
            let device = if index % 2 == 0 { &ada } else { &phone };
            merge(device, &cart["token"])
        });
        let payloads = join_all(merges).await;

        for payload in payloads {
            assert_eq!(done(payload)["totalQuantity"], 6);
        }
        let quantities: Vec<Value> = own(&ada).await["lines"]
            .as_array()
            .expect("lines")
            .iter()
            .map(|line| line["quantity"].clone())
            .collect();
        assert_eq!(quantities, [5, 1]);
        assert_eq!(read(&guest, &cart["token"]).await, Value::Null, "the token is dead");
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_two_accounts_that_merge_at_once_one_has_the_lines() {
    on_each_database(async |app| {
        let guest = app.guest();
        let (ada, bob) = (somebody(&app, "ada").await, somebody(&app, "bob").await);
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = guest_cart(&guest).await;
        add(&guest, &by_token(&cart), &lamp, 3).await;

        let both = tokio::join!(merge(&ada, &cart["token"]), merge(&bob, &cart["token"]));

        let payloads = [both.0, both.1];
        let lost = payloads.iter().filter(|payload| payload["cart"].is_null());
        let expected = json!([error("NOT_FOUND", &["guestToken"], "cart not found")]);
        assert_eq!(lost.map(|payload| payload["userErrors"].clone()).collect::<Vec<_>>(), [expected]);
        let total = |cart: Value| cart["totalQuantity"].as_i64().unwrap_or_default();
        assert_eq!(total(own(&ada).await) + total(own(&bob).await), 3);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn quantities_add_up_to_stock_with_a_warning_until_it_is_acknowledged() {
    on_each_database(async |app| {
        let guest = app.guest();
        let ada = somebody(&app, "ada").await;
        let lamp = offered(&app, "LAMP", 100).await;
        stock(&app, "LAMP", 4).await;
        add(&ada, &Value::Null, &lamp, 3).await;
        let cart = guest_cart(&guest).await;
        add(&guest, &by_token(&cart), &lamp, 3).await;

        let merged = done(merge(&ada, &cart["token"]).await);

        assert_eq!(merged["totalQuantity"], 4);
        let line = merged["lines"][0]["id"].clone();
        let warning =
            json!({ "code": "NOT_ENOUGH_STOCK", "lineId": line, "blocking": false, "available": 4 });
        assert_eq!(merged["warnings"], json!([warning]));
        assert_eq!(own(&ada).await["warnings"], json!([warning]), "on every device");
        let variables = json!({ "expectedVersion": merged["version"] });
        let known = change(&ada, "cartPricesAcknowledge", "$expectedVersion: Int!", variables).await;
        assert_eq!(done(known)["warnings"], json!([]));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn signing_in_with_a_guests_token_brings_its_cart_along() {
    on_each_database(async |app| {
        let guest = app.guest();
        somebody(&app, "ada").await;
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = guest_cart(&guest).await;
        add(&guest, &by_token(&cart), &lamp, 3).await;
        let sign_in = async |token: &Value| {
            let query = "mutation($input: SignInInput!) { sessionSignIn(input: $input) { accessToken \
                userErrors { code } } }";
            let password = json!({ "email": "ada@example.com", "password": PASSWORD });
            let input = json!({ "method": { "password": password }, "guestCartToken": token });
            let mut payload = data(&guest, query, json!({ "input": input })).await;
            assert_eq!(payload["sessionSignIn"]["userErrors"], json!([]));
            let token = payload["sessionSignIn"]["accessToken"].take();
            guest.with_token(token.as_str().expect("signed in"))
        };

        let ada = sign_in(&cart["token"]).await;
        let again = sign_in(&cart["token"]).await;
        let rubbish = sign_in(&json!("rubbish")).await;

        assert_eq!(own(&ada).await["totalQuantity"], 3);
        assert_eq!(own(&again).await["totalQuantity"], 3);
        assert_eq!(own(&rubbish).await["totalQuantity"], 3);
        assert_eq!(read(&guest, &cart["token"]).await, Value::Null);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_second_user_of_a_browser_never_sees_the_firsts_cart() {
    on_each_database(async |app| {
        let browser = app.guest();
        let (ada, bob) = (somebody(&app, "ada").await, somebody(&app, "bob").await);
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = guest_cart(&browser).await;
        add(&browser, &by_token(&cart), &lamp, 3).await;
        let merged = done(merge(&ada, &cart["token"]).await);
        let before = rows(&app, super::TABLES).await;

        let node = "query($id: ID!) { node(id: $id) { id } }";
        let by_id = |id: &Value| json!({ "cart": { "id": id }, "add": [{ "variantId": lamp }] });

        for stranger in [&bob, &browser] {
            assert_eq!(read(stranger, &cart["token"]).await, Value::Null);
            let found = data(stranger, node, json!({ "id": merged["id"] })).await;
            assert_eq!(found["node"], Value::Null);
            let refused = super::update(stranger, by_id(&merged["id"])).await;
            assert_eq!(refused["userErrors"][0]["code"], "NOT_FOUND", "{ERRORS}");
        }
        assert_eq!(own(&bob).await, Value::Null);
        let refused = merge(&bob, &cart["token"]).await;
        assert_eq!(refused["userErrors"][0]["code"], "NOT_FOUND");
        assert_eq!(rows(&app, super::TABLES).await, before);
        let own_node = data(&ada, node, json!({ "id": merged["id"] })).await;
        assert_eq!(own_node["node"]["id"], merged["id"]);
        app.stop().await;
    })
    .await;
}
