//! Fifty at once, and on Postgres by two gateways that know nothing of each other.

use std::collections::HashSet;

use futures_util::future::join_all;
use gateway::App;
use serde_json::{Value, json};
use tests::{Client, TestApp, number, on_each_database_with};

use super::{
    Basket, basket, bought, checkout, codes, input, pay, placed, quick, seen, stock, text, variant,
};
use crate::accounts::data;

const CLIENTS: usize = 50;

/// Clients of two gateways where the database allows it, of one elsewhere.
struct Crowd {
    clients: Vec<Client>,
    beside: Option<App>,
}

impl Crowd {
    async fn of(app: &TestApp) -> Self {
        let is_shared = app.database_url().starts_with("postgres");
        let beside = match is_shared {
            true => Some(crate::instances::beside(app, quick).await),
            false => None,
        };
        let other = beside.as_ref().map_or_else(|| app.guest(), |app| Client::new(app.router()));
        let clients = (0..CLIENTS).map(|index| if index % 2 == 0 { app.guest() } else { other.clone() });
        Self { clients: clients.collect(), beside }
    }

    async fn stop(self) {
        drop(self.clients);
        if let Some(app) = self.beside {
            app.stop().await;
        }
    }
}

/// A cart for each client.
async fn baskets(clients: &[Client], variant: &str, codes: &[&str]) -> Vec<Basket> {
    let mut baskets = Vec::with_capacity(clients.len());
    for client in clients {
        baskets.push(basket(client, &[(variant, 1)], codes).await);
    }
    baskets
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_shoppers_as_many_buy_as_there_are_units() {
    on_each_database_with(quick, async |app: TestApp| {
        let crowd = Crowd::of(&app).await;
        let variant = variant(&app, 0, 50).await;
        let carts = baskets(&crowd.clients, &variant, &[]).await;
        tests::execute(&app, &format!("UPDATE variants SET on_hand = 7 WHERE id = '{variant}'")).await;

        let orders =
            crowd.clients.iter().zip(&carts).map(|(client, cart)| checkout(client, cart, "key"));
        let answers = join_all(orders).await;

        let (placed, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer["userErrors"] == json!([]));
        assert_eq!(placed.len(), 7);
        for refusal in refused {
            assert_eq!(codes(refusal), ["OUT_OF_STOCK"]);
            assert_eq!(refusal["userErrors"][0]["variantId"], json!(variant));
        }
        assert_eq!(stock(&app, &variant).await, (7, 7));
        assert_eq!(number(&app, "SELECT count(*) FROM orders").await, 7);
        crowd.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_sent_many_times_at_once_is_one_order_one_payment_and_equal_answers() {
    on_each_database_with(quick, async |app: TestApp| {
        let crowd = Crowd::of(&app).await;
        let variant = variant(&app, 0, 50).await;
        let cart = basket(&crowd.clients[0], &[(&variant, 2)], &[]).await;

        let orders = crowd.clients.iter().map(|client| checkout(client, &cart, "key"));
        let mut answers = join_all(orders).await;

        assert_eq!(answers.iter().filter(|answer| answer["replayed"] == false).count(), 1);
        for answer in &mut answers {
            answer["replayed"].take();
            assert_eq!(answer["userErrors"], json!([]), "{answer}");
            assert_ne!(answer["guestSecret"], Value::Null);
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert_eq!(stock(&app, &variant).await, (50, 2));
        for (table, rows) in [("orders", 1), ("payments", 1), ("sandbox_intents", 1)] {
            assert_eq!(number(&app, &format!("SELECT count(*) FROM {table}")).await, rows, "{table}");
        }
        let mut other = input(&cart, "key");
        other["expectedTotal"]["minorUnits"] = json!(1);
        let mismatch = data(&crowd.clients[1], super::CHECKOUT, json!({ "input": other })).await;
        assert_eq!(codes(&mismatch["checkout"]), ["IDEMPOTENCY_MISMATCH"]);
        crowd.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_keys_of_one_cart_are_one_order() {
    on_each_database_with(quick, async |app: TestApp| {
        let crowd = Crowd::of(&app).await;
        let variant = variant(&app, 0, 50).await;
        let cart = basket(&crowd.clients[0], &[(&variant, 2)], &[]).await;

        let keys: Vec<String> = (0..CLIENTS).map(|index| format!("key-{index}")).collect();
        let orders = crowd.clients.iter().zip(&keys).map(|(client, key)| checkout(client, &cart, key));
        let answers = join_all(orders).await;

        let (placed, refused): (Vec<_>, Vec<_>) =
            answers.iter().partition(|answer| answer["userErrors"] == json!([]));
        assert_eq!(placed.len(), 1, "{answers:?}");
        assert!(refused.iter().all(|refusal| codes(refusal) == ["NOT_FOUND"]), "{refused:?}");
        assert_eq!(number(&app, "SELECT count(*) FROM orders").await, 1);
        assert_eq!(stock(&app, &variant).await, (50, 2));
        crowd.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limited_code_is_used_at_most_as_often_as_it_may() {
    on_each_database_with(quick, async |app: TestApp| {
        let crowd = Crowd::of(&app).await;
        let variant = variant(&app, 0, 50).await;
        let admin = app.sign_in("alma-admin@demo.example").await;
        let save = "mutation { discountSave(input: { code: \"FEW\", kind: PERCENTAGE, basisPoints: 1000, \
            usageLimit: 3 }) { userErrors { code message } } }";
        let saved = data(&admin, save, json!({})).await;
        assert_eq!(saved["discountSave"]["userErrors"], json!([]));
        let carts = baskets(&crowd.clients[..12], &variant, &["FEW"]).await;

        let orders = crowd.clients.iter().zip(&carts).map(|(client, cart)| checkout(client, cart, "key"));
        let answers = join_all(orders).await;

        let placed = answers.iter().filter(|answer| answer["userErrors"] == json!([])).count();
        assert_eq!(placed, 3, "{answers:?}");
        assert_eq!(stock(&app, &variant).await, (50, 3));
        crowd.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_of_orders_are_unique_and_grow_and_those_of_invoices_have_no_gap() {
    on_each_database_with(quick, async |app: TestApp| {
        let crowd = Crowd::of(&app).await;
        let variant = variant(&app, 0, 50).await;
        let clients = &crowd.clients[..20];
        let carts = baskets(clients, &variant, &[]).await;

        let buy = clients.iter().zip(&carts).enumerate().map(async |(index, (client, cart))| {
            let order = bought(&checkout(client, cart, "key").await);
            // Every fourth is not paid.
            if index % 4 != 0 {
                pay(client, &order, "tok_shuffled_events", "pay").await;
            }
            order
        });
        let orders = join_all(buy).await;

        for (order, client) in orders
            .iter()
            .zip(clients)
            .enumerate()
            .filter(|(index, _)| index % 4 != 0)
            .map(|(_, pair)| pair)
        {
            super::eventually("paid", async || seen(client, order).await["state"] == "PAID").await;
        }
        let unique = "SELECT count(DISTINCT number) FROM orders";
        assert_eq!(number(&app, unique).await, 20);
        let inversions = "SELECT count(*) FROM orders a JOIN orders b ON a.number < b.number AND \
            a.placed_at > b.placed_at + 1000";
        assert_eq!(number(&app, inversions).await, 0);
        let invoices = "SELECT count(invoice_number) FROM orders";
        assert_eq!(number(&app, invoices).await, 15);
        assert_eq!(number(&app, "SELECT max(invoice_number) FROM orders").await, 15);
        assert_eq!(number(&app, "SELECT min(invoice_number) FROM orders").await, 1);
        crowd.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_provider_tells_and_the_client_confirms_an_order_is_paid_once() {
    on_each_database_with(quick, async |app: TestApp| {
        let crowd = Crowd::of(&app).await;
        let variant = variant(&app, 0, 50).await;

        for method in
            ["tok_repeated_events", "tok_shuffled_events", "tok_late_events", "tok_lost_answer"]
        {
            let order = placed(&crowd.clients[0], &[(&variant, 1)]).await;
            let keys: Vec<String> = (0..10).map(|index| format!("{method}-{index}")).collect();
            let confirm =
                crowd.clients.iter().zip(&keys).map(|(client, key)| pay(client, &order, method, key));
            join_all(confirm).await;
            let client = &crowd.clients[1];
            super::eventually(method, async || seen(client, &order).await["state"] == "PAID").await;
            let of_order = |table: &str, more: &str| {
                format!("SELECT count(*) FROM {table} WHERE order_id = '{}' {more}", order.id)
            };
            let moves = number(&app, &of_order("order_transitions", "AND to_state = 'PAID'")).await;
            assert_eq!(moves, 1, "{method}");
            let captured = &seen(client, &order).await["payments"][0]["captured"]["minorUnits"];
            assert_eq!(*captured, json!(order.total), "{method}");
        }

        assert_eq!(number(&app, "SELECT count(*) FROM events WHERE kind = 'order.paid'").await, 4);
        assert_eq!(number(&app, "SELECT max(invoice_number) FROM orders").await, 4);
        assert_eq!(stock(&app, &variant).await, (46, 0));
        crowd.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refunds_and_cancellations_at_once_never_give_back_more_than_was_captured() {
    on_each_database_with(quick, async |app: TestApp| {
        let crowd = Crowd::of(&app).await;
        let variant = variant(&app, 0, 50).await;
        let buyer = &crowd.clients[0];
        let order = super::paid(buyer, &[(&variant, 3)]).await;
        let token = app.sign_in("alma-admin@demo.example").await.token().map(str::to_owned);
        let token = token.expect("a token");
        let staff: Vec<Client> = crowd.clients.iter().map(|client| client.with_token(&token)).collect();
        let refund =
            "mutation($input: RefundInput!) { orderRefund(input: $input) { userErrors { code } } }";
        let cancel = "mutation($id: ID!, $secret: String) { orderCancel(id: $id, reason: \"No\", \
            guestSecret: $secret) { userErrors { code } } }";

        let refunds = staff[..30].iter().enumerate().map(async |(index, client)| {
            let amount = json!({ "minorUnits": order.total / 7, "currency": "EUR" });
            let input = json!({ "orderId": order.id, "amount": amount, "reason": "Late",
                "idempotencyKey": index.to_string() });
            data(client, refund, json!({ "input": input })).await
        });
        let cancelled = async {
            let variables = json!({ "id": order.id, "secret": order.secret });
            data(buyer, cancel, variables).await
        };
        let (answers, cancelled) = tokio::join!(join_all(refunds), cancelled);

        assert_eq!(cancelled["orderCancel"]["userErrors"], json!([]), "{cancelled}");
        let accepted = answers.iter().filter(|answer| answer["orderRefund"]["userErrors"] == json!([]));
        assert!(accepted.count() <= 7, "{answers:?}");
        super::eventually("all of it goes back", async || {
            let payment = seen(buyer, &order).await["payments"][0].take();
            let of = |name: &str| payment[name]["minorUnits"].as_i64().expect("an amount");
            assert!(of("refunded") <= of("captured"), "{payment}");
            of("refunded") == order.total
        })
        .await;
        super::eventually("the units are back", async || stock(&app, &variant).await == (50, 0)).await;
        let id = text(&json!(order.id));
        let state = format!("SELECT count(*) FROM orders WHERE id = '{id}' AND state = 'CANCELLED'");
        assert_eq!(number(&app, &state).await, 1);
        crowd.stop().await;
        app.stop().await;
    })
    .await;
}
