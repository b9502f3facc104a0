//! Discount codes: what staff makes, and what they take off.

use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database};

use super::{ERRORS, TABLES, add, by_token, change, done, error, guest_cart, offered, read, ship};
use crate::accounts::{data, rows};

const DISCOUNT: &str = "id code kind basisPoints amount { minorUnits currency } currency \
    products { id } sellers { id } minimumSubtotal { minorUnits } validFrom validUntil usageLimit \
    oncePerAccount combinable uses archivedAt version";

/// Whoever may do everything.
pub(super) async fn admin(app: &TestApp) -> Client {
    app.sign_in("alma-admin@demo.example").await
}

async fn save(client: &Client, input: Value) -> Value {
    let query = format!(
        "mutation($input: DiscountInput!) {{ discountSave(input: $input) {{ discount {{ {DISCOUNT} }} \
         {ERRORS} }} }}"
    );
    data(client, &query, json!({ "input": input })).await["discountSave"].take()
}

/// Makes a code.
pub(super) async fn code(app: &TestApp, input: Value) -> Value {
    let mut payload = save(&admin(app).await, input).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["discount"].take()
}

pub(super) async fn set_codes(client: &Client, cart: &Value, codes: &[&str]) -> Value {
    let variables = json!({ "cart": cart, "codes": codes });
    change(client, "cartDiscountCodesSet", "$cart: CartRef, $codes: [String!]!", variables).await
}

fn amounts(cart: &Value) -> [i64; 5] {
    ["subtotal", "discount", "shipping", "tax", "total"]
        .map(|name| cart["totals"][name]["minorUnits"].as_i64().expect("an amount"))
}

fn applied(cart: &Value) -> Vec<Value> {
    let codes = cart["discountCodes"].as_array().expect("codes");
    let code = |code: &Value| json!([code["code"], code["reason"], code["amount"]["minorUnits"]]);
    codes.iter().map(code).collect()
}

