//! Orders that come to nothing: cancelled or not paid in time, with all that they
//! held given back once.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tests::{TestApp, number, on_each_database_with};

use super::{codes, eventually, paid, pay, placed, quick, seen, stock, variant};
use crate::accounts::data;

const CANCEL: &str = "mutation($id: ID!, $version: Int, $secret: String) { orderCancel(id: $id, reason: \
    \"Changed my mind\", expectedVersion: $version, guestSecret: $secret) { order { state history { to \
    reason } } userErrors { code field } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_order_gives_its_units_and_its_money_back_once() {
    on_each_database_with(quick, async |app: TestApp| {
        let buyer = app.sign_in(&app.email(60).await).await;
        let variant = variant(&app, 0, 5).await;
        let unpaid = placed(&buyer, &[(&variant, 2)]).await;
        assert_eq!(stock(&app, &variant).await, (5, 2));
        let stale = json!({ "id": unpaid.id, "version": 0 });
        let stale = data(&buyer, CANCEL, stale).await["orderCancel"].take();
        assert_eq!(codes(&stale), ["VERSION_CONFLICT"]);

        let first = data(&buyer, CANCEL, json!({ "id": unpaid.id, "version": 1 })).await;
        assert_eq!(first["orderCancel"]["order"]["state"], "CANCELLED", "{first}");
        assert_eq!(
            first["orderCancel"]["order"]["history"][1],
            json!({ "to": "CANCELLED", "reason": "Changed my mind" })
        );
        assert_eq!(stock(&app, &variant).await, (5, 0));
        let refused = pay(&buyer, &unpaid, "tok_success", "pay").await;
        assert!(!codes(&refused).is_empty(), "an order that is over can't be paid: {refused}");

        let order = paid(&buyer, &[(&variant, 2)]).await;
        assert_eq!(stock(&app, &variant).await, (3, 0));
        let cancels = (0..10).map(|_| data(&buyer, CANCEL, json!({ "id": order.id })));
        let answers = join_all(cancels).await;

        let done = answers.iter().filter(|answer| answer["orderCancel"]["userErrors"] == json!([]));
        assert_eq!(done.count(), 1, "{answers:?}");
        assert_eq!(stock(&app, &variant).await, (5, 0));
        eventually("the money is back", async || {
            seen(&buyer, &order).await["paymentStatus"] == "REFUNDED"
        })
        .await;
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_expiry_and_payment_at_the_same_instant_one_wins() {
    on_each_database_with(
        |config| {
            quick(config);
            config.orders.pay_within = Duration::from_secs(4);
            config.orders.look_every = Duration::from_millis(10);
        },
        async |app: TestApp| {
            let variant = variant(&app, 0, 50).await;
            let clients: Vec<_> = (0..24).map(|_| app.guest()).collect();

            let races = clients.iter().enumerate().map(async |(index, client)| {
                let order = placed(client, &[(&variant, 1)]).await;
                // Just before its end, at its end, and just after.
                let until = 3_000 + 60 * u64::try_from(index).expect("a few");
                tokio::time::sleep(Duration::from_millis(until)).await;
                pay(client, &order, "tok_success", "pay").await;
                order
            });
            let orders = join_all(races).await;

            let mut sold = 0;
            for (order, client) in orders.iter().zip(&clients) {
                let mut after = json!(null);
                eventually("it ends", async || {
                    after = seen(client, order).await;
                    let status = after["paymentStatus"].as_str().unwrap_or_default().to_owned();
                    match after["state"].as_str() {
                        Some("PAID") => status == "CAPTURED",
                        Some("EXPIRED") => ["VOIDED", "REFUNDED", "UNPAID"].contains(&status.as_str()),
                        _ => false,
                    }
                })
                .await;
                sold += i64::from(after["state"] == "PAID");
            }
            assert_eq!(stock(&app, &variant).await, (50 - sold, 0));
            assert_eq!(number(&app, "SELECT count(invoice_number) FROM orders").await, sold);
            app.stop().await;
        },
    )
    .await;
}
