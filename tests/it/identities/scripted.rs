//! A provider of this process that says whatever a test wants, counts how often
//! it is asked, and goes away when told to.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use aws_lc_rs::{
    digest::{SHA256, digest},
    signature::{Ed25519KeyPair, KeyPair as _},
};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// A PKCE verifier: 43 letters.
pub(super) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The running provider; it ends with this value.
pub(super) struct Scripted {
    pub(super) url: String,
    inside: Arc<Inside>,
    server: JoinHandle<()>,
}

struct Inside {
    url: String,
    key: Mutex<(String, Ed25519KeyPair)>,
    keys: AtomicUsize,
    /// The claims of ID tokens, and the challenge of the verifier, by code.
    codes: Mutex<HashMap<String, (Value, String)>>,
    given: AtomicUsize,
    asked: AtomicUsize,
    is_away: AtomicBool,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The present second.
pub(super) fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

fn encoded(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

fn new_key() -> Ed25519KeyPair {
    Ed25519KeyPair::generate().expect("a key")
}

impl Scripted {
    pub(super) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let inside = Arc::new(Inside {
            url: url.clone(),
            key: Mutex::new(("key-0".to_owned(), new_key())),
            keys: AtomicUsize::new(1),
            codes: Mutex::default(),
            given: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            is_away: AtomicBool::new(false),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/jwks", get(jwks))
            .route("/token", post(token))
            .with_state(inside.clone());
        let server =
            tokio::spawn(async move { axum::serve(listener, router).await.expect("it listens") });
        Self { url, inside, server }
    }

    /// A token with these claims, good for an hour and for us where they don't
    /// say otherwise.
    pub(super) fn token(&self, claims: Value) -> String {
        let (id, key) = &*self.inside.key.lock().expect("not poisoned");
        self.inside.signed(json!({ "alg": "EdDSA", "kid": id, "typ": "JWT" }), key, claims)
    }

    /// As [`token`](Self::token), by a key that the provider does not publish.
    pub(super) fn token_of_another_key(&self, id: &str, claims: Value) -> String {
        self.inside.signed(json!({ "alg": "EdDSA", "kid": id }), &new_key(), claims)
    }

    /// As [`token`](Self::token), with this header beside algorithm and key.
    pub(super) fn token_headed(&self, more: &Value, claims: Value) -> String {
        let (id, key) = &*self.inside.key.lock().expect("not poisoned");
        let mut header = json!({ "alg": "EdDSA", "kid": id });
        merge(&mut header, more);
        self.inside.signed(header, key, claims)
    }

    /// An input for signing in as somebody with these claims.
    pub(super) fn login(&self, claims: Value) -> Value {
        let mut codes = self.inside.codes.lock().expect("not poisoned");
        let code = format!("code {}", self.inside.given.fetch_add(1, Ordering::SeqCst));
        codes.insert(code.clone(), (claims, challenge(VERIFIER)));
        json!({ "provider": "acme", "code": code, "codeVerifier": VERIFIER })
    }

    /// Signs with another key from now on, and knows the old one no more.
    pub(super) fn rotate(&self) {
        let number = self.inside.keys.fetch_add(1, Ordering::SeqCst);
        *self.inside.key.lock().expect("not poisoned") = (format!("key-{number}"), new_key());
    }

    /// Answers nothing but errors, or again as before.
    pub(super) fn go_away(&self, is_away: bool) {
        self.inside.is_away.store(is_away, Ordering::SeqCst);
    }

    /// How often it was asked for its keys.
    pub(super) fn asked(&self) -> usize {
        self.inside.asked.load(Ordering::SeqCst)
    }
}

impl Inside {
    fn signed(&self, header: Value, key: &Ed25519KeyPair, claims: Value) -> String {
        let mut all = json!({ "iss": self.url, "aud": "weft", "iat": now(), "exp": now() + 3_600 });
        merge(&mut all, &claims);
        let input = format!("{}.{}", encoded(&header), encoded(&all));
        let signature = URL_SAFE_NO_PAD.encode(key.sign(input.as_bytes()));
        format!("{input}.{signature}")
    }

    fn answer(&self, answer: Value) -> Response {
        match self.is_away.load(Ordering::SeqCst) {
            true => (StatusCode::SERVICE_UNAVAILABLE, "away").into_response(),
            false => answer.to_string().into_response(),
        }
    }
}

/// A null takes a field away.
fn merge(into: &mut Value, more: &Value) {
    let fields = into.as_object_mut().expect("an object");
    for (name, value) in more.as_object().expect("an object") {
        match value {
            Value::Null => fields.remove(name),
            value => fields.insert(name.clone(), value.clone()),
        };
    }
}

async fn configuration(State(inside): State<Arc<Inside>>) -> Response {
    let url = &inside.url;
    inside.answer(json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "jwks_uri": format!("{url}/jwks"),
    }))
}

async fn jwks(State(inside): State<Arc<Inside>>) -> Response {
    inside.asked.fetch_add(1, Ordering::SeqCst);
    let key = {
        let (id, key) = &*inside.key.lock().expect("not poisoned");
        let x = URL_SAFE_NO_PAD.encode(key.public_key().as_ref());
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": id, "use": "sig", "x": x })
    };
    let symmetric = json!({ "kty": "oct", "kid": "shared", "k": "c2VjcmV0" });
    inside.answer(json!({ "keys": [symmetric, "rubbish", key] }))
}

/// A code is good once, with its verifier.
async fn token(State(inside): State<Arc<Inside>>, body: Bytes) -> Response {
    let body =
        String::from_utf8_lossy(&body).replace("%20", " ").replace("%2D", "-").replace("%5F", "_");
    let field = |name: &str| {
        body.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or_default()
    };
    let refused = |error: &str| (StatusCode::BAD_REQUEST, json!({ "error": error }).to_string());
    if field("client_id") != "weft" {
        return refused("invalid_client").into_response();
    }
    let mut codes = inside.codes.lock().expect("not poisoned");
    match codes.remove(field("code")) {
        Some((claims, wanted)) if challenge(field("code_verifier")) == wanted => {
            let (id, key) = &*inside.key.lock().expect("not poisoned");
            let token = inside.signed(json!({ "alg": "EdDSA", "kid": id }), key, claims);
            inside.answer(json!({ "access_token": "opaque", "token_type": "Bearer", "id_token": token }))
        }
        _ => refused("invalid_grant").into_response(),
    }
}
