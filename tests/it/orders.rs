//! Orders through the front door: from a cart to an invoice, whoever else buys,
//! pays, cancels or is killed at the same time.

mod buying;
mod ending;
mod killing;
mod racing;
mod refusals;
mod selling;
mod walk;
mod watching;

use std::time::Duration;

use gateway::Config;
use serde_json::{Value, json};
use tests::{Client, TestApp, execute, number};

use crate::accounts::data;

const CREATE: &str = "mutation($lines: [CartLineAdd!]) { cartCreate(currency: \"EUR\", lines: $lines) { \
    cart { id token } userErrors { code message } } }";

const READY: &str = "mutation($cart: CartRef!, $codes: [String!]!) { \
    cartDiscountCodesSet(cart: $cart, codes: $codes) { userErrors { code message } } \
    cartShippingAddressSet(cart: $cart, address: { name: \"Vera Käufer\", lines: [\"Ring 1\"], city: \
        \"Wien\", postalCode: \"1010\", country: \"AT\" }) { userErrors { code message } } \
    cartShippingSelect(cart: $cart, handle: \"express\") { cart { version totals { total { minorUnits } } } \
        userErrors { code message } } }";

const CHECKOUT: &str = "mutation($input: CheckoutInput!) { checkout(input: $input) { replayed guestSecret \
    order { id number state version totals { total { minorUnits } } payments { id state } } \
    userErrors { code field message ... on OutOfStockError { variantId available } \
        ... on PriceChangedError { expected { minorUnits } actual { minorUnits } } \
        ... on VersionConflictError { currentVersion } } } }";

const PAY: &str = "mutation($id: ID!, $method: String!, $key: String!, $secret: String) { \
    paymentConfirm(paymentId: $id, methodToken: $method, idempotencyKey: $key, guestSecret: $secret) { \
    payment { state order { id state } } userErrors { code message } } }";

const ORDER: &str = "query($id: ID!, $secret: String) { order(id: $id, guestSecret: $secret) { id number \
    state version allowedTransitions invoiceUrl paymentStatus payments { id captured { minorUnits } \
    refunded { minorUnits } } lines { id quantity refundedQuantity fulfilledQuantity } \
    history { from to } totals { total { minorUnits } } } }";

/// Tables that a refused change leaves as they are.
const TABLES: [&str; 6] =
    ["orders", "order_transitions", "order_refunds", "order_fulfilments", "idempotency_keys", "events"];

/// A cart that can be bought.
#[derive(Debug, Clone)]
struct Basket {
    cart: Value,
    version: i64,
    total: i64,
}

/// An order, as whoever placed it knows it.
#[derive(Debug, Clone)]
struct Bought {
    id: String,
    secret: Option<String>,
    payment: String,
    total: i64,
}

/// Many come from one address, and workers look often.
fn quick(config: &mut Config) {
    config.limits.enabled = false;
    config.orders.look_every = Duration::from_millis(50);
    config.payments.poll = Duration::from_millis(20);
    config.payments.events_poll = Duration::from_millis(200);
    config.payments.timeout = Duration::from_secs(2);
}

/// The `index`-th demo product's first variant, of which so many units are there.
async fn variant(app: &TestApp, index: u32, units: i32) -> String {
    let product: kit::ids::ProductId = kit::seed::id(index);
    let sql = format!(
        "UPDATE variants SET on_hand = {units}, reserved = 0, is_backorderable = FALSE WHERE id = \
         (SELECT id FROM variants WHERE product_id = '{product}' ORDER BY position, id LIMIT 1)"
    );
    execute(app, &sql).await;
    execute(app, &format!("UPDATE products SET status = 'ACTIVE' WHERE id = '{product}'")).await;
    let query = "query($id: ID!) { product(by: { id: $id }) { variants(first: 1) { nodes { id } } } }";
    let answer = data(&app.guest(), query, json!({ "id": product })).await;
    text(&answer["product"]["variants"]["nodes"][0]["id"])
}

/// On hand and reserved.
async fn stock(app: &TestApp, variant: &str) -> (i64, i64) {
    let sql =
        |column: &str| format!("SELECT CAST({column} AS bigint) FROM variants WHERE id = '{variant}'");
    (number(app, &sql("on_hand")).await, number(app, &sql("reserved")).await)
}

/// A guest's cart with these units, an address and a rate.
async fn basket(client: &Client, units: &[(&str, i32)], codes: &[&str]) -> Basket {
    let lines: Vec<Value> = units
        .iter()
        .map(|(variant, quantity)| json!({ "variantId": variant, "quantity": quantity }))
        .collect();
    let mut made = data(client, CREATE, json!({ "lines": lines })).await["cartCreate"].take();
    assert_eq!(made["userErrors"], json!([]), "{made}");
    let cart = match made["cart"]["token"].take() {
        Value::Null => json!({ "id": made["cart"]["id"] }),
        token => json!({ "token": token }),
    };
    let ready = data(client, READY, json!({ "cart": cart, "codes": codes })).await;
    for (field, payload) in ready.as_object().expect("payloads") {
        assert_eq!(payload["userErrors"], json!([]), "{field}: {ready}");
    }
    let ready = &ready["cartShippingSelect"]["cart"];
    let total = ready["totals"]["total"]["minorUnits"].as_i64().expect("a total");
    Basket { cart, version: ready["version"].as_i64().expect("a version"), total }
}

