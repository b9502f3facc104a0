//! Stripe's side played by localstripe: the same rules by another provider, and
//! webhooks as Stripe signs them.

use std::{path::Path, process::Stdio, sync::atomic::Ordering, time::Duration};

use futures_util::future::join_all;
use gateway::{CaptureMode, Config, PaymentProvider};
use kit::{Backend, ids::PaymentId, ports::Refunded};
use secrecy::SecretString;
use serde_json::{Value, json};
use tests::{TestApp, number, peers, postgres::free_port};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::{Till, capture, codes, confirm, quick};

const SECRET: &str = "whsec_of_localstripe";

/// A running Stripe; it ends with the test.
struct LocalStripe {
    base: String,
    http: reqwest::Client,
    process: Child,
}

impl LocalStripe {
    /// `None` where Python or the package can't be had.
    async fn start() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("stripe");
        let wanted = folder.join("stripe-requirements.txt");
        let python = peers::python(&venv, &wanted, "localstripe").await?;
        let port = free_port().expect("a free port");
        let mut process = Command::new(python)
            .arg(folder.join("stripe.py"))
            .arg(port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python runs");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        assert_eq!(lines.next_line().await.expect("its output").as_deref(), Some("ready"));
        let stripe =
            Self { base: format!("http://127.0.0.1:{port}"), http: reqwest::Client::new(), process };
        while stripe.get("/v1/events").await.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Some(stripe)
    }

    fn configure(&self, config: &mut Config) {
        quick(config);
        config.payments.provider = PaymentProvider::Stripe;
        config.payments.stripe.api_base = self.base.clone();
        config.payments.stripe.secret_key = SecretString::from("sk_test_1");
        config.payments.webhook_secrets = SecretString::from(SECRET);
        config.payments.pause = Duration::from_millis(200);
    }

    async fn get(&self, path: &str) -> Option<Value> {
        let request = self.http.get(format!("{}{path}", self.base)).basic_auth("sk_test_1", Some(""));
        let text = request.send().await.ok()?.text().await.ok()?;
        serde_json::from_str(&text).ok()
    }

    async fn post(&self, path: &str, body: &str) -> Value {
        let request = self
            .http
            .post(format!("{}{path}", self.base))
            .basic_auth("sk_test_1", Some(""))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.to_owned());
        let text = request.send().await.expect("it runs").text().await.expect("text");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// How many charges Stripe has of one payment.
    async fn charges(&self, payment: PaymentId) -> usize {
        let intents = self.get("/v1/payment_intents?limit=100").await.expect("it runs");
        let intents = intents["data"].as_array().expect("intents").clone();
        let own = intents.iter().filter(|intent| intent["metadata"]["payment_id"] == json!(payment));
        own.filter(|intent| intent["status"] == "succeeded").count()
    }

    /// What Stripe calls a payment.
    async fn reference(&self, payment: PaymentId) -> (String, String) {
        let intents = self.get("/v1/payment_intents?limit=100").await.expect("it runs");
        let intents = intents["data"].as_array().expect("intents").clone();
        let own = intents.iter().find(|intent| intent["metadata"]["payment_id"] == json!(payment));
        let own = own.expect("an intent");
        let text = |name: &str| own[name].as_str().expect("text").to_owned();
        (text("id"), text("client_secret"))
    }

    async fn card(&self, number: &str) -> String {
        let body = format!(
            "type=card&card[number]={number}&card[exp_month]=12&card[exp_year]=2030&card[cvc]=123"
        );
        let card = self.post("/v1/payment_methods", &body).await;
        card["id"].as_str().unwrap_or_else(|| panic!("{card}")).to_owned()
    }
}

