//! One purchase: placed, paid, invoiced, told, and the same again for every retry.

use serde_json::{Value, json};
use tests::{TestApp, execute, number, on_each_database, on_each_database_with};

use super::{
    basket, bought, checkout, codes, eventually, paid, pay, placed, quick, seen, stock, text, variant,
};
use crate::accounts::data;

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_buys_pays_and_reads_the_invoice() {
    on_each_database(async |app: TestApp| {
        let guest = app.guest();
        let variant = variant(&app, 0, 5).await;
        let cart = basket(&guest, &[(&variant, 2)], &[]).await;

        let first = checkout(&guest, &cart, "key").await;
        let order = bought(&first);
        assert_eq!(stock(&app, &variant).await, (5, 2));
        let confirmed = pay(&guest, &order, "tok_success", "pay").await;
        let after = seen(&guest, &order).await;

        assert_eq!(first["replayed"], false);
        assert_eq!(first["order"]["state"], "PENDING_PAYMENT");
        assert_eq!(confirmed["payment"]["order"]["state"], "PAID", "who paid reads a paid order next");
        assert_eq!((&after["state"], &after["paymentStatus"]), (&json!("PAID"), &json!("CAPTURED")));
        assert_eq!(
            after["history"],
            json!([{ "from": null, "to": "PENDING_PAYMENT" }, { "from": "PENDING_PAYMENT", "to": "PAID" }])
        );
        assert_eq!(after["allowedTransitions"], json!(["CANCELLED"]));
        assert_eq!(stock(&app, &variant).await, (3, 0));
        let url = text(&after["invoiceUrl"]);
        let invoice = guest.get(&url).await;
        let html = String::from_utf8(invoice.body).expect("text");
        assert_eq!(invoice.status, 200);
        let total = order.total;
        assert!(html.contains(&format!("{}.{:02} EUR", total / 100, total % 100)), "{html}");
        assert!(html.contains("Vera Käufer") && html.contains("INV-000001"), "{html}");
        assert_eq!(guest.get(&format!("{url}A")).await.status, 404);
        let again = checkout(&guest, &cart, "key").await;
        assert_eq!((&again["replayed"], &again["guestSecret"]), (&json!(true), &first["guestSecret"]));
        assert_eq!(again["order"]["id"], first["order"]["id"]);
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_finds_its_order_and_gets_one_mail_for_one_payment() {
    on_each_database_with(quick, async |app: TestApp| {
        let buyer = app.sign_in(&app.email(60).await).await;
        let variant = variant(&app, 0, 5).await;
        let order = placed(&buyer, &[(&variant, 1)]).await;
        assert_eq!(order.secret, None, "an account needs no secret");

        // The provider tells it twice, and the buyer confirms twice at once.
        let (one, two) = tokio::join!(
            pay(&buyer, &order, "tok_repeated_events", "a"),
            pay(&buyer, &order, "tok_repeated_events", "b")
        );

        assert!(codes(&one).is_empty() || codes(&two).is_empty(), "{one} {two}");
        let own = "{ me { orders(first: 5, filter: { state: [PAID] }) { totalCount nodes { id buyer { id \
            } payments { state } } } } }";
        eventually("the order is paid", async || {
            data(&buyer, own, json!({})).await["me"]["orders"]["totalCount"] == 1
        })
        .await;
        let own = data(&buyer, own, json!({})).await["me"]["orders"]["nodes"][0].take();
        assert_eq!(own["id"], json!(order.id));
        assert_eq!(own["payments"], json!([{ "state": "CAPTURED" }]));
        let mails = async || {
            let sql = "SELECT count(*) FROM notification_deliveries d JOIN notifications n ON n.id = \
                d.notification_id WHERE n.kind = 'order.paid' AND d.channel = 'EMAIL'";
            number(&app, sql).await
        };
        eventually("the mail", async || mails().await > 0).await;
        assert_eq!(mails().await, 1);
        assert_eq!(number(&app, "SELECT count(*) FROM events WHERE kind = 'order.paid'").await, 1);
        assert_eq!(
            number(&app, "SELECT count(*) FROM order_transitions WHERE to_state = 'PAID'").await,
            1
        );
        let told = "{ me { notifications(first: 10) { nodes { kind targetId } } } }";
        eventually("the feed", async || {
            let told = data(&buyer, told, json!({})).await["me"]["notifications"]["nodes"].take();
            let of = |kind: &str| {
                told.as_array().expect("nodes").iter().filter(|told| told["kind"] == kind).count()
            };
            of("order.placed") == 1 && of("order.paid") == 1
        })
        .await;
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_keeps_its_amounts_whatever_becomes_of_the_product() {
    on_each_database(async |app: TestApp| {
        let guest = app.guest();
        let variant = variant(&app, 0, 5).await;
        let order = paid(&guest, &[(&variant, 2)]).await;
        let query = "query($id: ID!, $secret: String) { order(id: $id, guestSecret: $secret) { lines { \
            title sku quantity unitPrice { minorUnits } total { minorUnits } } totals { subtotal { \
            minorUnits } total { minorUnits } } sellerParts { payout { minorUnits } commission { \
            minorUnits } } } }";
        let variables = json!({ "id": order.id, "secret": order.secret });
        let before = data(&guest, query, variables.clone()).await;

        execute(&app, "UPDATE variant_prices SET minor_units = minor_units + 777").await;
        execute(&app, "UPDATE products SET title = 'Another', status = 'ARCHIVED'").await;
        execute(&app, "UPDATE sellers SET name = 'Nobody'").await;

        assert_eq!(data(&guest, query, variables).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_provider_is_away_an_order_is_placed_in_time_and_paid_later() {
    on_each_database_with(
        |config| {
            quick(config);
            config.payments.retries = 0;
            config.payments.timeout = std::time::Duration::from_millis(500);
            config.payments.pause = std::time::Duration::from_millis(300);
        },
        async |app: TestApp| {
            let guest = app.guest();
            let variant = variant(&app, 0, 5).await;
            let cart = basket(&guest, &[(&variant, 2)], &[]).await;
            execute(&app, "INSERT INTO sandbox_switches (name) VALUES ('away')").await;
            let started = std::time::Instant::now();

            let late = checkout(&guest, &cart, "key").await;

            assert!(started.elapsed() < std::time::Duration::from_secs(10));
            assert_eq!(codes(&late), ["PAYMENT_UNAVAILABLE"]);
            assert_eq!(late["order"]["state"], "PENDING_PAYMENT");
            assert_eq!(stock(&app, &variant).await, (5, 2));
            execute(&app, "DELETE FROM sandbox_switches").await;
            let mut placed = late.clone();
            placed["userErrors"] = json!([]);
            let order = bought(&placed);
            eventually("the payment is there", async || {
                pay(&guest, &order, "tok_success", "pay").await["userErrors"] == json!([])
            })
            .await;
            assert_eq!(seen(&guest, &order).await["state"], "PAID");
            app.stop().await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_finds_what_a_guest_bought_without_the_secret() {
    on_each_database(async |app: TestApp| {
        let guest = app.guest();
        let variant = variant(&app, 0, 5).await;
        let order = paid(&guest, &[(&variant, 1)]).await;
        let stranger = app.sign_in(&app.email(61).await).await;
        let by_id = "query($id: ID!) { node(id: $id) { id } order(id: $id) { id payments { id } } }";

        for client in [&guest, &stranger] {
            let nothing = data(client, by_id, json!({ "id": order.id })).await;
            assert_eq!(nothing, json!({ "node": null, "order": null }));
        }
        let support = app.sign_in("sami-support@demo.example").await;
        let found = data(&support, by_id, json!({ "id": order.id })).await;
        assert_eq!(found["node"]["id"], json!(order.id));
        assert_ne!(found["order"]["payments"], Value::Null);
        app.stop().await;
    })
    .await;
}
