//! Following a cart: what other devices do, and what happens to what is in it.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{Client, Served, Socket, on_each_database};

use super::{add, by_token, guest_cart, offered};
use crate::accounts::{data, somebody};

const FOLLOW: &str = "subscription($cart: CartRef, $after: String) { cartEvents(cart: $cart, after: $after) \
    { cursor at cart { id token totalQuantity totals { subtotal { minorUnits } } warnings { code } } } }";

async fn follow(served: &Served, client: &Client, cart: &Value, after: &Value) -> Socket {
    let variables = json!({ "cart": cart, "after": after });
    let socket = Socket::subscribed(served, client, FOLLOW, variables).await;
    // The subscription is live once an event arrives; earlier ones are not replayed.
    tokio::time::sleep(Duration::from_millis(300)).await;
    socket
}

#[tokio::test]
async fn a_guest_hears_of_other_devices_and_resumes_where_it_was_cut_off() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = by_token(&guest_cart(&guest).await);
        let served = app.serve().await;
        let mut socket = follow(&served, &guest, &cart, &Value::Null).await;

        add(&guest, &cart, &lamp, 1).await;
        let first = socket.event("cartEvents").await;
        drop(socket);
        add(&guest, &cart, &lamp, 2).await;
        let mut resumed = follow(&served, &guest, &cart, &first["cursor"]).await;
        let missed = resumed.event("cartEvents").await;
        add(&guest, &cart, &lamp, 3).await;
        let live = resumed.event("cartEvents").await;

        let quantities = [&first, &missed, &live].map(|event| event["cart"]["totalQuantity"].clone());
        assert_eq!(quantities, [1, 3, 6]);
        assert_eq!(live["cart"]["token"], cart["token"]);
        let sql = format!(
            "SELECT count(*) FROM events WHERE subject = '{0}' OR CAST(payload AS text) LIKE '%{0}%'",
            cart["token"].as_str().expect("a token")
        );
        assert_eq!(tests::number(&app, &sql).await, 0, "no secret is in the log");
        drop(served);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_price_that_moves_under_the_cart_is_told_to_each_of_its_followers() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let lamp = offered(&app, "LAMP", 100).await;
        add(&ada, &Value::Null, &lamp, 2).await;
        let served = app.serve().await;
        let mut socket = follow(&served, &ada, &Value::Null, &Value::Null).await;

        let seller = app.seller(0).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Variant { product { id version } } } }";
        let product = data(&seller, query, json!({ "id": lamp })).await["node"]["product"].take();
        let variant = json!({ "sku": "LAMP", "optionValues": [],
            "prices": [{ "minorUnits": 130, "currency": "EUR" }] });
        let input = json!({ "id": product["id"], "variants": [variant] });
        let save =
            "mutation($input: ProductInput!) { productSave(input: $input) { userErrors { code } } }";
        data(&seller, save, json!({ "input": input })).await;
        let event = socket.event("cartEvents").await;

        assert_eq!(event["cart"]["totals"]["subtotal"]["minorUnits"], 260);
        assert_eq!(event["cart"]["warnings"], json!([{ "code": "PRICE_CHANGED" }]));
        drop(served);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_follows_a_cart_of_somebody_else() {
    on_each_database(async |app| {
        let (ada, bob) = (somebody(&app, "ada").await, somebody(&app, "bob").await);
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = add(&ada, &Value::Null, &lamp, 2).await;
        let served = app.serve().await;

        let strangers = [
            (&bob, json!({ "id": cart["id"] })),
            (&app.guest(), json!({ "id": cart["id"] })),
            (&app.guest(), json!({ "token": cart["id"] })),
            (&app.guest(), Value::Null),
        ];
        for (stranger, cart) in strangers {
            let variables = json!({ "cart": cart });
            let mut socket = Socket::subscribed(&served, stranger, FOLLOW, variables).await;
            let answer = socket.next().await.expect("an answer");
            assert!(answer.to_string().contains("cart not found"), "{answer}");
        }
        drop(served);
        app.stop().await;
    })
    .await;
}
