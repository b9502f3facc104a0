//! Subscriptions through the front door: events arrive, and what was missed is
//! replayed.

use std::time::Duration;

use kit::ids::ProductId;
use serde_json::{Value, json};
use tests::{Client, Socket, TestApp, on_each_database};

pub(crate) const EVENTS: &str = "subscription($ids: [ID!]!, $after: String) { productEvents(ids: $ids, after: $after) { \
    cursor changed product { id title seller { name } } } }";

/// The first product of a seller.
pub(crate) async fn own_product(seller: &Client) -> String {
    let query = "{ me { user { seller { products(first: 1) { nodes { id } } } } } }";
    let answer = seller.ask(query, json!({})).await;
    let product = &answer["data"]["me"]["user"]["seller"]["products"]["nodes"][0]["id"];
    product.as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

pub(crate) async fn rename(seller: &Client, product: &str, title: &str) {
    let mutation = "mutation($input: ProductInput!) { productSave(input: $input) { product { title } userErrors { message } } }";
    let answer = seller.ask(mutation, json!({ "input": { "id": product, "title": title } })).await;
    assert_eq!(answer["data"]["productSave"]["product"]["title"], title, "{answer}");
}

#[tokio::test]
async fn a_change_reaches_its_subscribers_and_a_resumed_one_misses_nothing() {
    on_each_database(async |app: TestApp| {
        let seller = app.seller(4).await;
        let product = own_product(&seller).await;
        let served = app.serve().await;
        let mut socket = Socket::open(&served, json!({})).await;
        assert_eq!(socket.next().await.expect("an answer")["type"], "connection_ack");
        socket.subscribe(EVENTS, json!({ "ids": [product] })).await;
        // The subscription is live once an event arrives; earlier ones are not replayed.
        tokio::time::sleep(Duration::from_millis(300)).await;

        rename(&seller, &product, "First title").await;
        let first = socket.event("productEvents").await;
        drop(socket);
        for title in ["Second title", "Third title", "Fourth title"] {
            rename(&seller, &product, title).await;
        }
        let mut resumed = Socket::open(&served, json!({})).await;
        resumed.next().await.expect("an answer");
        resumed.subscribe(EVENTS, json!({ "ids": [product], "after": first["cursor"] })).await;
        let missed = [
            resumed.event("productEvents").await,
            resumed.event("productEvents").await,
            resumed.event("productEvents").await,
        ];
        rename(&seller, &product, "Fifth title").await;
        let live = resumed.event("productEvents").await;

        assert_eq!(first["product"]["title"], "First title");
        assert_eq!(first["changed"], json!(["CONTENT"]));
        assert!(first["product"]["seller"]["name"].is_string(), "the rest of the plan runs per event");
        let mut cursors: Vec<&Value> = missed.iter().map(|event| &event["cursor"]).collect();
        cursors.extend([&first["cursor"], &live["cursor"]]);
        cursors.sort_by_key(|cursor| cursor.to_string());
        cursors.dedup();
        assert_eq!(cursors.len(), 5, "each event once");
        assert_eq!(live["product"]["title"], "Fifth title");
        drop(resumed);
        drop(served);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_event_of_another_product_or_a_hidden_one_does_not_arrive() {
    let app = TestApp::sqlite().await;
    let seller = app.seller(4).await;
    let product = own_product(&seller).await;
    let other: ProductId = kit::seed::id(1_999);
    let served = app.serve().await;
    let mut socket = Socket::open(&served, json!({})).await;
    socket.next().await.expect("an answer");
    socket.subscribe(EVENTS, json!({ "ids": [other, product] })).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    // What the owner sees tells when an event was handed on; visibility is read then.
    let owner_token = format!("Bearer {}", seller.token().expect("signed in"));
    let mut owner = Socket::open(&served, json!({ "authorization": owner_token })).await;
    owner.next().await.expect("an answer");
    owner.subscribe(EVENTS, json!({ "ids": [product] })).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    let set_status =
        "mutation($input: ProductInput!) { productSave(input: $input) { product { status } } }";

    seller.ask(set_status, json!({ "input": { "id": product, "status": "DRAFT" } })).await;
    rename(&seller, &product, "Nobody sees this").await;
    assert_eq!(owner.event("productEvents").await["changed"], json!(["STATUS"]));
    assert_eq!(owner.event("productEvents").await["product"]["title"], "Nobody sees this");
    tokio::time::sleep(Duration::from_millis(300)).await;
    seller.ask(set_status, json!({ "input": { "id": product, "status": "ACTIVE" } })).await;
    let event = socket.event("productEvents").await;

    assert_eq!(event["product"]["id"], product);
    assert_eq!(event["changed"], json!(["STATUS"]));
    drop(served);
    app.stop().await;
}

#[tokio::test]
async fn a_cursor_of_nowhere_and_a_bad_document_are_errors_of_the_subscription() {
    let app = TestApp::sqlite().await;
    let product: ProductId = kit::seed::id(0);
    let served = app.serve().await;
    let mut socket = Socket::open(&served, json!({})).await;
    socket.next().await.expect("an answer");

    socket.subscribe(EVENTS, json!({ "ids": [product], "after": "rubbish" })).await;
    let refused = socket.next().await.expect("an answer").to_string();

    assert!(refused.contains("BAD_USER_INPUT"), "{refused}");
    drop(served);
    app.stop().await;
}

#[tokio::test]
async fn a_bad_token_opens_no_socket() {
    let app = TestApp::sqlite().await;
    let served = app.serve().await;

    let mut socket = Socket::open(&served, json!({ "authorization": "Bearer rubbish" })).await;

    let answer = socket.next().await;
    assert!(answer.as_ref().is_none_or(|message| message["type"] != "connection_ack"), "{answer:?}");
    drop(served);
    app.stop().await;
}
