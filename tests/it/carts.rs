//! Carts through the front door: of guests and accounts, on many devices at once.

mod checkout;
mod discounts;
mod expiry;
mod lines;
mod merge;
mod prices;
mod reading;
mod refusals;
mod shipping;
mod stream;

use kit::{CartRef, Viewer, ports};
use serde_json::{Value, json};
use tests::{Client, TestApp, execute};

use crate::accounts::data;

/// What a test reads of a cart.
const CART: &str = "id token version currency totalQuantity isReady \
    lines { id quantity note variant { id } unitPrice { minorUnits } priceWhenAdded { minorUnits } \
        discount { minorUnits } total { minorUnits } } \
    totals { subtotal { minorUnits } discount { minorUnits } shipping { minorUnits } \
        tax { minorUnits } total { minorUnits } isEstimate } \
    discountCodes { code applicable reason amount { minorUnits } } \
    shippingOptions { handle price { minorUnits } } selectedShipping { handle } \
    warnings { code lineId blocking ... on PriceChangedWarning { from { minorUnits } to { minorUnits } } \
        ... on StockWarning { available } }";

const ERRORS: &str = "userErrors { code field message \
    ... on VersionConflictError { currentVersion } }";

/// Tables that a refused change leaves as they are.
const TABLES: [&str; 4] = ["carts", "cart_lines", "discounts", "events"];

/// Runs a mutation of a cart and answers its payload.
async fn change(client: &Client, field: &str, arguments: &str, variables: Value) -> Value {
    let (declared, passed) = match arguments {
        "" => (String::new(), String::new()),
        arguments => {
            let names = arguments.split(", ").map(|argument| {
                let name = argument.split(':').next().expect("a name").trim_start_matches('$');
                format!("{name}: ${name}")
            });
            (format!("({arguments})"), format!("({})", names.collect::<Vec<_>>().join(", ")))
        }
    };
    let query = format!("mutation{declared} {{ {field}{passed} {{ cart {{ {CART} }} {ERRORS} }} }}");
    data(client, &query, variables).await[field].take()
}

/// The cart of a payload without failures.
fn done(mut payload: Value) -> Value {
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["cart"].take()
}

async fn update(client: &Client, input: Value) -> Value {
    change(client, "cartLinesUpdate", "$input: CartLinesInput!", json!({ "input": input })).await
}

/// Adds units of a variant to a cart, or to the own one when it is null.
async fn add(client: &Client, cart: &Value, variant: &Value, quantity: i32) -> Value {
    let add = json!([{ "variantId": variant, "quantity": quantity }]);
    done(update(client, json!({ "cart": cart, "add": add })).await)
}

/// A new guest cart in euros.
async fn guest_cart(client: &Client) -> Value {
    let payload =
        change(client, "cartCreate", "$currency: CurrencyCode", json!({ "currency": "EUR" })).await;
    done(payload)
}

/// How a guest names a cart.
fn by_token(cart: &Value) -> Value {
    json!({ "token": cart["token"] })
}

async fn read(client: &Client, token: &Value) -> Value {
    let query = format!("query($token: String!) {{ cart(token: $token) {{ {CART} }} }}");
    data(client, &query, json!({ "token": token })).await["cart"].take()
}

/// The own cart in euros.
async fn own(client: &Client) -> Value {
    let query = format!("{{ me {{ cart(currency: \"EUR\") {{ {CART} }} }} }}");
    data(client, &query, json!({})).await["me"]["cart"].take()
}

/// The variant of a new product on offer, sold at this price in euros.
async fn offered(app: &TestApp, sku: &str, minor_units: i64) -> Value {
    offered_in(app, sku, json!([{ "minorUnits": minor_units, "currency": "EUR" }])).await
}

async fn offered_in(app: &TestApp, sku: &str, prices: Value) -> Value {
    let seller = app.seller(0).await;
    let save = "mutation($input: ProductInput!) { productSave(input: $input) { product { \
        variants { nodes { id } } } userErrors { message } } }";
    let variant = json!({ "sku": sku, "optionValues": [], "prices": prices });
    let input = json!({ "title": sku, "status": "ACTIVE", "variants": [variant] });
    let saved = data(&seller, save, json!({ "input": input })).await["productSave"].take();
    assert_eq!(saved["userErrors"], json!([]), "{saved}");
    stock(app, sku, 1_000_000).await;
    saved["product"]["variants"]["nodes"][0]["id"].clone()
}

/// Sets how many units there are, as if nobody was told.
async fn stock(app: &TestApp, sku: &str, on_hand: i32) {
    execute(app, &format!("UPDATE variants SET on_hand = {on_hand} WHERE sku = '{sku}'")).await;
}

/// Sets a price, as if nobody was told.
async fn reprice(app: &TestApp, sku: &str, minor_units: i64) {
    let of = format!("variant_id = (SELECT id FROM variants WHERE sku = '{sku}')");
    execute(app, &format!("UPDATE variant_prices SET minor_units = {minor_units} WHERE {of}")).await;
}

fn error(code: &str, field: &[&str], message: &str) -> Value {
    json!({ "code": code, "field": field, "message": message })
}

fn refused(errors: Value) -> Value {
    json!({ "cart": null, "userErrors": errors })
}

/// An address in Germany.
fn address() -> Value {
    json!({ "name": "Ada", "lines": ["Weg 1"], "city": "Bonn", "postalCode": "53111", "country": "DE" })
}

/// Gives a guest's cart an address and a rate.
async fn ship(client: &Client, cart: &Value) -> Value {
    let variables = json!({ "cart": cart, "address": address() });
    let arguments = "$cart: CartRef, $address: AddressInput!";
    done(change(client, "cartShippingAddressSet", arguments, variables).await);
    let variables = json!({ "cart": cart, "handle": "standard" });
    done(change(client, "cartShippingSelect", "$cart: CartRef, $handle: ID!", variables).await)
}

/// The port by which checkout takes carts.
fn port(app: &gateway::App) -> std::sync::Arc<dyn ports::Carts> {
    app.platform().ports.get().expect("carts run")
}

/// A guest's cart as checkout sees it.
async fn priced(app: &TestApp, token: &Value) -> ports::PricedCart {
    let token = token.as_str().expect("a token").to_owned();
    let cart = CartRef::Token(token);
    let priced = port(app.app()).priced(&Viewer::default(), Some(&cart)).await;
    priced.expect("answered").expect("the cart")
}