fn input(basket: &Basket, key: &str) -> Value {
    json!({
        "cart": basket.cart, "cartVersion": basket.version, "idempotencyKey": key,
        "email": "vera@example.com",
        "expectedTotal": { "minorUnits": basket.total, "currency": "EUR" },
    })
}

/// The payload of a checkout.
async fn checkout(client: &Client, basket: &Basket, key: &str) -> Value {
    data(client, CHECKOUT, json!({ "input": input(basket, key) })).await["checkout"].take()
}

/// What a checkout has placed.
fn bought(payload: &Value) -> Bought {
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    Bought {
        id: text(&payload["order"]["id"]),
        secret: payload["guestSecret"].as_str().map(str::to_owned),
        payment: text(&payload["order"]["payments"][0]["id"]),
        total: payload["order"]["totals"]["total"]["minorUnits"].as_i64().expect("a total"),
    }
}

/// An order of these units by this client.
async fn placed(client: &Client, units: &[(&str, i32)]) -> Bought {
    let basket = basket(client, units, &[]).await;
    bought(&checkout(client, &basket, "first").await)
}

/// The payload of a confirmation.
async fn pay(client: &Client, order: &Bought, method: &str, key: &str) -> Value {
    let variables = json!({ "id": order.payment, "method": method, "key": key, "secret": order.secret });
    data(client, PAY, variables).await["paymentConfirm"].take()
}

/// An order of these units, paid.
async fn paid(client: &Client, units: &[(&str, i32)]) -> Bought {
    let order = placed(client, units).await;
    let paid = pay(client, &order, "tok_success", "pay").await;
    assert_eq!(paid["userErrors"], json!([]), "{paid}");
    order
}

/// The order as its buyer sees it.
async fn seen(client: &Client, order: &Bought) -> Value {
    let variables = json!({ "id": order.id, "secret": order.secret });
    data(client, ORDER, variables).await["order"].take()
}

/// An account's order of which a unit was shipped and is to come back; the ids of
/// the order, its shipment and its return.
pub(crate) async fn with_a_return(
    app: &TestApp,
    owner: &Client,
    admin: &Client,
) -> (Value, Value, Value) {
    let variant = variant(app, 0, 50).await;
    let order = paid(owner, &[(&variant, 1)]).await;
    let line = seen(owner, &order).await["lines"][0]["id"].take();
    let lines = json!([{ "lineId": line, "quantity": 1 }]);
    let ship = "mutation($id: ID!, $lines: [LineQuantity!]!) { orderFulfil(id: $id, lines: $lines, carrier: \
        \"Post\", trackingNumber: \"AT 1\") { order { fulfilments { id } } userErrors { code } } }";
    let mut shipped = data(admin, ship, json!({ "id": order.id, "lines": lines })).await;
    let ask = "mutation($id: ID!, $lines: [LineQuantity!]!) { orderReturnRequest(id: $id, lines: $lines, \
        reason: \"Too big\") { order { returns { id } } userErrors { code } } }";
    let mut asked = data(owner, ask, json!({ "id": order.id, "lines": lines })).await;
    let fulfilment = shipped["orderFulfil"]["order"]["fulfilments"][0]["id"].take();
    (json!(order.id), fulfilment, asked["orderReturnRequest"]["order"]["returns"][0]["id"].take())
}

/// Leaves a paid order of this account behind, with these words of its buyer.
pub(crate) async fn leave_a_trace(
    app: &TestApp,
    client: &Client,
    name: &str,
    street: &str,
    words: &str,
) {
    let variant = variant(app, 0, 50).await;
    let cart = basket(client, &[(&variant, 1)], &[]).await;
    let address = json!({ "name": name, "lines": [street], "city": "Linz", "country": "AT" });
    let move_to = "mutation($cart: CartRef!, $address: AddressInput!) { cartShippingAddressSet(cart: $cart, \
        address: $address) { cart { version totals { total { minorUnits } } } userErrors { code } } }";
    let moved = data(client, move_to, json!({ "cart": cart.cart, "address": address })).await;
    let moved = &moved["cartShippingAddressSet"]["cart"];
    let mut input = input(&cart, "trace");
    input["cartVersion"] = moved["version"].clone();
    input["expectedTotal"]["minorUnits"] = moved["totals"]["total"]["minorUnits"].clone();
    input["billingAddress"] = address;
    let placed = data(client, CHECKOUT, json!({ "input": input })).await["checkout"].take();
    let order = bought(&placed);
    let paid = pay(client, &order, "tok_success", "trace").await;
    assert_eq!(paid["userErrors"], json!([]), "{paid}");
    let cancel = "mutation($id: ID!, $reason: String!) { orderCancel(id: $id, reason: $reason) { userErrors \
        { code } } }";
    let cancelled = data(client, cancel, json!({ "id": order.id, "reason": words })).await;
    assert_eq!(cancelled["orderCancel"]["userErrors"], json!([]), "{cancelled}");
}

/// The codes of what a payload says went wrong.
fn codes(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"].as_array().expect("errors");
    errors.iter().map(|error| error["code"].as_str().expect("a code")).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let reached = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let reached = tokio::time::timeout(Duration::from_secs(30), reached).await;
    assert!(reached.is_ok(), "never: {what}");
}
