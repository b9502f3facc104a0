//! The keys that sign access tokens: rotated while everybody works, and former
//! ones are good until their last token has expired.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use tests::{Process, TestApp, peers, postgres::Postgres, seeded_postgres};
use tokio::time::sleep;

const PROGRAM: &str = env!("CARGO_BIN_EXE_weft-under-test");
const SIGN_IN: &str = "mutation($email: String!) { sessionSignIn(input: { method: { password: { email: \
    $email, password: \"weft-demo-2026\" } } }) { accessToken refreshToken } }";
const REFRESH: &str = "mutation($token: String!) { sessionSignIn(input: { method: { refreshToken: $token \
    } }) { accessToken refreshToken userErrors { code } } }";

/// Two gateways on one database.
struct Gateways {
    urls: [String; 2],
    http: reqwest::Client,
}

impl Gateways {
    async fn ask(&self, which: usize, token: Option<&str>, body: &Value) -> (u16, Value) {
        let mut request = self.http.post(format!("{}/graphql", self.urls[which % 2])).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("the gateway answers");
        (answer.status().as_u16(), answer.json().await.expect("JSON"))
    }

    /// The tokens of the sign-in of a mutation's answer.
    async fn tokens(&self, which: usize, query: &str, variables: Value) -> (String, String) {
        let body = json!({ "query": query, "variables": variables });
        let (_, answer) = self.ask(which, None, &body).await;
        let token = |name: &str| {
            let token = answer["data"]["sessionSignIn"][name].as_str();
            token.unwrap_or_else(|| panic!("no {name}: {answer}")).to_owned()
        };
        (token("accessToken"), token("refreshToken"))
    }

    /// Whether a token is good for the account's own data.
    async fn takes(&self, which: usize, token: &str) -> Result<(), (u16, Value)> {
        let (status, answer) = self.ask(which, Some(token), &json!({ "query": "{ me { id } }" })).await;
        match answer["data"]["me"]["id"].is_string() {
            true => Ok(()),
            false => Err((status, answer)),
        }
    }

    async fn published(&self, which: usize) -> (String, Vec<String>) {
        let answer = self.http.get(format!("{}/.well-known/jwks.json", self.urls[which])).send().await;
        let answer = answer.expect("the gateway answers");
        let caching = answer.headers()["cache-control"].to_str().expect("text").to_owned();
        let keys: Value = answer.json().await.expect("JSON");
        let keys = keys["keys"].as_array().expect("keys");
        (caching, keys.iter().map(|key| key["kid"].as_str().expect("an id").to_owned()).collect())
    }
}

/// What a command of the program printed, or said when it did not end well.
fn weft(settings: &[(&str, &str)], arguments: &[&str]) -> Result<String, String> {
    let done = Process::command(PROGRAM, settings, arguments);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    match done.status.success() {
        true => Ok(text(&done.stdout)),
        false => Err(text(&done.stderr)),
    }
}

fn kid(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().expect("a head")).expect("base64url");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["kid"].as_str().expect("an id").to_owned()
}

