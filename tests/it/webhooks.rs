//! Webhooks through the front door, to receivers of the tests' own.

mod endpoints;
mod refusals;
mod retries;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::hmac;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse as _,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gateway::Config;
use serde_json::{Value, json};
use tests::{Client, TestApp};
use tokio::{
    net::TcpListener,
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

const SAVE: &str = "mutation($id: ID, $url: URL!, $kinds: [String!]!, $enabled: Boolean) { \
    webhookEndpointSave(id: $id, url: $url, kinds: $kinds, enabled: $enabled) { \
    endpoint { id url kinds enabled } secret userErrors { code field message } } }";

const DELIVERIES: &str = "{ webhookEndpoints { id url enabled deliveries { nodes { \
    id eventId kind state attempts lastStatus lastError nextAttemptAt } } } }";

/// Receivers on the loopback are taken, and nothing waits long.
fn quick(config: &mut Config) {
    config.events.poll = Duration::from_millis(20);
    config.webhooks.allow_http = true;
    config.webhooks.allow_private = vec!["127.0.0.1".to_owned()];
    config.webhooks.poll = Duration::from_millis(20);
    config.webhooks.retry_pause = Duration::from_millis(50);
}

async fn admin(app: &TestApp) -> Client {
    app.sign_in("alma-admin@demo.example").await
}

/// What a receiver got.
#[derive(Debug, Clone, PartialEq)]
struct Got {
    id: String,
    seconds: String,
    signatures: Vec<String>,
    content_type: String,
    text: String,
}

impl Got {
    fn body(&self) -> Value {
        serde_json::from_str(&self.text).expect("JSON")
    }

    fn product(&self) -> String {
        self.body()["data"]["productId"].as_str().expect("a product").to_owned()
    }

    /// Whether one of the signatures is that of this secret, by the
    /// specification and not by our own code.
    fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret")).expect("base64");
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        let signed = format!("{}.{}.{}", self.id, self.seconds, self.text);
        self.signatures.iter().any(|signature| {
            let signature = STANDARD.decode(signature.strip_prefix("v1,").expect("a version"));
            hmac::verify(&key, signed.as_bytes(), &signature.expect("base64")).is_ok()
        })
    }
}

/// A third party's server: answers as told, 200 otherwise.
struct Receiver {
    url: String,
    answers: Arc<Mutex<VecDeque<u16>>>,
    requests: UnboundedReceiver<Got>,
    server: JoinHandle<()>,
}

#[derive(Clone)]
struct Desk {
    answers: Arc<Mutex<VecDeque<u16>>>,
    requests: UnboundedSender<Got>,
}

/// Stands in the list of answers for none at all.
const NEVER: u16 = 0;

impl Drop for Receiver {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Receiver {
    async fn start() -> Self {
        let (sender, requests) = unbounded_channel();
        let desk = Desk { answers: Arc::default(), requests: sender };
        let answers = desk.answers.clone();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}/hooks", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(receive).with_state(desk);
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("it listens");
        });
        Self { url, answers, requests, server }
    }

    /// Has the next requests answered so.
    fn answers(&self, statuses: &[u16]) {
        self.answers.lock().expect("no poison").extend(statuses);
    }

    async fn next(&mut self) -> Got {
        let next = tokio::time::timeout(Duration::from_secs(20), self.requests.recv());
        next.await.expect("a request within 20 s").expect("the receiver runs")
    }

    async fn take(&mut self, count: usize) -> Vec<Got> {
        let mut requests = Vec::with_capacity(count);
        for _ in 0..count {
            requests.push(self.next().await);
        }
        requests
    }

    /// Fails when something comes within a moment.
    async fn is_left_alone(&mut self) {
        let more = tokio::time::timeout(Duration::from_millis(400), self.requests.recv()).await;
        assert!(more.is_err(), "{more:?}");
    }
}

async fn receive(State(desk): State<Desk>, headers: HeaderMap, body: Bytes) -> axum::response::Response {
    let header = |name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let got = Got {
        id: header("webhook-id"),
        seconds: header("webhook-timestamp"),
        signatures: header("webhook-signature").split(' ').map(str::to_owned).collect(),
        content_type: header("content-type"),
        text: String::from_utf8(body.to_vec()).expect("text"),
    };
    let answer = desk.answers.lock().expect("no poison").pop_front().unwrap_or(200);
    // The test may have what it waited for.
    let _ = desk.requests.send(got);
    if answer == NEVER {
        std::future::pending::<()>().await;
    }
    let status = StatusCode::from_u16(answer).expect("a status");
    (status, [(header::LOCATION, "/elsewhere")], "thank you").into_response()
}

/// Saves an endpoint; the whole payload.
async fn save(admin: &Client, url: &str, kinds: &[&str]) -> Value {
    let answer = admin.ask(SAVE, json!({ "url": url, "kinds": kinds })).await;
    let payload = &answer["data"]["webhookEndpointSave"];
    assert!(payload.is_object(), "{answer}");
    payload.clone()
}

/// Saves an endpoint; its id and secret.
async fn endpoint(admin: &Client, url: &str, kinds: &[&str]) -> (String, String) {
    let payload = save(admin, url, kinds).await;
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{payload}")).to_owned();
    (text(&payload["endpoint"]["id"]), text(&payload["secret"]))
}

/// The only endpoint, with its deliveries.
async fn only_endpoint(admin: &Client) -> Value {
    let answer = admin.ask(DELIVERIES, json!({})).await;
    let endpoints = answer["data"]["webhookEndpoints"].as_array();
    assert_eq!(endpoints.map(Vec::len), Some(1), "{answer}");
    answer["data"]["webhookEndpoints"][0].clone()
}

/// The newest delivery of the only endpoint, once it is in this state.
async fn delivery(admin: &Client, state: &str) -> Value {
    let waiting = async {
        loop {
            let newest = only_endpoint(admin).await["deliveries"]["nodes"][0].clone();
            if newest["state"] == state {
                return newest;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it gets there")
}