#[tokio::test]
async fn codes_take_off_lines_orders_and_shipping_and_never_more_than_there_is() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 999).await;
        let desk = offered(&app, "DESK", 5_000).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Variant { product { id } } } }";
        let product = data(&guest, query, json!({ "id": lamp })).await["node"]["product"]["id"].take();
        let combinable = json!(true);
        for input in [
            json!({ "code": "LAMPS", "kind": "PERCENTAGE", "basisPoints": 3333, "productIds": [product],
                "combinable": combinable }),
            json!({ "code": "TEN", "kind": "FIXED_AMOUNT", "combinable": combinable,
                "amount": { "minorUnits": 1000, "currency": "EUR" } }),
            json!({ "code": "SHIP", "kind": "FREE_SHIPPING", "combinable": combinable }),
            json!({ "code": "ALONE", "kind": "PERCENTAGE", "basisPoints": 5000 }),
            json!({ "code": "MILLION", "kind": "FIXED_AMOUNT",
                "amount": { "minorUnits": 1_000_000, "currency": "EUR" } }),
            json!({ "code": "DOLLARS", "kind": "FIXED_AMOUNT",
                "amount": { "minorUnits": 100, "currency": "USD" } }),
        ] {
            code(&app, input).await;
        }
        let cart = by_token(&guest_cart(&guest).await);
        add(&guest, &cart, &lamp, 2).await;
        add(&guest, &cart, &desk, 1).await;
        ship(&guest, &cart).await;

        let several = done(set_codes(&guest, &cart, &["lamps", "Ten", "SHIP", "ALONE"]).await);

        assert_eq!(
            applied(&several),
            [
                json!(["LAMPS", null, 666]),
                json!(["TEN", null, 1000]),
                json!(["SHIP", null, 490]),
                json!(["ALONE", "DISCOUNT_NOT_APPLICABLE", 0])
            ]
        );
        assert_eq!(several["lines"][0]["discount"]["minorUnits"], 666);
        assert_eq!(several["lines"][0]["total"]["minorUnits"], 1_332);
        assert_eq!(amounts(&several), [6_332, 1_000, 0, 0, 5_332]);
        assert_eq!(several["warnings"][0]["code"], "DISCOUNT_NOT_APPLICABLE");
        assert_eq!(several["isReady"], false, "nobody pays more than a code promised");
        let huge = done(set_codes(&guest, &cart, &["million"]).await);
        assert_eq!(amounts(&huge), [6_998, 6_998, 490, 0, 490]);
        assert_eq!(huge["isReady"], true);
        let foreign = done(set_codes(&guest, &cart, &["dollars"]).await);
        assert_eq!(applied(&foreign), [json!(["DOLLARS", "DISCOUNT_NOT_APPLICABLE", 0])]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_minimum_applies_as_soon_as_the_cart_reaches_it() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 1_000).await;
        let minimum = json!({ "minorUnits": 2_000, "currency": "EUR" });
        let input = json!({ "code": "MIN", "kind": "PERCENTAGE", "basisPoints": 1000,
            "minimumSubtotal": minimum });
        code(&app, input).await;
        let cart = by_token(&guest_cart(&guest).await);
        add(&guest, &cart, &lamp, 1).await;

        let below = done(set_codes(&guest, &cart, &["min"]).await);
        let reached = add(&guest, &cart, &lamp, 1).await;

        assert_eq!(applied(&below), [json!(["MIN", "DISCOUNT_NOT_APPLICABLE", 0])]);
        assert_eq!(applied(&reached), [json!(["MIN", null, 200])]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn codes_that_are_unknown_over_or_taken_back_are_refused_by_their_place() {
    on_each_database(async |app| {
        let (guest, staff) = (app.guest(), admin(&app).await);
        let over = json!({ "code": "OVER", "kind": "PERCENTAGE", "basisPoints": 1,
            "validUntil": "2001-01-01T00:00:00.000Z" });
        code(&app, over).await;
        let back = code(&app, json!({ "code": "BACK", "kind": "FREE_SHIPPING" })).await;
        let cart = by_token(&guest_cart(&guest).await);
        done(set_codes(&guest, &cart, &["BACK"]).await);
        let archive = format!(
            "mutation($id: ID!) {{ discountArchive(id: $id) {{ discount {{ {DISCOUNT} }} {ERRORS} }} }}"
        );
        for _ in 0..2 {
            let payload = data(&staff, &archive, json!({ "id": back["id"] })).await;
            assert_eq!(payload["discountArchive"]["discount"]["version"], 2, "{payload}");
        }
        let seen = read(&guest, &cart["token"]).await;
        assert_eq!(applied(&seen), [json!(["BACK", "NOT_FOUND", 0])]);
        let before = rows(&app, TABLES).await;

        let payload = set_codes(&guest, &cart, &["over", "back", "nothing", "\u{0}"]).await;

        let expected = json!([
            error("EXPIRED", &["codes", "0"], "the code is no longer valid"),
            error("NOT_FOUND", &["codes", "1"], "there is no such code"),
            error("NOT_FOUND", &["codes", "2"], "there is no such code"),
            error("NOT_FOUND", &["codes", "3"], "there is no such code"),
        ]);
        assert_eq!(payload, super::refused(expected));
        let many: Vec<&str> = vec!["X"; 11];
        let expected = json!([error("INVALID", &["codes"], "at most 10 codes")]);
        assert_eq!(set_codes(&guest, &cart, &many).await, super::refused(expected));
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn staff_saves_pages_and_changes_codes() {
    on_each_database(async |app| {
        let staff = admin(&app).await;
        for name in ["ONE", "TWO", "SIX"] {
            code(&app, json!({ "code": name, "kind": "FREE_SHIPPING" })).await;
        }
        let query = "query($after: String) { discounts(first: 2, after: $after) { totalCount \
            nodes { id code version } pageInfo { hasNextPage endCursor } } }";

        let first = data(&staff, query, json!({})).await["discounts"].take();
        let after = first["pageInfo"]["endCursor"].clone();
        let second = data(&staff, query, json!({ "after": after })).await["discounts"].take();

        assert_eq!((&first["totalCount"], &first["pageInfo"]["hasNextPage"]), (&json!(3), &json!(true)));
        assert_eq!(first["nodes"][0]["code"], "SIX");
        assert_eq!(second["nodes"][0]["code"], "ONE");
        let change = json!({ "id": first["nodes"][0]["id"], "code": "seven", "kind": "PERCENTAGE",
            "basisPoints": 700, "usageLimit": 5, "expectedVersion": 1 });
        let changed = save(&staff, change.clone()).await;
        assert_eq!(changed["discount"]["code"], "SEVEN");
        assert_eq!(changed["discount"]["version"], 2);
        let stale = save(&staff, change).await;
        assert_eq!(stale["userErrors"][0]["code"], "VERSION_CONFLICT");
        let node = "query($id: ID!) { node(id: $id) { ... on Discount { code } } }";
        let id = json!({ "id": first["nodes"][0]["id"] });
        assert_eq!(data(&staff, node, id.clone()).await["node"]["code"], "SEVEN");
        assert_eq!(data(&app.seller(0).await, node, id).await["node"], Value::Null);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_no_discount_is_refused_and_nothing_is_stored() {
    on_each_database(async |app| {
        let staff = admin(&app).await;
        code(&app, json!({ "code": "TAKEN", "kind": "FREE_SHIPPING" })).await;
        let before = rows(&app, TABLES).await;
        let amount = |units: i64, currency: &str| json!({ "minorUnits": units, "currency": currency });
        let cases = [
            (json!({ "code": "taken", "kind": "FREE_SHIPPING" }), "TAKEN", "code"),
            (json!({ "code": "", "kind": "FREE_SHIPPING" }), "INVALID", "code"),
            (json!({ "code": "A B", "kind": "FREE_SHIPPING" }), "INVALID", "code"),
            (json!({ "code": "X", "kind": "PERCENTAGE" }), "INVALID", "basisPoints"),
            (
                json!({ "code": "X", "kind": "PERCENTAGE", "basisPoints": 10_001 }),
                "INVALID",
                "basisPoints",
            ),
            (
                json!({ "code": "X", "kind": "FREE_SHIPPING", "basisPoints": 1 }),
                "INVALID",
                "basisPoints",
            ),
            (json!({ "code": "X", "kind": "FIXED_AMOUNT" }), "INVALID", "amount"),
            (
                json!({ "code": "X", "kind": "FIXED_AMOUNT", "amount": amount(0, "EUR") }),
                "INVALID",
                "amount",
            ),
            (
                json!({ "code": "X", "kind": "FIXED_AMOUNT", "amount": amount(1, "EUR"),
                    "minimumSubtotal": amount(1, "USD") }),
                "INVALID",
                "minimumSubtotal",
            ),
            (json!({ "code": "X", "kind": "FREE_SHIPPING", "usageLimit": 0 }), "INVALID", "usageLimit"),
            (
                json!({ "code": "X", "kind": "FREE_SHIPPING", "validFrom": "2026-01-02T00:00:00.000Z",
                    "validUntil": "2026-01-01T00:00:00.000Z" }),
                "INVALID",
                "validUntil",
            ),
            (
                json!({ "id": "dsc_01JGGGGGGGGGGGGGGGGGGGGGGG", "code": "X", "kind": "FREE_SHIPPING" }),
                "NOT_FOUND",
                "id",
            ),
        ];
        for (input, code, field) in cases {
            let payload = save(&staff, input.clone()).await;
            assert_eq!(payload["discount"], Value::Null, "{input}");
            let found = &payload["userErrors"][0];
            assert_eq!((&found["code"], &found["field"]), (&json!(code), &json!([field])), "{input}");
        }
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}
