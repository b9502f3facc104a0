//! What the provider tells: believed only when signed, looked into once, and the
//! same in the end whatever the order.

use aws_lc_rs::hmac;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use gateway::Config;
use kit::ports::PaymentEvents;
use secrecy::SecretString;
use serde_json::{Value, json};
use tests::{TestApp, number, on_each_database_with};

use super::{Till, confirm, quick};

const SECRET: &str = "whsec_of_the_test";
const EVENTS: &str = "SELECT count(*) FROM payment_events";

fn signed(config: &mut Config) {
    quick(config);
    config.payments.webhook_secrets = SecretString::from(format!("whsec_old, {SECRET}"));
}

/// Stripe's scheme, written down once more.
fn signature(body: &str, secret: &str, seconds: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={seconds},v1={hex}")
}

fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.expect("after 1970").as_secs()).expect("a number")
}

async fn post(app: &TestApp, provider: &str, body: &str, signature: &str) -> (StatusCode, Value) {
    let request = Request::post(format!("/webhooks/{provider}"))
        .header("stripe-signature", signature)
        .header("content-type", "application/json")
        .body(Body::from(body.to_owned()))
        .expect("a request");
    let answer = app.guest().send(request).await;
    (answer.status, answer.json())
}

fn event(id: &str, kind: &str, payment: &str) -> String {
    json!({ "id": id, "type": kind, "intent": "sbx_any", "payment": payment }).to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forged_stale_or_tampered_event_is_refused_and_counted() {
    on_each_database_with(signed, async |app| {
        let till = Till::new(app);
        let open = till.open_for(&till.buyer().await).await;
        let body = event("evt_1", "payment.captured", &open.id.to_string());
        let port = till.app.app().platform().ports.get::<dyn PaymentEvents>().expect("a port");
        let good = signature(&body, SECRET, now());

        for (body, signature) in [
            (body.clone(), String::new()),
            (body.clone(), "t=1,v1=zz".to_owned()),
            (body.clone(), signature(&body, "whsec_of_somebody_else", now())),
            (body.clone(), signature(&body, SECRET, now() - 301)),
            (body.clone(), signature(&body, SECRET, now() + 400)),
            (body.replace("captured", "refunded"), good.clone()),
        ] {
            let (status, answer) = post(&till.app, "sandbox", &body, &signature).await;
            assert_eq!(
                (status.as_u16(), &answer["code"]),
                (400, &json!("BAD_SIGNATURE")),
                "{signature}"
            );
        }
        let (unread, _) = post(&till.app, "sandbox", "{}", &signature("{}", SECRET, now())).await;
        let (other, _) = post(&till.app, "stripe", &body, &good).await;

        assert_eq!((unread.as_u16(), other.as_u16()), (400, 404));
        assert_eq!(port.refused(), 7);
        assert_eq!(number(&till.app, EVENTS).await, 0);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_kept_once_and_believed_under_either_secret() {
    on_each_database_with(signed, async |app| {
        let till = Till::new(app);
        let open = till.open_for(&till.buyer().await).await;

        for (id, secret) in [("evt_1", SECRET), ("evt_1", "whsec_old"), ("evt_2", "whsec_old")] {
            // It claims what did not happen: the provider knows better.
            let body = event(id, "payment.captured", &open.id.to_string());
            let (status, _) = post(&till.app, "sandbox", &body, &signature(&body, secret, now())).await;
            assert_eq!(status.as_u16(), 200);
        }

        assert_eq!(number(&till.app, EVENTS).await, 2);
        while number(&till.app, &format!("{EVENTS} WHERE due_at IS NOT NULL")).await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert!(till.holds(open.id, "state = 'REQUIRES_ACTION' AND captured = 0").await);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_repeated_shuffled_and_missed_events_end_in_one_state() {
    on_each_database_with(signed, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        for method in
            ["tok_late_events", "tok_repeated_events", "tok_shuffled_events", "tok_missed_events"]
        {
            let open = till.open_for(&buyer).await;
            confirm(&buyer, open.id, method, method).await;
            // Every event that was or will be told is told twice more, the last first.
            for turn in ["a", "b"] {
                for kind in ["payment.failed", "payment.captured", "payment.processing"] {
                    let body = event(&format!("{kind}-{}", open.id), kind, &open.id.to_string());
                    let signed = signature(&body, SECRET, now());
                    let (status, _) = post(&till.app, "sandbox", &body, &signed).await;
                    assert_eq!(status.as_u16(), 200, "{turn}");
                }
            }
            let waiting = format!("{EVENTS} WHERE due_at IS NOT NULL");
            while number(&till.app, &waiting).await > 0 {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            assert!(till.holds(open.id, "state = 'CAPTURED' AND captured = 2000").await, "{method}");
            assert_eq!(till.charges(open.id).await, 1, "{method}");
        }
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_whose_answer_and_events_were_lost_is_found_out_about() {
    on_each_database_with(signed, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;

        let lost = confirm(&buyer, open.id, "tok_lost_answer", "key").await;
        till.until(open.id, "state = 'CAPTURED'").await;
        let again = confirm(&buyer, open.id, "tok_lost_answer", "key").await;

        assert_eq!(super::codes(&lost), ["PAYMENT_UNAVAILABLE"]);
        assert_eq!(super::codes(&again), Vec::<&str>::new());
        assert_eq!(till.charges(open.id).await, 1);
        till.stop().await;
    })
    .await;
}
