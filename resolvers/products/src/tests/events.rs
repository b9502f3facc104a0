//! The stream of changes to products.

use std::time::Duration;

use futures_util::{StreamExt as _, stream::BoxStream};
use kit::Viewer;
use serde_json::{Value, json};

use super::shop::{Shop, customer};

const WATCH: &str = "subscription($ids: [ID!]!, $after: String) { \
     productEvents(ids: $ids, after: $after) { cursor changed product { title status } } }";

async fn next(stream: &mut BoxStream<'static, Value>) -> Value {
    let event = tokio::time::timeout(Duration::from_secs(5), stream.next()).await;
    event.expect("an event in time").expect("the stream goes on")
}

#[tokio::test]
async fn watchers_see_what_changed_and_resume_without_a_gap() {
    let shop = Shop::open().await;
    let seller = shop.seller();
    let (lamp, desk) = (shop.offer(&seller, "Lamp").await, shop.offer(&seller, "Desk").await);
    shop.hand_on_events().await;
    let watch = json!({ "ids": [lamp] });
    let mut stream = shop.subscribe(&customer(), WATCH, watch);
    // The stream begins when it is first polled.
    let pending = tokio::time::timeout(Duration::from_millis(50), stream.next()).await;
    assert!(pending.is_err(), "{pending:?}");

    shop.save(&seller, json!({ "id": desk, "title": "Oak Desk" })).await;
    shop.save(&seller, json!({ "id": lamp, "title": "Tall Lamp" })).await;
    let first = next(&mut stream).await;
    let price = json!({ "minorUnits": 90, "currency": "EUR" });
    let variant = json!({ "sku": "Lamp", "optionValues": [], "prices": [price] });
    shop.save(&seller, json!({ "id": lamp, "variants": [variant] })).await;
    let second = next(&mut stream).await;
    let after = &first["data"]["productEvents"]["cursor"];
    let mut resumed = shop.subscribe(&customer(), WATCH, json!({ "ids": [lamp], "after": after }));

    let product = json!({ "title": "Tall Lamp", "status": "ACTIVE" });
    assert_eq!(first["data"]["productEvents"]["changed"], json!(["CONTENT"]));
    assert_eq!(first["data"]["productEvents"]["product"], product);
    assert_eq!(second["data"]["productEvents"]["changed"], json!(["PRICE"]));
    assert_eq!(next(&mut resumed).await, second);
}

#[tokio::test]
async fn events_of_hidden_products_are_left_out() {
    const ARCHIVE: &str = "mutation($id: ID!) { productArchive(id: $id) { product { id } } }";
    let shop = Shop::open().await;
    let seller = shop.seller();
    let (lamp, desk) = (shop.offer(&seller, "Lamp").await, shop.offer(&seller, "Desk").await);
    shop.hand_on_events().await;
    let watch = json!({ "ids": [lamp, desk] });
    let mut public = shop.subscribe(&Viewer::default(), WATCH, watch.clone());
    let mut own = shop.subscribe(&seller, WATCH, watch);
    for stream in [&mut public, &mut own] {
        assert!(tokio::time::timeout(Duration::from_millis(50), stream.next()).await.is_err());
    }

    shop.data(&seller, ARCHIVE, json!({ "id": lamp })).await;
    shop.save(&seller, json!({ "id": desk, "title": "Oak Desk" })).await;

    let title = |event: Value| event["data"]["productEvents"]["product"]["title"].clone();
    let archived = next(&mut own).await;
    assert_eq!(archived["data"]["productEvents"]["changed"], json!(["STATUS"]));
    assert_eq!(archived["data"]["productEvents"]["product"]["status"], "ARCHIVED");
    assert_eq!(title(next(&mut own).await), "Oak Desk");
    assert_eq!(title(next(&mut public).await), "Oak Desk");
}

#[tokio::test]
async fn bad_cursors_and_too_many_products_are_refused() {
    let shop = Shop::open().await;
    let id = shop.offer(&shop.seller(), "Lamp").await;
    let code = async |variables: Value| {
        let mut stream = shop.subscribe(&Viewer::default(), WATCH, variables);
        next(&mut stream).await["errors"][0]["extensions"]["code"].clone()
    };

    assert_eq!(code(json!({ "ids": [id], "after": "rubbish" })).await, "BAD_USER_INPUT");
    assert_eq!(code(json!({ "ids": [] })).await, "BAD_USER_INPUT");
    assert_eq!(code(json!({ "ids": vec![&id; 51] })).await, "BAD_USER_INPUT");
}
