//! Shops ship what is theirs, buyers send back, staff pays back.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Client, TestApp, number, on_each_database_with};

use super::{codes, eventually, paid, quick, seen, stock, text, variant};
use crate::accounts::data;

const SHIP: &str = "mutation($id: ID!, $lines: [LineQuantity!]!) { orderFulfil(id: $id, lines: $lines, \
    carrier: \"Post\", trackingNumber: \"AT 1\") { order { state allowedTransitions fulfilments { id \
    carrier trackingNumber lines { quantity } } } userErrors { code field } } }";

async fn ship(client: &Client, order: &str, line: &Value, units: i32) -> Value {
    let lines = json!([{ "lineId": line, "quantity": units }]);
    data(client, SHIP, json!({ "id": order, "lines": lines })).await["orderFulfil"].take()
}

/// The seller of a variant's product, signed in.
async fn seller_of(app: &TestApp, variant: &str) -> Client {
    let query = "query($id: ID!) { node(id: $id) { ... on Variant { product { seller { user { handle } } } \
        } } }";
    let answer = data(&app.guest(), query, json!({ "id": variant })).await;
    let handle = text(&answer["node"]["product"]["seller"]["user"]["handle"]);
    app.sign_in(&format!("{handle}@demo.example")).await
}

/// Two variants of different shops.
async fn two_shops(app: &TestApp) -> [String; 2] {
    let first = variant(app, 0, 20).await;
    let shop = |id: String| {
        let app = app.guest();
        async move {
            let query =
                "query($id: ID!) { node(id: $id) { ... on Variant { product { seller { id } } } } }";
            text(&data(&app, query, json!({ "id": id })).await["node"]["product"]["seller"]["id"])
        }
    };
    let own = shop(first.clone()).await;
    for index in 1..50 {
        let other = variant(app, index, 20).await;
        let lines = json!([{ "variantId": other, "quantity": 1 }]);
        let probe = data(&app.guest(), super::CREATE, json!({ "lines": lines })).await;
        // Not everything is on sale.
        let is_on_sale = probe["cartCreate"]["userErrors"] == json!([]);
        if is_on_sale && shop(other.clone()).await != own {
            return [first, other];
        }
    }
    panic!("all demo products are of one shop");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_shop_ships_its_own_part_and_sees_no_other() {
    on_each_database_with(quick, async |app: TestApp| {
        let [one, two] = two_shops(&app).await;
        let buyer = app.sign_in(&app.email(60).await).await;
        let order = paid(&buyer, &[(&one, 2), (&two, 1)]).await;
        let sellers = [seller_of(&app, &one).await, seller_of(&app, &two).await];
        let whole = seen(&buyer, &order).await;
        let lines = [whole["lines"][0]["id"].clone(), whole["lines"][1]["id"].clone()];
        let part = "query($id: ID!) { order(id: $id) { lines { id } sellerParts { id } buyer { id } \
            invoiceUrl payments { id } shippingAddress { city } } }";

        let seen_by_first = data(&sellers[0], part, json!({ "id": order.id })).await["order"].take();
        let foreign = ship(&sellers[0], &order.id, &lines[1], 1).await;
        let first = ship(&sellers[0], &order.id, &lines[0], 1).await;
        let too_many = ship(&sellers[0], &order.id, &lines[0], 2).await;
        let rest = ship(&sellers[0], &order.id, &lines[0], 1).await;
        let last = ship(&sellers[1], &order.id, &lines[1], 1).await;
        let more = ship(&sellers[1], &order.id, &lines[1], 1).await;

        assert_eq!(seen_by_first["lines"], json!([{ "id": lines[0] }]));
        assert_eq!(seen_by_first["sellerParts"].as_array().map(Vec::len), Some(1));
        assert_eq!(seen_by_first["shippingAddress"]["city"], "Wien");
        for hidden in ["buyer", "invoiceUrl", "payments"] {
            assert_eq!(seen_by_first[hidden], Value::Null, "{hidden}");
        }
        assert_eq!(codes(&foreign), ["NOT_FOUND"]);
        assert_eq!(first["order"]["state"], "FULFILLING");
        assert_eq!(codes(&too_many), ["INVALID"]);
        assert_eq!(rest["order"]["state"], "FULFILLING");
        assert_eq!(last["order"]["state"], "FULFILLED");
        assert_eq!(last["order"]["fulfilments"].as_array().map(Vec::len), Some(1), "only its own");
        assert_eq!(codes(&more), ["FORBIDDEN_TRANSITION"]);
        let shop = "{ me { user { seller { orders { nodes { id lines { id } } } } } } }";
        let of_shop = data(&sellers[1], shop, json!({})).await;
        let of_shop = &of_shop["me"]["user"]["seller"]["orders"]["nodes"];
        assert_eq!(*of_shop, json!([{ "id": order.id, "lines": [{ "id": lines[1] }] }]));
        let sold = "query($id: ID!) { node(id: $id) { ... on Variant { unitsSold30d } } }";
        let sold = data(&app.guest(), sold, json!({ "id": one })).await;
        assert_eq!(sold["node"]["unitsSold30d"], 2);
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn units_shipped_at_once_are_never_more_than_were_bought() {
    on_each_database_with(quick, async |app: TestApp| {
        let variant = variant(&app, 0, 20).await;
        let buyer = app.guest();
        let order = paid(&buyer, &[(&variant, 5)]).await;
        let line = seen(&buyer, &order).await["lines"][0]["id"].take();
        let admin = app.sign_in("alma-admin@demo.example").await;

        let shipments = (0..20).map(|_| ship(&admin, &order.id, &line, 1));
        let answers = join_all(shipments).await;

        let done = answers.iter().filter(|answer| answer["userErrors"] == json!([])).count();
        assert_eq!(done, 5, "{answers:?}");
        let after = seen(&buyer, &order).await;
        assert_eq!(
            (&after["state"], &after["lines"][0]["fulfilledQuantity"]),
            (&json!("FULFILLED"), &json!(5))
        );
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_paid_back_once() {
    on_each_database_with(quick, async |app: TestApp| {
        let variant = variant(&app, 0, 20).await;
        let buyer = app.guest();
        let order = paid(&buyer, &[(&variant, 2)]).await;
        let line = seen(&buyer, &order).await["lines"][0]["id"].take();
        let admin = app.sign_in("alma-admin@demo.example").await;
        ship(&admin, &order.id, &line, 2).await;
        let ask = "mutation($id: ID!, $lines: [LineQuantity!]!, $secret: String) { orderReturnRequest(id: \
            $id, lines: $lines, reason: \"Too big\", guestSecret: $secret) { order { returns { id state } } \
            userErrors { code } } }";
        let lines = json!([{ "lineId": line, "quantity": 1 }]);
        let wish = json!({ "id": order.id, "lines": lines, "secret": order.secret });
        let asked = data(&buyer, ask, wish.clone()).await["orderReturnRequest"].take();
        let back = asked["order"]["returns"][0]["id"].clone();
        let resolve = "mutation($id: ID!, $state: ReturnState!, $restock: Boolean) { orderReturnResolve(\
            returnId: $id, state: $state, restock: $restock) { order { returns { state } } userErrors { \
            code } } }";
        for (state, restock) in [("APPROVED", false), ("RECEIVED", true)] {
            let variables = json!({ "id": back, "state": state, "restock": restock });
            let done = data(&admin, resolve, variables).await["orderReturnResolve"].take();
            assert_eq!(done["order"]["returns"][0]["state"], state, "{done}");
        }

        let variables = json!({ "id": back, "state": "REFUNDED" });
        let paid_back = join_all((0..5).map(|_| data(&admin, resolve, variables.clone()))).await;

        let done = paid_back.iter().filter(|answer| answer["orderReturnResolve"]["userErrors"] == json!([]));
        assert_eq!(done.count(), 1, "{paid_back:?}");
        assert_eq!(stock(&app, &variant).await, (19, 0));
        eventually("the money is on its way", async || {
            seen(&buyer, &order).await["paymentStatus"] == "PARTIALLY_REFUNDED"
        })
        .await;
        assert_eq!(seen(&buyer, &order).await["lines"][0]["refundedQuantity"], 1);
        assert_eq!(number(&app, "SELECT count(*) FROM order_refunds").await, 1);

        let second = data(&buyer, ask, wish.clone()).await["orderReturnRequest"].take();
        assert_eq!(codes(&second), [""; 0], "the other one may come back, too");
        let third = data(&buyer, ask, wish).await["orderReturnRequest"].take();
        assert_eq!(codes(&third), ["INVALID"], "and there is no third");
        assert_eq!(number(&app, "SELECT count(*) FROM order_returns").await, 2);
        app.stop().await;
    })
    .await;
}