/// Works as a member does: asks, refreshes now and then, at either gateway.
async fn work(gateways: Arc<Gateways>, email: String, first: usize, stop: Arc<AtomicBool>) -> usize {
    let (mut access, mut refresh) = gateways.tokens(first, SIGN_IN, json!({ "email": email })).await;
    let mut asked = 0;
    while !stop.load(Ordering::SeqCst) {
        let taken = gateways.takes(first + asked, &access).await;
        assert_eq!(taken, Ok(()), "a token of the key {}", kid(&access));
        asked += 1;
        if asked.is_multiple_of(7) {
            let tokens = gateways.tokens(first + asked, REFRESH, json!({ "token": refresh })).await;
            (access, refresh) = tokens;
        }
    }
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_rotated_while_everybody_works_and_nobody_is_refused() {
    let Some(server) = Postgres::start().await else { return peers::missing("postgres") };
    let database = seeded_postgres(&server).await;
    let settings = [
        ("WEFT_DATABASE__URL", database.as_str()),
        ("WEFT_LIMITS__ENABLED", "false"),
        ("WEFT_SERVER__PLAYGROUND", "false"),
    ];
    let processes = [Process::start(PROGRAM, &settings).await, Process::start(PROGRAM, &settings).await];
    let gateways = Arc::new(Gateways {
        urls: [processes[0].url(), processes[1].url()],
        http: reqwest::Client::new(),
    });
    let staff = ["alma-admin", "sami-support", "mona-moderator"];
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = staff
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let email = format!("{name}@demo.example");
            tokio::spawn(work(gateways.clone(), email, index, stop.clone()))
        })
        .collect();
    let email = json!({ "email": "alma-admin@demo.example" });
    let (oldest, _) = gateways.tokens(0, SIGN_IN, email.clone()).await;
    let before = gateways.published(1).await.1;

    let mut keys = before.clone();
    for _ in 0..3 {
        sleep(Duration::from_secs(1)).await;
        let rotated = weft(&settings, &["keys", "rotate"]).expect("rotates");
        keys.insert(0, rotated.trim().to_owned());
        // Neither gateway was told: the first to be asked signs with what it knows.
        let (fresh, _) = gateways.tokens(0, SIGN_IN, email.clone()).await;
        assert_eq!(gateways.takes(1, &fresh).await, Ok(()));
    }
    let deadline = Instant::now() + Duration::from_secs(30);
    let (newest, refresh) = loop {
        let tokens = gateways.tokens(1, SIGN_IN, email.clone()).await;
        if kid(&tokens.0) == keys[0] || Instant::now() > deadline {
            break tokens;
        }
        sleep(Duration::from_millis(500)).await;
    };

    assert_eq!(before, [kid(&oldest)]);
    assert_eq!(kid(&newest), keys[0], "every instance follows by itself");
    let (caching, published) = gateways.published(1).await;
    assert_eq!((caching.as_str(), &published), ("public, max-age=60", &keys));
    let listed = weft(&settings, &["keys", "list"]).expect("lists");
    let uses: Vec<&str> = listed.lines().map(|line| line.split("  ").last().expect("a use")).collect();
    assert_eq!((uses[1], uses.len()), ("signs", 5), "{listed}");
    assert!(uses[2..].iter().all(|does| does.starts_with("verifies until ")), "{listed}");
    stop.store(true, Ordering::SeqCst);
    let asked = AtomicUsize::new(0);
    for worker in workers {
        asked.fetch_add(worker.await.expect("nobody was refused"), Ordering::SeqCst);
    }
    assert!(asked.load(Ordering::SeqCst) > 0, "nobody asked meanwhile");

    // Somebody has a key: all tokens so far are refused, sessions go on.
    let last = weft(&settings, &["keys", "rotate", "--at-once"]).expect("rotates");
    let deadline = Instant::now() + Duration::from_secs(20);
    while gateways.published(0).await.1 != [last.trim()] && Instant::now() < deadline {
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(gateways.published(0).await.1, [last.trim()]);
    for token in [&oldest, &newest] {
        let (status, answer) = gateways.takes(0, token).await.expect_err("the key is gone");
        assert_eq!(
            (status, &answer["errors"][0]["extensions"]["code"]),
            (401, &json!("UNAUTHENTICATED"))
        );
    }
    let (fresh, _) = gateways.tokens(0, REFRESH, json!({ "token": refresh })).await;
    assert_eq!(kid(&fresh), last.trim());
    assert_eq!(gateways.takes(1, &fresh).await, Ok(()));
    drop(processes);
}

/// A private key and its public half in PEM, good for this test only.
fn key() -> (String, String) {
    let key = Ed25519KeyPair::generate().expect("a key");
    let pem = |kind: &str, der: &[u8]| {
        let body = STANDARD.encode(der);
        format!("-----BEGIN {kind} KEY-----\n{body}\n-----END {kind} KEY-----\n")
    };
    // What stands before the key itself (RFC 8410, section 4).
    let head = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
    let public = [&head, key.public_key().as_ref()].concat();
    (pem("PRIVATE", key.to_pkcs8v1().expect("a key").as_ref()), pem("PUBLIC", &public))
}

#[tokio::test]
async fn a_configured_key_is_rotated_by_the_configuration() {
    let ((private, public), (next_private, next_public)) = (key(), key());
    let first = TestApp::sqlite_with(|config| config.auth.signing_key = private.as_str().into()).await;
    let signed = first.sign_in("alma-admin@demo.example").await;
    let mut next = first.config();
    next.auth.signing_key = next_private.into();
    let mut knows = next.clone();
    knows.auth.verifying_keys = format!("{public}\n{next_public}");

    let ask = async |config: gateway::Config| {
        let app = gateway::App::start(config, gateway::Extra::default()).await.expect("starts");
        let client = tests::Client::new(app.router()).with_token(signed.token().expect("signed in"));
        let standing = super::standing(&client).await;
        let keys = client.get("/.well-known/jwks.json").await.json()["keys"].as_array().map(Vec::len);
        app.stop().await;
        (super::is_refused(standing), keys)
    };
    assert_eq!(ask(next).await, (true, Some(1)), "a key that nobody names is unknown");
    assert_eq!(ask(knows).await, (false, Some(2)));

    let settings = [("WEFT_DATABASE__URL", first.database_url()), ("WEFT_AUTH__SIGNING_KEY", &*private)];
    let refused = weft(&settings, &["keys", "rotate"]).expect_err("the configuration rotates it");
    assert!(refused.contains("auth.verifying_keys") && !refused.contains("MC4CAQ"), "{refused}");
    let listed = weft(&settings, &["keys", "list"]).expect("lists");
    assert!(listed.contains("configured") && listed.contains("signs"), "{listed}");
    for (name, value) in [("WEFT_AUTH__SIGNING_KEY", "sesame"), ("WEFT_AUTH__VERIFYING_KEYS", "sesame")]
    {
        let told = weft(&[(name, value)], &["keys", "list"]).expect_err("is no key");
        let key = name.to_lowercase().replace("weft_", "").replace("__", ".");
        assert!(told.contains(&key) && !told.contains("sesame"), "{told}");
    }
    first.stop().await;
}
