//! Bad input has a stable code and leaves nothing behind.

use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database_with};

use super::{TABLES, basket, codes, input, paid, quick, seen, variant};
use crate::accounts::{data, rows};

async fn refusal(client: &Client, mutation: &str, variables: Value) -> Value {
    let mut answer = data(client, mutation, variables).await;
    answer.as_object_mut().and_then(|data| data.values_mut().next()).expect("a payload").take()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkout_that_can_not_be_changes_nothing() {
    on_each_database_with(quick, async |app: TestApp| {
        let guest = app.guest();
        let variant = variant(&app, 0, 5).await;
        let cart = basket(&guest, &[(&variant, 2)], &[]).await;
        let good = input(&cart, "key");
        let with = |name: &str, value: Value| {
            let mut input = good.clone();
            input[name] = value;
            input
        };
        let total = cart.total;
        let before = rows(&app, TABLES).await;

        for (input, code) in [
            (with("email", json!(null)), "INVALID"),
            (with("email", json!("no address")), "INVALID"),
            (with("idempotencyKey", json!("")), "INVALID"),
            (with("idempotencyKey", json!("k".repeat(256))), "INVALID"),
            (with("cart", json!({ "token": "nobody's" })), "NOT_FOUND"),
            (with("cart", json!(null)), "NOT_FOUND"),
            (with("cartVersion", json!(0)), "VERSION_CONFLICT"),
            (
                with("expectedTotal", json!({ "minorUnits": total - 1, "currency": "EUR" })),
                "PRICE_CHANGED",
            ),
            (with("expectedTotal", json!({ "minorUnits": total, "currency": "USD" })), "INVALID"),
            (
                with("billingAddress", json!({ "name": "", "lines": [], "city": "X", "country": "AT" })),
                "INVALID",
            ),
        ] {
            let refused = refusal(&guest, super::CHECKOUT, json!({ "input": input })).await;
            assert_eq!(codes(&refused).first(), Some(&code), "{input}: {refused}");
            assert_eq!(refused["order"], Value::Null);
            assert_eq!(rows(&app, TABLES).await, before, "{input}");
        }
        assert_eq!(super::stock(&app, &variant).await, (5, 0));
        let order = refusal(&guest, super::CHECKOUT, json!({ "input": good })).await;
        assert_eq!(order["userErrors"], json!([]), "the cart is as good as before");
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_an_order_that_can_not_be_changes_nothing() {
    const CANCEL: &str = "mutation($id: ID!, $reason: String!) { orderCancel(id: $id, reason: $reason) { \
        userErrors { code field } } }";
    const SHIP: &str = "mutation($id: ID!, $lines: [LineQuantity!]!, $carrier: String) { orderFulfil(id: \
        $id, lines: $lines, carrier: $carrier) { userErrors { code field } } }";
    const ASK: &str = "mutation($id: ID!, $lines: [LineQuantity!]!) { orderReturnRequest(id: $id, lines: \
        $lines, reason: \"No\") { userErrors { code field } } }";
    const RESOLVE: &str = "mutation($id: ID!) { orderReturnResolve(returnId: $id, state: APPROVED) { \
        userErrors { code field } } }";
    const REFUND: &str =
        "mutation($input: RefundInput!) { orderRefund(input: $input) { userErrors { code field } } }";
    on_each_database_with(quick, async |app: TestApp| {
        let buyer = app.sign_in(&app.email(60).await).await;
        let variant = variant(&app, 0, 5).await;
        let order = paid(&buyer, &[(&variant, 2)]).await;
        let line = seen(&buyer, &order).await["lines"][0]["id"].take();
        let admin = app.sign_in("alma-admin@demo.example").await;
        let stranger = app.sign_in(&app.email(61).await).await;
        let units = |units: i32| json!([{ "lineId": line, "quantity": units }]);
        let refund = |more: Value| {
            let mut input = json!({ "orderId": order.id, "reason": "No", "idempotencyKey": "k" });
            for (name, value) in more.as_object().expect("fields") {
                input[name] = value.clone();
            }
            json!({ "input": input })
        };
        let euro = |amount: i64| json!({ "minorUnits": amount, "currency": "EUR" });
        // What the buyer was told of the payment is written by now.
        let before = rows(&app, TABLES).await;

        for (client, mutation, variables, code) in [
            (&buyer, CANCEL, json!({ "id": order.id, "reason": " " }), "INVALID"),
            (&buyer, CANCEL, json!({ "id": order.id, "reason": "a".repeat(501) }), "INVALID"),
            (&buyer, CANCEL, json!({ "id": "prod_1", "reason": "No" }), "NOT_FOUND"),
            (&stranger, CANCEL, json!({ "id": order.id, "reason": "No" }), "NOT_FOUND"),
            (&admin, SHIP, json!({ "id": order.id, "lines": [] }), "INVALID"),
            (&admin, SHIP, json!({ "id": order.id, "lines": units(0) }), "INVALID"),
            (&admin, SHIP, json!({ "id": order.id, "lines": units(3) }), "INVALID"),
            (&admin, SHIP, json!({ "id": order.id, "lines": units(1), "carrier": "" }), "INVALID"),
            (&admin, SHIP, json!({ "id": "x", "lines": units(1) }), "NOT_FOUND"),
            (&buyer, ASK, json!({ "id": order.id, "lines": units(1) }), "FORBIDDEN_TRANSITION"),
            (&stranger, ASK, json!({ "id": order.id, "lines": units(1) }), "NOT_FOUND"),
            (&admin, RESOLVE, json!({ "id": order.id }), "NOT_FOUND"),
            (&admin, REFUND, refund(json!({ "amount": euro(0) })), "INVALID"),
            (&admin, REFUND, refund(json!({ "amount": euro(1), "lines": units(1) })), "INVALID"),
            (&admin, REFUND, refund(json!({ "amount": euro(1), "restock": true })), "INVALID"),
            (
                &admin,
                REFUND,
                refund(json!({ "amount": euro(order.total + 1) })),
                "REFUND_EXCEEDS_CAPTURED",
            ),
            (&admin, REFUND, refund(json!({ "lines": units(3) })), "INVALID"),
            (&admin, REFUND, refund(json!({ "reason": "" })), "INVALID"),
            (&admin, REFUND, refund(json!({ "orderId": "x" })), "NOT_FOUND"),
            (&admin, REFUND, refund(json!({ "idempotencyKey": "" })), "INVALID"),
        ] {
            let refused = refusal(client, mutation, variables.clone()).await;
            assert_eq!(codes(&refused).first(), Some(&code), "{variables}: {refused}");
            assert_eq!(rows(&app, TABLES).await, before, "{variables}");
        }
        app.stop().await;
    })
    .await;
}
