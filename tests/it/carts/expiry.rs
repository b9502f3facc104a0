//! Carts that nobody comes back to.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{execute, number, on_each_database_with};

use super::{add, by_token, guest_cart, offered, own, read, update};
use crate::accounts::somebody;

#[tokio::test]
async fn an_expired_cart_is_not_found_at_once_and_deleted_in_time() {
    let configure = |config: &mut gateway::Config| {
        config.carts.sweep_every = Duration::from_millis(200);
    };
    on_each_database_with(configure, async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = guest_cart(&guest).await;
        add(&guest, &by_token(&cart), &lamp, 1).await;
        let lines = "SELECT count(*) FROM cart_lines";
        assert_eq!(number(&app, lines).await, 1);

        execute(&app, "UPDATE carts SET expires_at = 1").await;

        assert_eq!(read(&guest, &cart["token"]).await, Value::Null);
        let input = json!({ "cart": by_token(&cart), "add": [{ "variantId": lamp }] });
        let refused = update(&guest, input).await;
        assert_eq!(refused["userErrors"][0]["code"], "NOT_FOUND");
        while number(&app, lines).await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_account_whose_cart_expired_begins_a_new_one() {
    let configure = |config: &mut gateway::Config| {
        config.carts.sweep_every = Duration::from_secs(3_600);
    };
    on_each_database_with(configure, async |app| {
        let ada = somebody(&app, "ada").await;
        let lamp = offered(&app, "LAMP", 100).await;
        let old = add(&ada, &Value::Null, &lamp, 1).await;
        execute(&app, "UPDATE carts SET expires_at = 1").await;
        assert_eq!(own(&ada).await, Value::Null);

        let new = add(&ada, &Value::Null, &lamp, 2).await;

        assert_ne!(new["id"], old["id"]);
        assert_eq!(own(&ada).await["totalQuantity"], 2);
        app.stop().await;
    })
    .await;
}
