//! Confirming: declines, steps that the payer must take, and one charge however
//! often.

use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use kit::{Id as _, ids::PaymentId};
use serde_json::{Value, json};
use tests::{on_each_database, on_each_database_with};

use super::{CONFIRM, TABLES, Till, account, codes, confirm, quick, wish};
use crate::accounts::{data, rows};

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_taken_and_its_order_is_told_at_once() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;

        let paid = confirm(&buyer, open.id, "tok_success", "a").await;

        assert_eq!(
            paid,
            json!({
                "payment": {
                    "id": open.id, "state": "CAPTURED", "captured": { "minorUnits": 2_000 },
                    "failure": null, "clientSecret": null,
                },
                "userErrors": [],
            })
        );
        assert_eq!(*till.orders.settled.lock().expect("no poison").last().expect("told"), open.order);
        assert_eq!(till.charges(open.id).await, 1);
        let balance = till.port.balance(open.order).await.expect("readable");
        assert_eq!((balance.authorized, balance.captured, balance.refunded), (2_000, 2_000, 0));
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opening_twice_opens_one_payment() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let account = account(&till.buyer().await).await;
        let open = till.open(Some(account), None).await;

        let again =
            join_all((0..4).map(|_| till.port.open(wish(open.order, Some(account), None)))).await;

        for again in again {
            assert_eq!(again.expect("recorded"), kit::ports::Opened::Ready(open.id));
        }
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_decline_says_why_and_another_method_may_pay() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;

        for reason in ["card_declined", "insufficient_funds", "expired_card"] {
            let declined = confirm(&buyer, open.id, &format!("tok_declined_{reason}"), reason).await;
            assert_eq!(codes(&declined), ["PAYMENT_DECLINED"]);
            assert_eq!(declined["payment"]["state"], "FAILED");
            assert_eq!(declined["payment"]["failure"], reason);
            let message = declined["userErrors"][0]["message"].as_str().expect("a text");
            assert!(message.ends_with(reason), "{message}");
        }
        assert_eq!(till.charges(open.id).await, 0);
        let paid = confirm(&buyer, open.id, "tok_success", "another").await;

        assert_eq!((codes(&paid), &paid["payment"]["state"]), (vec![], &json!("CAPTURED")));
        assert_eq!(paid["payment"]["failure"], Value::Null);
        assert_eq!(till.charges(open.id).await, 1);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payer_who_must_prove_who_they_are_confirms_once_more() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let (good, bad) = (till.open_for(&buyer).await, till.open_for(&buyer).await);

        for open in [good, bad] {
            let key = format!("ask-{}", open.id);
            let asked = confirm(&buyer, open.id, "tok_3ds", &key).await;
            assert_eq!(codes(&asked), ["PAYMENT_ACTION_REQUIRED"]);
            assert_eq!(asked["payment"]["state"], "REQUIRES_ACTION");
            assert!(asked["payment"]["clientSecret"].is_string(), "{asked}");
            let again = confirm(&buyer, open.id, "tok_3ds", &key).await;
            assert_eq!(again, asked);
        }
        let passed = confirm(&buyer, good.id, "tok_3ds_passed", "passed").await;
        let failed = confirm(&buyer, bad.id, "tok_3ds_failed", "failed").await;

        assert_eq!((codes(&passed), &passed["payment"]["state"]), (vec![], &json!("CAPTURED")));
        assert_eq!(codes(&failed), ["PAYMENT_DECLINED"]);
        assert_eq!(failed["payment"]["failure"], "authentication_required");
        assert_eq!((till.charges(good.id).await, till.charges(bad.id).await), (1, 0));
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_confirmations_charge_once_under_one_key_and_under_many() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let (one, many) = (till.open_for(&buyer).await, till.open_for(&buyer).await);

        let same = join_all((0..8).map(|_| confirm(&buyer, one.id, "tok_success", "same"))).await;
        let keys: Vec<String> = (0..8).map(|key| format!("key-{key}")).collect();
        let others = keys.iter().map(|key| confirm(&buyer, many.id, "tok_success", key));
        let others = join_all(others).await;

        for payload in same.iter().chain(&others) {
            assert_eq!((codes(payload), &payload["payment"]["state"]), (vec![], &json!("CAPTURED")));
        }
        assert_eq!((till.charges(one.id).await, till.charges(many.id).await), (1, 1));
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_another_input_changes_nothing() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let (first, second) = (till.open_for(&buyer).await, till.open_for(&buyer).await);
        confirm(&buyer, first.id, "tok_success", "key").await;
        let before = rows(&till.app, TABLES).await;

        let mismatch = confirm(&buyer, second.id, "tok_success", "key").await;

        assert_eq!(codes(&mismatch), ["IDEMPOTENCY_MISMATCH"]);
        assert_eq!(rows(&till.app, TABLES).await, before);
        assert_eq!(till.charges(second.id).await, 0);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_refused_and_leaves_nothing_behind() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;
        let before = rows(&till.app, TABLES).await;
        let (long, nobody) = ("x".repeat(256), PaymentId::generate());

        for (id, method, key, code, field) in [
            (open.id, "", "key", "INVALID", "methodToken"),
            (open.id, "two words", "key", "INVALID", "methodToken"),
            (open.id, long.as_str(), "key", "INVALID", "methodToken"),
            (open.id, "tok_success", "", "INVALID", "idempotencyKey"),
            (open.id, "tok_success", long.as_str(), "INVALID", "idempotencyKey"),
            (open.id, "tok_success", "a\u{0}b", "INVALID", "idempotencyKey"),
            (nobody, "tok_success", "key", "NOT_FOUND", "paymentId"),
        ] {
            let refused = confirm(&buyer, id, method, key).await;
            assert_eq!(codes(&refused), [code], "{method} {key}");
            assert_eq!(refused["userErrors"][0]["field"], json!([field]));
        }

        assert_eq!(rows(&till.app, TABLES).await, before);
        let unknown = confirm(&buyer, open.id, "tok_that_nobody_made", "key").await;
        assert_eq!(codes(&unknown), ["INVALID"]);
        assert!(till.holds(open.id, "state = 'REQUIRES_ACTION'").await);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_pays_for_somebody_else_and_a_guest_shows_the_secret() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let stranger = till.app.sign_in(&till.app.email(61).await).await;
        let support = till.app.sign_in("sami-support@demo.example").await;
        let (own, guests) = (till.open_for(&buyer).await, till.open(None, Some("secret")).await);
        let before = rows(&till.app, TABLES).await;

        for client in [&till.app.guest(), &stranger, &support] {
            let refused = confirm(client, own.id, "tok_success", "key").await;
            assert_eq!((codes(&refused), &refused["payment"]), (vec!["NOT_FOUND"], &Value::Null));
        }
        for secret in [Value::Null, json!("guess"), json!("")] {
            let variables =
                json!({ "id": guests.id, "method": "tok_success", "key": "key", "secret": secret });
            let refused = data(&till.app.guest(), CONFIRM, variables).await;
            assert_eq!(codes(&refused["paymentConfirm"]), ["NOT_FOUND"]);
        }
        assert_eq!(rows(&till.app, TABLES).await, before);
        let variables =
            json!({ "id": guests.id, "method": "tok_success", "key": "key", "secret": "secret" });
        let paid = data(&till.app.guest(), CONFIRM, variables).await;

        assert_eq!(paid["paymentConfirm"]["payment"]["state"], "CAPTURED");
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_takes_no_payment_is_not_charged() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let (closed, off) = (till.open_for(&buyer).await, till.open_for(&buyer).await);
        till.orders.is_closed.store(true, Ordering::SeqCst);
        let refused = confirm(&buyer, closed.id, "tok_success", "closed").await;
        till.orders.is_closed.store(false, Ordering::SeqCst);
        till.port.call_off(off.order, "expired").await.expect("called off");

        let called_off = confirm(&buyer, off.id, "tok_success", "off").await;

        assert_eq!(codes(&refused), ["FORBIDDEN_TRANSITION"]);
        assert_eq!(codes(&called_off), ["FORBIDDEN_TRANSITION"]);
        assert_eq!(called_off["payment"]["state"], "VOIDED");
        assert_eq!((till.charges(closed.id).await, till.charges(off.id).await), (0, 0));
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_takes_a_while_is_told_later() {
    on_each_database_with(quick, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let (paid, declined) = (till.open_for(&buyer).await, till.open_for(&buyer).await);

        let waits = confirm(&buyer, paid.id, "tok_slow", "a").await;
        confirm(&buyer, declined.id, "tok_slow_declined", "b").await;

        assert_eq!((codes(&waits), &waits["payment"]["state"]), (vec![], &json!("PROCESSING")));
        till.until(paid.id, "state = 'CAPTURED'").await;
        till.until(declined.id, "state = 'FAILED' AND failure = 'card_declined'").await;
        till.stop().await;
    })
    .await;
}