/// A gateway with Stripe, on either database.
async fn on_stripe<F: Future<Output = ()>>(
    configure: impl Fn(&mut Config),
    test: impl Fn(Till, LocalStripe) -> F,
) {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let Some(stripe) = LocalStripe::start().await else { return };
        let configure = |config: &mut Config| {
            stripe.configure(config);
            configure(config);
        };
        if let Some(app) = TestApp::start(backend, configure).await {
            test(Till::new(app), stripe).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_is_paid_once_declines_and_asks_for_proof() {
    on_stripe(
        |_| {},
        async |till, stripe| {
            let buyer = till.buyer().await;
            let (paid, declined, proven) =
                (till.open_for(&buyer).await, till.open_for(&buyer).await, till.open_for(&buyer).await);

            let keys: Vec<String> = (0..4).map(|key| format!("key-{key}")).collect();
            let answers =
                join_all(keys.iter().map(|key| confirm(&buyer, paid.id, "pm_card_visa", key))).await;
            let decline = confirm(&buyer, declined.id, "pm_card_chargeCustomerFail", "declined").await;
            let unknown = confirm(&buyer, declined.id, "pm_nobody_made_this", "unknown").await;
            let card = stripe.card("4000002500003155").await;
            let asked = confirm(&buyer, proven.id, &card, "3ds").await;

            for answer in answers {
                assert_eq!((codes(&answer), &answer["payment"]["state"]), (vec![], &json!("CAPTURED")));
            }
            assert_eq!(stripe.charges(paid.id).await, 1);
            assert_eq!(codes(&decline), ["PAYMENT_DECLINED"]);
            assert_eq!(decline["payment"]["failure"], "card_declined");
            assert!(!codes(&unknown).is_empty(), "{unknown}");
            assert_eq!(codes(&asked), ["PAYMENT_ACTION_REQUIRED"]);
            let (reference, secret) = stripe.reference(proven.id).await;
            assert_eq!(asked["payment"]["clientSecret"], json!(secret));
            let proof = format!("client_secret={secret}&success=true&key=pk_test_1");
            stripe.post(&format!("/v1/payment_intents/{reference}/_authenticate"), &proof).await;
            // No webhook is set up: the events are asked for.
            till.until(proven.id, "state = 'CAPTURED' AND captured = 2000").await;
            till.stop().await;
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_captures_in_part_and_refunds_within_it() {
    let manual = |config: &mut Config| config.payments.capture = CaptureMode::Manual;
    on_stripe(manual, async |till, stripe| {
        let buyer = till.buyer().await;
        let support = till.app.sign_in("sami-support@demo.example").await;
        let (open, off) = (till.open_for(&buyer).await, till.open_for(&buyer).await);
        for open in [open, off] {
            let paid = confirm(&buyer, open.id, "pm_card_visa", &open.id.to_string()).await;
            assert_eq!(paid["payment"]["state"], "AUTHORIZED", "{paid}");
        }

        let captured = capture(&support, open.id, Some(1_500), "key").await;
        let first = till.port.refund(open.order, "a", 1_000, "broken").await.expect("answered");
        let second = till.port.refund(open.order, "b", 600, "broken").await.expect("answered");
        till.port.call_off(off.order, "cancelled").await.expect("called off");

        assert_eq!(captured["payment"]["captured"]["minorUnits"], 1_500, "{captured}");
        assert!(matches!(first, Refunded::Accepted(_)), "{first:?}");
        assert_eq!(second, Refunded::Exceeds(500));
        till.until(off.id, "state = 'VOIDED'").await;
        till.given_back(1).await;
        assert!(till.holds(open.id, "refunded = 1000 AND state = 'PARTIALLY_REFUNDED'").await);
        drop(stripe);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_tells_of_a_payment_by_a_signed_webhook_and_of_a_refund_made_there() {
    let patient = |config: &mut Config| config.payments.events_poll = Duration::from_secs(3_600);
    on_stripe(patient, async |till, stripe| {
        let buyer = till.buyer().await;
        let served = till.app.serve().await;
        let hook = format!("url={}/webhooks/stripe&secret={SECRET}", served.url);
        stripe.post("/_config/webhooks/weft", &hook).await;
        let open = till.open_for(&buyer).await;
        let card = stripe.card("4000002500003155").await;
        confirm(&buyer, open.id, &card, "3ds").await;
        let (reference, secret) = stripe.reference(open.id).await;

        let proof = format!("client_secret={secret}&success=true&key=pk_test_1");
        stripe.post(&format!("/v1/payment_intents/{reference}/_authenticate"), &proof).await;

        till.until(open.id, "state = 'CAPTURED'").await;
        assert!(number(&till.app, "SELECT count(*) FROM payment_events").await > 0);
        stripe.post("/v1/refunds", &format!("payment_intent={reference}&amount=500")).await;
        // As the event `charge.refunded` would, which localstripe does not send.
        till.port.refund(open.order, "ours", 300, "broken").await.expect("answered");
        let look = format!("UPDATE payments SET due_at = 1 WHERE id = '{}'", open.id);
        tests::execute(&till.app, &look).await;
        till.until(open.id, "refunded = 800 AND state = 'PARTIALLY_REFUNDED'").await;
        drop(served);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn stripe_away_is_told_in_time_and_nothing_is_charged() {
    on_stripe(
        |_| {},
        async |till, mut stripe| {
            let buyer = till.buyer().await;
            let open = till.open_for(&buyer).await;
            stripe.process.kill().await.expect("it ends");

            let started = std::time::Instant::now();
            let away = confirm(&buyer, open.id, "pm_card_visa", "key").await;
            till.orders.is_closed.store(false, Ordering::SeqCst);

            assert_eq!(codes(&away), ["PAYMENT_UNAVAILABLE"]);
            assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
            assert!(till.holds(open.id, "state = 'REQUIRES_ACTION' AND captured = 0").await);
            till.stop().await;
        },
    )
    .await;
}
