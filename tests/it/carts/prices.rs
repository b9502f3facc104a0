//! What changes under the shopper: the next read says so, on every device.

use serde_json::{Value, json};
use tests::on_each_database;

use super::{add, by_token, change, done, guest_cart, offered, own, read, reprice, ship, stock, update};
use crate::accounts::somebody;

#[tokio::test]
async fn a_changed_price_blocks_until_it_is_acknowledged() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let phone = app.guest().sign_in("ada@example.com", crate::accounts::PASSWORD).await;
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = add(&ada, &Value::Null, &lamp, 2).await;
        let cart = json!({ "id": cart["id"] });
        assert_eq!(ship(&ada, &cart).await["isReady"], true);

        reprice(&app, "LAMP", 150).await;
        let seen = own(&phone).await;

        let line = seen["lines"][0]["id"].clone();
        let warning = json!({ "code": "PRICE_CHANGED", "lineId": line, "blocking": true,
            "from": { "minorUnits": 100 }, "to": { "minorUnits": 150 } });
        assert_eq!(seen["warnings"], json!([warning]));
        assert_eq!(seen["isReady"], false);
        assert_eq!(seen["totals"]["subtotal"]["minorUnits"], 300);
        let acknowledge = async |version: i64| {
            let variables = json!({ "cart": cart, "expectedVersion": version });
            let arguments = "$cart: CartRef, $expectedVersion: Int!";
            change(&phone, "cartPricesAcknowledge", arguments, variables).await
        };
        let version = seen["version"].as_i64().expect("a version");
        let stale = acknowledge(version - 1).await;
        assert_eq!(stale["userErrors"][0]["code"], "VERSION_CONFLICT");
        let accepted = done(acknowledge(version).await);
        assert_eq!(accepted["warnings"], json!([]));
        assert_eq!(accepted["isReady"], true);
        assert_eq!(accepted["lines"][0]["priceWhenAdded"]["minorUnits"], 100);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn lines_of_one_variant_are_compared_with_the_stock_together() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = by_token(&guest_cart(&guest).await);
        let add = json!([{ "variantId": lamp, "quantity": 3 },
            { "variantId": lamp, "quantity": 3, "note": "gift" }]);
        let added = done(update(&guest, json!({ "cart": cart, "add": add })).await);
        assert_eq!(added["warnings"], json!([]));

        stock(&app, "LAMP", 5).await;
        let seen = read(&app.guest(), &cart["token"]).await;

        let warning = |line: usize| {
            json!({ "code": "NOT_ENOUGH_STOCK", "lineId": added["lines"][line]["id"], "blocking": true,
                "available": 5 })
        };
        assert_eq!(seen["warnings"], json!([warning(0), warning(1)]));
        assert_eq!(super::priced(&app, &cart["token"]).await.blocking.len(), 3);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_taken_off_sale_can_not_be_bought() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = by_token(&guest_cart(&guest).await);
        let line = add(&guest, &cart, &lamp, 1).await["lines"][0]["id"].clone();

        tests::execute(&app, "UPDATE products SET status = 'ARCHIVED' WHERE title = 'LAMP'").await;

        let seen = read(&guest, &cart["token"]).await;
        let warning = json!({ "code": "UNAVAILABLE", "lineId": line, "blocking": true });
        assert_eq!(seen["warnings"], json!([warning]));
        assert_eq!(seen["totals"]["subtotal"]["minorUnits"], 100);
        app.stop().await;
    })
    .await;
}
