//! Manual capture: money is set aside, and taken in whole or in part, once.

use futures_util::future::join_all;
use gateway::{CaptureMode, Config};
use kit::{Id as _, ids::PaymentId};
use serde_json::json;
use tests::on_each_database_with;

use super::{TABLES, Till, capture, codes, confirm, quick};
use crate::accounts::rows;

fn manual(config: &mut Config) {
    quick(config);
    config.payments.capture = CaptureMode::Manual;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_aside_is_captured_once_and_the_rest_is_freed() {
    on_each_database_with(manual, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let support = till.app.sign_in("sami-support@demo.example").await;
        let open = till.open_for(&buyer).await;
        let paid = confirm(&buyer, open.id, "tok_success", "a").await;
        assert_eq!((codes(&paid), &paid["payment"]["state"]), (vec![], &json!("AUTHORIZED")));
        let balance = till.port.balance(open.order).await.expect("readable");
        assert_eq!((balance.authorized, balance.captured), (2_000, 0));

        let keys: Vec<String> = (0..6).map(|key| format!("key-{key}")).collect();
        let captured =
            join_all(keys.iter().map(|key| capture(&support, open.id, Some(1_500), key))).await;

        let won = captured.iter().filter(|payload| codes(payload).is_empty()).count();
        assert_eq!(won, 1, "{captured:?}");
        assert!(captured.iter().all(|payload| payload["payment"]["captured"]["minorUnits"] == 1_500
            || codes(payload) == ["FORBIDDEN_TRANSITION"]));
        assert_eq!((till.booked(open.id, "capture").await, till.charges(open.id).await), (1, 1));
        let balance = till.port.balance(open.order).await.expect("readable");
        assert_eq!((balance.authorized, balance.captured), (1_500, 1_500));
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_capture_changes_nothing() {
    on_each_database_with(manual, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let support = till.app.sign_in("sami-support@demo.example").await;
        let (unpaid, paid) = (till.open_for(&buyer).await, till.open_for(&buyer).await);
        confirm(&buyer, paid.id, "tok_success", "a").await;
        let before = rows(&till.app, TABLES).await;

        for (id, amount, code) in [
            (unpaid.id, None, "FORBIDDEN_TRANSITION"),
            (paid.id, Some(0), "INVALID"),
            (paid.id, Some(-5), "INVALID"),
            (paid.id, Some(2_001), "INVALID"),
            (PaymentId::generate(), None, "NOT_FOUND"),
        ] {
            assert_eq!(codes(&capture(&support, id, amount, "key").await), [code], "{amount:?}");
        }
        let variables =
            json!({ "id": paid.id, "amount": { "minorUnits": 5, "currency": "USD" }, "key": "k" });
        let other = crate::accounts::data(&support, super::CAPTURE, variables).await;

        assert_eq!(codes(&other["paymentCapture"]), ["INVALID"]);
        assert_eq!(rows(&till.app, TABLES).await, before);
        assert!(till.holds(paid.id, "state = 'AUTHORIZED' AND captured = 0").await);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_set_aside_for_an_order_that_is_off_is_freed() {
    on_each_database_with(manual, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;
        confirm(&buyer, open.id, "tok_success", "a").await;

        till.port.call_off(open.order, "cancelled").await.expect("called off");

        till.until(open.id, "state = 'VOIDED'").await;
        assert_eq!((till.booked(open.id, "void").await, till.booked(open.id, "capture").await), (1, 0));
        let balance = till.port.balance(open.order).await.expect("readable");
        assert_eq!((balance.authorized, balance.captured), (0, 0));
        till.stop().await;
    })
    .await;
}
