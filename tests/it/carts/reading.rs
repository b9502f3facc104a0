//! Reading carts: a number of statements that does not depend on their lines, and
//! amounts that are exact in every currency.

use serde_json::{Value, json};
use tests::on_each_database;

use super::{CART, change, done, offered_in, update};
use crate::accounts::data;

#[tokio::test]
async fn a_cart_takes_as_many_statements_with_twenty_lines_as_with_one() {
    on_each_database(async |app| {
        let guest = app.guest();
        let products = "{ products(first: 20) { nodes { variants(first: 1) { nodes { id } } } } }";
        let products = data(&guest, products, json!({})).await["products"]["nodes"].take();
        let variants: Vec<Value> = products
            .as_array()
            .expect("products")
            .iter()
            .map(|product| json!({ "variantId": product["variants"]["nodes"][0]["id"] }))
            .collect();
        let query = format!(
            "query($token: String!) {{ cart(token: $token) {{ {CART} lines {{ variant {{ sku product {{ title }} }} \
             }} }} }}"
        );
        let mut counts = Vec::new();
        for count in [1, 20] {
            let variables = json!({ "lines": variants[..count] });
            let cart = done(change(&guest, "cartCreate", "$lines: [CartLineAdd!]", variables).await);
            assert_eq!(cart["totalQuantity"], count);

            let reading = guest.ask(&query, json!({ "token": cart["token"] }));
            let (answer, statements) = app.statements(reading).await;

            assert_eq!(answer.get("errors"), None, "{answer}");
            counts.push(statements);
        }
        assert_eq!(counts[0], counts[1], "more lines must not take more statements");
        assert!(counts[0] <= 8, "{counts:?}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn amounts_are_exact_in_currencies_without_and_with_three_decimals_and_very_large() {
    on_each_database(async |app| {
        let guest = app.guest();
        let prices = json!([
            { "minorUnits": 1_990, "currency": "JPY" },
            { "minorUnits": 1_001, "currency": "KWD" },
            { "minorUnits": 9_999_999_999_999_i64, "currency": "EUR" },
        ]);
        let lamp = offered_in(&app, "LAMP", prices).await;
        let cases = [
            ("JPY", 3, 5_970_i64, "5970"),
            ("KWD", 3, 3_003, "3.003"),
            ("EUR", 101, 1_009_999_999_999_899, "10099999999998.99"),
        ];
        for (currency, quantity, minor_units, amount) in cases {
            let variables = json!({ "currency": currency,
                "lines": [{ "variantId": lamp, "quantity": quantity }] });
            let arguments = "$currency: CurrencyCode, $lines: [CartLineAdd!]";
            let cart = done(change(&guest, "cartCreate", arguments, variables).await);
            let query = "query($token: String!) { cart(token: $token) { currency totals { total { \
                minorUnits amount currency } } lines { total { minorUnits amount currency } } } }";
            let read = data(&guest, query, json!({ "token": cart["token"] })).await["cart"].take();

            let money = json!({ "minorUnits": minor_units, "amount": amount, "currency": currency });
            assert_eq!(read["currency"], currency);
            assert_eq!(read["totals"]["total"], money);
            assert_eq!(read["lines"][0]["total"], money);
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_cart_that_comes_to_more_than_can_be_paid_says_so() {
    on_each_database(async |app| {
        let guest = app.guest();
        let price = json!([{ "minorUnits": 9_999_999_999_999_i64, "currency": "EUR" }]);
        let lamp = offered_in(&app, "LAMP", price).await;
        let cart = super::by_token(&super::guest_cart(&guest).await);

        let add = json!([{ "variantId": lamp, "quantity": 10_000 }]);
        let full = done(update(&guest, json!({ "cart": cart, "add": add })).await);

        assert_eq!(full["warnings"][0]["code"], "UNAVAILABLE");
        assert_eq!(full["isReady"], false);
        app.stop().await;
    })
    .await;
}
