//! What can't be done to a cart is refused with a stable code, and leaves nothing
//! behind.

use kit::{Id as _, ids::CartId};
use serde_json::{Value, json};
use tests::on_each_database;

use super::{TABLES, add, by_token, change, error, guest_cart, offered, read, refused, update};
use crate::accounts::{rows, somebody};

#[tokio::test]
async fn lines_that_break_a_bound_are_refused_by_their_place() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = by_token(&guest_cart(&guest).await);
        let line = add(&guest, &cart, &lamp, 9_999).await["lines"][0]["id"].clone();
        let before = (read(&guest, &cart["token"]).await, rows(&app, TABLES).await);
        let amount = "must be from 1 to 10000";
        let set = "must be from 0 to 10000";
        let cases = [
            (json!({}), error("INVALID", &[], "there is nothing to add or to set")),
            (
                json!({ "add": [{ "variantId": lamp, "quantity": 0 }] }),
                error("INVALID", &["add", "0", "quantity"], amount),
            ),
            (
                json!({ "add": [{ "variantId": lamp, "quantity": -1 }] }),
                error("INVALID", &["add", "0", "quantity"], amount),
            ),
            (
                json!({ "add": [{ "variantId": lamp }, { "variantId": lamp, "quantity": 10_001 }] }),
                error("INVALID", &["add", "1", "quantity"], amount),
            ),
            (
                json!({ "set": [{ "lineId": line, "quantity": -1 }] }),
                error("INVALID", &["set", "0", "quantity"], set),
            ),
            (
                json!({ "set": [{ "lineId": line, "quantity": 1 }, { "lineId": line, "quantity": 2 }] }),
                error("INVALID", &["set", "1", "lineId"], "the same line is set twice"),
            ),
            (
                json!({ "add": [{ "variantId": lamp, "note": "x".repeat(251) }] }),
                error("INVALID", &["add", "0", "note"], "must have 0 to 250 characters"),
            ),
            (
                json!({ "add": [{ "variantId": lamp, "quantity": 2 }] }),
                error("LIMIT_EXCEEDED", &["add"], "a line has at most 10000 units"),
            ),
            (
                json!({ "add": vec![json!({ "variantId": lamp }); 101] }),
                error("INVALID", &["add"], "at most 100 lines"),
            ),
            (
                json!({ "add": [{ "variantId": "rubbish" }] }),
                error("NOT_FOUND", &["add", "0", "variantId"], "variant not found"),
            ),
            (
                json!({ "add": [{ "variantId": lamp }], "idempotencyKey": "" }),
                error("INVALID", &["idempotencyKey"], "must have 1 to 255 characters"),
            ),
        ];
        for (mut input, mut expected) in cases {
            input["cart"] = cart.clone();
            if expected["field"] == json!([]) {
                expected["field"] = Value::Null;
            }
            assert_eq!(update(&guest, input.clone()).await, refused(json!([expected])), "{input}");
        }
        assert_eq!((read(&guest, &cart["token"]).await, rows(&app, TABLES).await), before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_cart_holds_a_hundred_lines() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = by_token(&guest_cart(&guest).await);
        let noted = |range: std::ops::Range<u32>| {
            let line = |note: u32| json!({ "variantId": lamp, "note": note.to_string() });
            range.map(line).collect::<Vec<_>>()
        };
        let full = update(&guest, json!({ "cart": cart, "add": noted(0..100) })).await;
        assert_eq!(full["cart"]["totalQuantity"], 100);

        let one_more = update(&guest, json!({ "cart": cart, "add": noted(100..101) })).await;

        let expected = json!([error("LIMIT_EXCEEDED", &["add"], "a cart has at most 100 lines")]);
        assert_eq!(one_more, refused(expected));
        assert_eq!(read(&guest, &cart["token"]).await["totalQuantity"], 100);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_cart_that_is_nobodys_is_not_found_by_any_mutation() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let theirs = add(&ada, &Value::Null, &lamp, 1).await;
        let before = rows(&app, TABLES).await;
        let carts = [
            Value::Null,
            json!({ "token": "rubbish\u{0}" }),
            json!({ "id": theirs["id"] }),
            json!({ "id": CartId::generate() }),
            json!({ "id": "rubbish" }),
        ];
        for cart in carts {
            let of = |mut variables: Value| {
                variables["cart"] = cart.clone();
                variables
            };
            let input = json!({ "input": of(json!({ "add": [{ "variantId": lamp }] })) });
            let payloads = [
                change(&guest, "cartLinesUpdate", "$input: CartLinesInput!", input).await,
                change(
                    &guest,
                    "cartDiscountCodesSet",
                    "$cart: CartRef, $codes: [String!]!",
                    of(json!({ "codes": [] })),
                )
                .await,
                change(
                    &guest,
                    "cartShippingAddressSet",
                    "$cart: CartRef, $address: AddressInput!",
                    of(json!({ "address": super::address() })),
                )
                .await,
                change(
                    &guest,
                    "cartShippingSelect",
                    "$cart: CartRef, $handle: ID!",
                    of(json!({ "handle": "standard" })),
                )
                .await,
                change(
                    &guest,
                    "cartPricesAcknowledge",
                    "$cart: CartRef, $expectedVersion: Int!",
                    of(json!({ "expectedVersion": 1 })),
                )
                .await,
            ];
            for payload in payloads {
                let expected = json!([error("NOT_FOUND", &["cart"], "cart not found")]);
                assert_eq!(payload, refused(expected), "{cart}");
            }
        }
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_cart_is_not_made_with_lines_that_can_not_be_bought() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let before = rows(&app, TABLES).await;
        let arguments = "$currency: CurrencyCode, $lines: [CartLineAdd!]";
        let variables = json!({ "currency": "JPY", "lines": [{ "variantId": lamp }] });

        let payload = change(&guest, "cartCreate", arguments, variables).await;
        let variables = json!({ "lines": [{ "variantId": lamp, "quantity": 0 }] });
        let none = change(&guest, "cartCreate", arguments, variables).await;

        let wrong = error("INVALID", &["lines", "0", "variantId"], "it is not sold in JPY");
        assert_eq!(payload, refused(json!([wrong])));
        let wrong = error("INVALID", &["lines", "0", "quantity"], "must be from 1 to 10000");
        assert_eq!(none, refused(json!([wrong])));
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}
