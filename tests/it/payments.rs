//! Payments through the front door: paid once, given back once, whatever the
//! provider tells and in whatever order.

mod captures;
mod confirming;
mod events;
mod outages;
mod plans;
mod reading;
mod refunds;
mod stripe;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use gateway::Config;
use kit::{
    Id as _, Money, Result,
    ids::{AccountId, OrderId, PaymentId},
    ports::{NewPayment, Opened, PaymentWatcher, Payments},
};
use serde_json::{Value, json};
use tests::{Client, TestApp, number};

use crate::accounts::data;

/// Tables that a refused change leaves as they are.
const TABLES: [&str; 5] =
    ["payments", "payment_refunds", "sandbox_ledger", "idempotency_keys", "events"];

const CONFIRM: &str = "mutation($id: ID!, $method: String!, $key: String!, $secret: String) { \
    paymentConfirm(paymentId: $id, methodToken: $method, idempotencyKey: $key, guestSecret: $secret) { \
    payment { id state captured { minorUnits } failure clientSecret } \
    userErrors { code field message } } }";

const CAPTURE: &str = "mutation($id: ID!, $amount: MoneyInput, $key: String!) { \
    paymentCapture(paymentId: $id, amount: $amount, idempotencyKey: $key) { \
    payment { state authorized { minorUnits } captured { minorUnits } } \
    userErrors { code field message } } }";

/// The orders that payments are for.
#[derive(Default)]
struct Orders {
    is_closed: AtomicBool,
    settled: Mutex<Vec<OrderId>>,
}

#[async_trait::async_trait]
impl PaymentWatcher for Orders {
    async fn is_payable(&self, _: OrderId) -> Result<bool> {
        Ok(!self.is_closed.load(Ordering::SeqCst))
    }

    async fn settle(&self, order: OrderId) -> Result<()> {
        self.settled.lock().expect("no poison").push(order);
        Ok(())
    }
}

/// A gateway whose orders are played.
struct Till {
    app: TestApp,
    orders: Arc<Orders>,
    port: Arc<dyn Payments>,
}

/// A payment that waits for its payer.
#[derive(Debug, Clone, Copy)]
struct Open {
    order: OrderId,
    id: PaymentId,
}

impl Till {
    fn new(app: TestApp) -> Self {
        let port = app.app().platform().ports.get::<dyn Payments>().expect("payments run");
        let orders = Arc::new(Orders::default());
        port.watch(orders.clone());
        Self { app, orders, port }
    }

    /// Somebody of the demo marketplace who buys.
    async fn buyer(&self) -> Client {
        self.app.sign_in(&self.app.email(60).await).await
    }

    /// A payment of 20.00 EUR.
    async fn open(&self, account: Option<AccountId>, secret: Option<&str>) -> Open {
        let order = OrderId::generate();
        let opened = self.port.open(wish(order, account, secret)).await.expect("recorded");
        let (Opened::Ready(id) | Opened::Later(id) | Opened::Refused(id)) = opened;
        Open { order, id }
    }

    async fn open_for(&self, client: &Client) -> Open {
        self.open(Some(account(client).await), None).await
    }

    /// How often money was taken for a payment.
    async fn charges(&self, payment: PaymentId) -> i64 {
        self.booked(payment, "charge").await
    }

    /// How often this was booked of a payment.
    async fn booked(&self, payment: PaymentId, kind: &str) -> i64 {
        let sql = format!(
            "SELECT count(*) FROM sandbox_ledger l JOIN sandbox_intents i ON i.id = l.intent \
             WHERE i.payment = '{payment}' AND l.kind = '{kind}'"
        );
        number(&self.app, &sql).await
    }

    /// What became of a payment's row.
    async fn holds(&self, payment: PaymentId, condition: &str) -> bool {
        let sql = format!("SELECT count(*) FROM payments WHERE id = '{payment}' AND {condition}");
        number(&self.app, &sql).await == 1
    }

    /// Waits until the workers have brought a payment there.
    async fn until(&self, payment: PaymentId, condition: &str) {
        let reached = async {
            while !self.holds(payment, condition).await {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let reached = tokio::time::timeout(Duration::from_secs(20), reached).await;
        assert!(reached.is_ok(), "never {condition}");
    }

    /// Waits until the provider has so many refunds.
    async fn given_back(&self, refunds: i64) {
        let sent = "SELECT count(*) FROM payment_refunds WHERE state = 'SUCCEEDED'";
        let given = async {
            while number(&self.app, sent).await < refunds {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), given).await.expect("all are sent");
    }

    async fn stop(self) {
        drop(self.port);
        self.app.stop().await;
    }
}

fn wish(order: OrderId, account: Option<AccountId>, secret: Option<&str>) -> NewPayment {
    NewPayment {
        order_id: order,
        account_id: account,
        guest_access: secret.map(hash),
        amount: Money::new(2_000, "EUR".parse().expect("a currency")),
    }
}

/// What is kept of a guest's secret.
fn hash(secret: &str) -> String {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn account(client: &Client) -> AccountId {
    let me = data(client, "{ me { id } }", Value::Null).await;
    me["me"]["id"].as_str().expect("signed in").parse().expect("an account")
}

async fn confirm(client: &Client, payment: PaymentId, method: &str, key: &str) -> Value {
    let variables = json!({ "id": payment, "method": method, "key": key });
    data(client, CONFIRM, variables).await["paymentConfirm"].take()
}

async fn capture(client: &Client, payment: PaymentId, amount: Option<i64>, key: &str) -> Value {
    let amount = amount.map(|amount| json!({ "minorUnits": amount, "currency": "EUR" }));
    let variables = json!({ "id": payment, "amount": amount, "key": key });
    data(client, CAPTURE, variables).await["paymentCapture"].take()
}

/// The codes of what a payload says went wrong.
fn codes(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"].as_array().expect("errors");
    errors.iter().map(|error| error["code"].as_str().expect("a code")).collect()
}

/// Workers that look often.
fn quick(config: &mut Config) {
    config.payments.poll = Duration::from_millis(20);
    config.payments.events_poll = Duration::from_millis(200);
    config.payments.timeout = Duration::from_secs(2);
}
