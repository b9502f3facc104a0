//! Budgets through the front door: what operations cost, who pays, what happens
//! when nothing is left, alone and with other instances.

use std::{net::SocketAddr, time::Duration};

use async_graphql::Variables;
use aws_lc_rs::signature::Ed25519KeyPair;
use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use gateway::{BudgetConfig, Config};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::{Answer, Client, Process, TestApp, on_each_database_with, redis::Redis};

use crate::{
    instances::beside,
    transports::{Raw, Said, Stream, asking, message},
};

/// Costs five points: a connection, two products, their sellers.
const FIVE: &str = "{ products(first: 2) { nodes { id seller { id } } } }";
const SIGN_IN: &str = "sessionSignIn(input: { method: { password: { email: \"EMAIL\", password: \"wrong\" } } }) \
     { userErrors { code } }";

/// Nothing comes back while a test lasts.
const fn only(points: u32) -> BudgetConfig {
    BudgetConfig { points, restore: 0.001 }
}

fn costing(guest: BudgetConfig) -> impl Fn(&mut Config) {
    move |config| {
        config.limits.report_cost = true;
        config.limits.guest = guest;
    }
}

fn cost(answer: &Value) -> Value {
    answer["extensions"]["cost"].clone()
}

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

/// A client at this address, behind these proxies.
async fn ask_from(client: &Client, peer: &str, headers: &[(&'static str, &str)], query: &str) -> Answer {
    let peer: SocketAddr = format!("{peer}:4711").parse().expect("an address");
    let mut request = Request::post("/graphql")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT, "application/graphql-response+json")
        .extension(ConnectInfo(peer));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let body = Body::from(json!({ "query": query }).to_string());
    client.send(request.body(body).expect("a request")).await
}

#[tokio::test]
async fn every_answer_tells_what_it_cost_and_what_was_not_used_comes_back() {
    on_each_database_with(costing(only(100)), async |app: TestApp| {
        let throttle =
            |available: u64| json!({ "max": 100, "available": available, "restorePerSecond": 0.001 });

        let whole = app.guest().ask(FIVE, json!({})).await;
        assert_eq!(cost(&whole), json!({ "requested": 5, "actual": 5, "throttle": throttle(95) }));

        let missing = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Product { seller { id } } } }";
        let ids = json!({ "ids": vec!["prod_01KCXKZQQ2WA0CPSVDR8PGTVQ4"; 20] });
        let absent = app.guest().ask(missing, ids).await;
        assert_eq!(cost(&absent), json!({ "requested": 40, "actual": 1, "throttle": throttle(94) }));

        let made = app.guest().ask("mutation { make(name: \"a\") { id } }", json!({})).await;
        assert_eq!(cost(&made), json!({ "requested": 1, "actual": 1, "throttle": throttle(93) }));

        let invalid = app.guest().ask("{ nowhere }", json!({})).await;
        assert_eq!(code(&invalid), "GRAPHQL_VALIDATION_FAILED");
        assert_eq!(cost(&invalid), json!({ "requested": 1, "actual": 1, "throttle": throttle(92) }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn over_budget_nothing_runs_and_the_client_is_told_when_to_come_back() {
    let budget = BudgetConfig { points: 12, restore: 0.5 };
    on_each_database_with(costing(budget), async |app: TestApp| {
        for _ in 0..2 {
            assert_eq!(app.guest().post(json!({ "query": FIVE })).await.status, StatusCode::OK);
        }

        let (refused, statements) = app.statements(app.guest().post(json!({ "query": FIVE }))).await;

        assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(statements, 0);
        let answer = refused.json();
        assert_eq!(code(&answer), "RATE_LIMITED");
        assert_eq!(answer.get("data"), None);
        let wait = answer["errors"][0]["extensions"]["retryAfterMs"].as_u64().expect("a time");
        assert!((1..=6_000).contains(&wait), "{wait}");
        let seconds = refused.headers[header::RETRY_AFTER].to_str().expect("text");
        assert_eq!(seconds, wait.div_ceil(1_000).to_string());
        assert_eq!(cost(&answer)["actual"], 0);
        assert_eq!(cost(&answer)["requested"], 5);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_refused_mutation_changes_nothing() {
    let app = TestApp::sqlite_with(costing(only(1))).await;
    let make = "mutation { make(name: \"a\") { id } }";
    let made = app.guest().ask(make, json!({})).await;
    assert_eq!(made["data"]["make"]["id"], "0");

    assert_eq!(code(&app.guest().ask(make, json!({})).await), "RATE_LIMITED");

    // Somebody else makes the next one.
    let other = ask_from(&app.guest(), "192.0.2.7", &[], make).await.json();
    assert_eq!(other["data"]["make"]["id"], "1");
    app.stop().await;
}

#[tokio::test]
async fn aliases_and_refused_documents_cost_as_much_as_anything_else() {
    let app = TestApp::sqlite_with(costing(only(20))).await;
    let field = "products(first: 2) { nodes { id seller { id } } }";

    let aliased = format!("{{ a: {field} b: {field} c: {field} }}");
    assert_eq!(cost(&app.guest().ask(&aliased, json!({})).await)["actual"], 15);
    assert_eq!(code(&app.guest().ask(&aliased, json!({})).await), "RATE_LIMITED");
    for _ in 0..5 {
        assert_eq!(code(&app.guest().ask("{ nowhere }", json!({})).await), "GRAPHQL_VALIDATION_FAILED");
    }
    assert_eq!(code(&app.guest().ask("{ nowhere }", json!({})).await), "RATE_LIMITED");
    assert_eq!(code(&app.guest().ask("{ __typename }", json!({})).await), "RATE_LIMITED");
    app.stop().await;
}

#[tokio::test]
async fn sockets_and_streams_pay_out_of_the_same_budget() {
    let app = TestApp::sqlite_with(costing(only(13))).await;
    let served = app.serve().await;
    let mut socket = Raw::of(&served, &app.guest()).await;
    let ask =
        |id: &str, query: &str| json!({ "id": id, "type": "subscribe", "payload": { "query": query } });

    socket.send(&ask("1", FIVE)).await;
    let Said::Message(answer) = socket.next().await else { panic!("closed") };
    assert_eq!(cost(&answer["payload"])["throttle"]["available"], 8);
    assert_eq!(socket.next().await, message(json!({ "id": "1", "type": "complete" })));
    // A subscription pays once, when it begins.
    socket.send(&ask("2", "subscription { tick(to: 2) }")).await;
    for _ in 0..3 {
        socket.next().await;
    }
    // The same caller over HTTP.
    let five = || asking(&served, &app.guest(), "text/event-stream", &json!({ "query": FIVE }));
    let (_, answer) = Stream::open(five()).await.event().await.expect("an answer");
    assert_eq!(cost(&answer)["throttle"]["available"], 2, "{answer}");

    socket.send(&ask("3", FIVE)).await;
    let Said::Message(refused) = socket.next().await else { panic!("closed") };
    assert_eq!((&refused["type"], &refused["id"]), (&json!("error"), &json!("3")));
    assert_eq!(refused["payload"][0]["extensions"]["code"], "RATE_LIMITED");
    let stream = five().send().await.expect("an answer");
    assert_eq!(stream.status(), 429);
    assert!(stream.headers().contains_key("retry-after"));
    drop(served);
    app.stop().await;
}

#[tokio::test]
async fn one_address_does_not_take_all_the_places_of_streams() {
    let app = TestApp::sqlite_with(|config| {
        config.realtime.connections_per_address = 2;
        config.server.trusted_proxies = vec!["127.0.0.1".to_owned()];
    })
    .await;
    let served = app.serve().await;
    let tick = json!({ "query": "subscription { tick }" });
    let open = async |address: &str| {
        let request = asking(&served, &app.guest(), "text/event-stream", &tick);
        request.header("x-forwarded-for", address).send().await.expect("an answer")
    };

    let (first, second) = (open("192.0.2.1").await, open("192.0.2.1").await);
    assert_eq!((first.status().as_u16(), second.status().as_u16()), (200, 200));
    assert_eq!(open("192.0.2.1").await.status(), 429);
    assert_eq!(open("192.0.2.2").await.status(), 200);
    drop(first);
    // The place is free when the gateway has seen the client leave.
    let mut third = open("192.0.2.1").await;
    for _ in 0..200 {
        if third.status() == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
        third = open("192.0.2.1").await;
    }
    assert_eq!(third.status(), 200);
    drop((second, third, served));
    app.stop().await;
}

#[tokio::test]
async fn what_costs_more_than_it_ever_may_is_told_its_dearest_path() {
    let app = TestApp::sqlite_with(|config| {
        config.limits.guest = only(300);
        config.graph.limits.cost = 600;
    })
    .await;
    let query = |first: u32| {
        format!(
            "{{ categories {{ id }} shop: products(first: {first}) {{ edges {{ node {{ id }} }} nodes {{ seller {{ id }} \
             category {{ id }} }} }} }}"
        )
    };

    let beyond_any = app.guest().ask(&query(100), json!({})).await;
    let beyond_guests = app.seller(0).await.ask(&query(100), json!({})).await;

    assert_eq!(code(&beyond_any), "COST_EXCEEDED");
    let extensions = &beyond_any["errors"][0]["extensions"];
    assert_eq!(extensions["maximum"], 300, "{beyond_any}");
    assert_eq!(extensions["dearestPath"], "shop.nodes.seller");
    assert!(extensions["cost"].as_u64() > Some(500), "{beyond_any}");
    assert!(beyond_guests["data"]["shop"].is_object());
    let beyond_all = app
        .seller(0)
        .await
        .ask(&query(100).replace("nodes {", "nodes { other: seller { user { id } } "), json!({}))
        .await;
    assert_eq!(code(&beyond_all), "COST_EXCEEDED");
    assert_eq!(beyond_all["errors"][0]["extensions"]["maximum"], 600);
    app.stop().await;
}

#[tokio::test]
async fn every_example_of_the_playground_may_be_asked_by_a_guest() {
    let app = TestApp::sqlite().await;
    let limits = schema::Limits::default();
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../playground/examples");
    let mut priced = 0;
    for module in std::fs::read_dir(examples).expect("the examples").flatten() {
        for file in std::fs::read_dir(module.path()).into_iter().flatten().flatten() {
            let path = file.path();
            if path.extension().is_some_and(|extension| extension == "graphql") {
                let query = std::fs::read_to_string(&path).expect("text");
                let variables = std::fs::read_to_string(path.with_extension("variables.json"));
                let variables =
                    variables.map_or(json!({}), |text| serde_json::from_str(&text).expect("JSON"));
                let explained =
                    app.app().engine().explain(&query, None, Variables::from_json(variables));
                let cost = explained.await.unwrap_or_else(|errors| panic!("{path:?}: {errors:?}")).cost;
                assert!(cost <= limits.cost, "{path:?} costs {cost}");
                priced += 1;
            }
        }
    }
    assert!(priced >= 8, "only {priced} examples were found");
    app.stop().await;
}

#[tokio::test]
async fn a_query_can_ask_for_its_cost_and_a_dry_run_spends_nothing() {
    on_each_database_with(costing(only(100)), async |app: TestApp| {
        let query = |dry: bool| {
            format!(
                "query Q {{ products(first: 2) {{ nodes {{ id seller {{ id }} }} }} \
                 budget: rateLimit(dryRun: {dry}) {{ cost limit remaining restoreRate }} \
                 again: rateLimit {{ resetAt }} }}"
            )
        };

        let (dry, statements) = app.statements(app.guest().ask(&query(true), json!({}))).await;
        assert_eq!(statements, 0);
        let told = json!({ "cost": 7, "limit": 100, "remaining": 100, "restoreRate": 0.001 });
        assert_eq!(dry["data"]["budget"], told, "{dry}");
        assert_eq!(dry["data"].get("products"), None);
        assert_eq!(cost(&dry)["actual"], 0);
        assert_eq!(cost(&dry)["throttle"]["available"], 100);

        let run = app.guest().ask(&query(false), json!({})).await;
        assert_eq!(run["data"]["budget"]["remaining"], 93, "{run}");
        assert_eq!(run["data"]["products"]["nodes"].as_array().map(Vec::len), Some(2));
        assert!(run["data"]["again"]["resetAt"].is_string());

        let by_variable =
            query(true).replace("dryRun: true", "dryRun: $dry").replace("Q {", "Q($dry: Boolean) {");
        let run = app.guest().ask(&by_variable, json!({ "dry": false })).await;
        assert!(run["data"]["products"].is_object(), "{run}");
        let dry = app.guest().ask(&by_variable, json!({ "dry": true })).await;
        assert_eq!(dry["data"].get("products"), None, "{dry}");
        // What may not run may still be costed.
        let dear =
            "{ products(first: 100) { nodes { seller { id } } } rateLimit(dryRun: true) { cost } }";
        let dear = app.guest().ask(dear, json!({})).await;
        assert_eq!(dear["data"], json!({ "rateLimit": { "cost": 202 } }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn tries_to_sign_in_are_counted_by_field_email_and_address() {
    let app = TestApp::sqlite_with(|config| {
        config.limits.attempts.email = only(3);
        config.limits.attempts.address = only(6);
    })
    .await;
    let tries = |emails: &[&str]| {
        let fields = emails
            .iter()
            .enumerate()
            .map(|(n, email)| format!("t{n}: {}", SIGN_IN.replace("EMAIL", email)));
        format!("mutation {{ {} }}", fields.collect::<Vec<_>>().join(" "))
    };
    let from = async |peer: &str, emails: &[&str]| {
        let answer = ask_from(&app.guest(), peer, &[], &tries(emails)).await;
        (answer.status.as_u16(), code(&answer.json()).to_owned())
    };
    let allowed = (200, String::new());
    let refused = (429, "RATE_LIMITED".to_owned());

    // Four aliases are four tries, whichever way the email is written.
    assert_eq!(
        from("192.0.2.1", &["a@x.example", "A@X.example", " a@x.example", "a@x.example"]).await,
        refused
    );
    assert_eq!(from("192.0.2.2", &["a@x.example"; 3]).await, allowed);
    assert_eq!(from("192.0.2.3", &["a@x.example"]).await, refused);
    // One address tries many emails.
    let many =
        ["b@x.example", "c@x.example", "d@x.example", "e@x.example", "f@x.example", "g@x.example"];
    assert_eq!(from("192.0.2.4", &many).await, allowed);
    assert_eq!(from("192.0.2.4", &["h@x.example"]).await, refused);
    assert_eq!(from("192.0.2.5", &["h@x.example"]).await, allowed);
    // Variables are looked into, too.
    let by_variable = "mutation($email: String = \"a@x.example\") { sessionSignIn(input: { method: { password: \
                       { email: $email, password: \"wrong\" } } }) { userErrors { code } } }";
    assert_eq!(
        ask_from(&app.guest(), "192.0.2.6", &[], &by_variable.replace("String =", "String! ="))
            .await
            .status,
        429
    );
    // What is no try is not counted.
    let refresh = "mutation { sessionSignIn(input: { method: { refreshToken: \"none\" } }) { userErrors { code } } }";
    assert_eq!(ask_from(&app.guest(), "192.0.2.4", &[], refresh).await.status, 200);
    assert_eq!(ask_from(&app.guest(), "192.0.2.4", &[], "{ hello }").await.status, 200);
    app.stop().await;
}

#[tokio::test]
async fn callers_are_told_apart_by_the_address_that_trusted_proxies_give() {
    let app = TestApp::sqlite_with(|config| {
        config.limits.guest = only(1);
        config.server.trusted_proxies = vec!["10.0.0.0/8".to_owned()];
    })
    .await;
    let guest = app.guest();
    let status = async |peer: &str, forwarded: &str| {
        ask_from(&guest, peer, &[("x-forwarded-for", forwarded)], "{ hello }").await.status.as_u16()
    };

    assert_eq!(status("10.0.0.1", "192.0.2.1").await, 200);
    assert_eq!(status("10.0.0.2", "192.0.2.2").await, 200);
    // What the client itself puts before its address is not read.
    assert_eq!(status("10.0.0.1", "198.51.100.9, 192.0.2.1").await, 429);
    // Nor is anything that comes from elsewhere.
    assert_eq!(status("203.0.113.5", "192.0.2.3").await, 200);
    assert_eq!(status("203.0.113.5", "192.0.2.4").await, 429);
    // An IPv6 client has a whole network of addresses.
    assert_eq!(status("10.0.0.1", "2001:db8::1").await, 200);
    assert_eq!(status("10.0.0.1", "2001:db8::ffff:2").await, 429);
    app.stop().await;
}

#[tokio::test]
async fn accounts_have_budgets_of_their_own_and_trusted_clients_none() {
    // The SHA-256 of `sesame`.
    let key = "d0c04f4b1951e4aeaaec8223ed2039e542f3aae805a6fa7f6d794e5afff5d272";
    let app = TestApp::sqlite_with(|config| {
        config.limits.guest = BudgetConfig { points: 12, restore: 0.001 };
        config.limits.customer = only(1);
        config.limits.seller = only(2);
        config.limits.trusted_keys = vec![key.to_owned()];
    })
    .await;
    let (one, other) = (app.seller(0).await, app.seller(1).await);
    let me = async |client: &Client| client.post(json!({ "query": "{ hello }" })).await.status.as_u16();

    assert_eq!([me(&one).await, me(&one).await, me(&one).await], [200, 200, 429]);
    assert_eq!(me(&other).await, 200);
    while me(&app.guest()).await == 200 {}
    for _ in 0..20 {
        let trusted =
            ask_from(&app.guest(), "192.0.2.1", &[("x-weft-client-key", "sesame")], FIVE).await;
        assert_eq!(trusted.status, StatusCode::OK);
    }
    let wrong = [("x-weft-client-key", "open sesame")];
    let mut last = StatusCode::OK;
    for _ in 0..3 {
        last = ask_from(&app.guest(), "192.0.2.1", &wrong, FIVE).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_on_one_redis_hold_one_budget() {
    let Some(redis) = Redis::start().await else { return };
    let url = redis.url();
    let configure = |config: &mut Config| {
        config.redis.url = url.as_str().into();
        let is_sqlite = config.database.url.expose_secret().starts_with("sqlite");
        config.redis.prefix = if is_sqlite { "sqlite:" } else { "postgres:" }.to_owned();
        config.limits.guest = only(100);
    };
    on_each_database_with(configure, async |first: TestApp| {
        let redis_is_up = first.guest().get("/health/ready").await.json();
        assert_eq!(redis_is_up["limits"]["status"], "up", "{redis_is_up}");
        let second = beside(&first, configure).await;
        let clients = [first.guest(), Client::new(second.router())];

        // Others have asked before, so that neither has to begin with planning.
        for client in &clients {
            ask_from(client, "192.0.2.1", &[], FIVE).await;
        }

        // Twice the budget, through both at once.
        let mut statuses = Vec::new();
        for _ in 0..20 {
            let ask = || json!({ "query": FIVE });
            let both = tokio::join!(clients[0].post(ask()), clients[1].post(ask()));
            statuses.extend([both.0.status, both.1.status]);
        }

        let count = |wanted: StatusCode| statuses.iter().filter(|status| **status == wanted).count();
        assert_eq!(count(StatusCode::OK), 20, "{statuses:?}");
        assert_eq!(count(StatusCode::TOO_MANY_REQUESTS), 20, "{statuses:?}");
        second.stop().await;
        first.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_each_gateway_goes_on_from_what_it_knew() {
    let Some(mut redis) = Redis::start().await else { return };
    let url = redis.url();
    let app = TestApp::sqlite_with(|config| {
        config.redis.url = url.as_str().into();
        config.limits.guest = only(10);
    })
    .await;
    let health = async || {
        let report = app.guest().get("/health/ready").await;
        (report.status, report.json()["limits"]["status"].as_str().unwrap_or_default().to_owned())
    };
    let until = async |wanted: &str| {
        for _ in 0..400 {
            if health().await == (StatusCode::OK, wanted.to_owned()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("budgets never were {wanted}");
    };
    let passed = async |peer: &str, times: usize| {
        let mut passed = 0;
        for _ in 0..times {
            let start = std::time::Instant::now();
            let status = ask_from(&app.guest(), peer, &[], "{ hello }").await.status;
            assert!(start.elapsed() < Duration::from_secs(1), "a request waited for Redis");
            passed += usize::from(status == StatusCode::OK);
        }
        passed
    };
    until("up").await;
    assert_eq!(passed("192.0.2.1", 4).await, 4);

    redis.kill();
    assert_eq!(passed("192.0.2.1", 12).await, 6, "what was left, and not more");
    assert_eq!(passed("192.0.2.2", 12).await, 10, "a budget, and not more");
    until("degraded").await;

    redis.restart().await;
    until("up").await;
    assert_eq!(passed("192.0.2.1", 12).await, 10, "Redis has forgotten");
    app.stop().await;
}

/// A configuration for strangers; the key is good for this test only.
fn safe(url: &str) -> Vec<(&'static str, String)> {
    let key = Ed25519KeyPair::generate().and_then(|key| key.to_pkcs8v1()).expect("a key");
    let body = STANDARD.encode(key.as_ref());
    vec![
        ("WEFT_DATABASE__URL", url.to_owned()),
        ("WEFT_DATABASE__SEED_DEMO", "false".to_owned()),
        ("WEFT_SERVER__PLAYGROUND", "false".to_owned()),
        ("WEFT_SERVER__INTROSPECTION", "false".to_owned()),
        (
            "WEFT_AUTH__SIGNING_KEY",
            format!("-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"),
        ),
        ("WEFT_PAYMENTS__PROVIDER", "stripe".to_owned()),
        // Nobody listens there: payments are away, the gateway is not.
        ("WEFT_PAYMENTS__STRIPE__API_BASE", "http://127.0.0.1:9/".to_owned()),
        ("WEFT_PAYMENTS__STRIPE__SECRET_KEY", "sk_test_none".to_owned()),
        ("WEFT_PAYMENTS__WEBHOOK_SECRETS", "whsec_none".to_owned()),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn production_refuses_what_is_open_with_a_list_of_what_to_change() {
    let program = env!("CARGO_BIN_EXE_weft-under-test");
    let folder = tempfile::tempdir().expect("a folder");
    let empty = format!("sqlite://{}", folder.path().join("weft.db").display());
    let serve = |settings: &[(&'static str, String)]| {
        let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let done = Process::command(program, &settings, &["serve", "--production", "--port", "0"]);
        (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
    };

    let (status, told) = serve(&[("WEFT_DATABASE__URL", empty.clone())]);
    assert_eq!(status, Some(2), "{told}");
    for setting in [
        "database.seed_demo",
        "server.playground",
        "server.introspection",
        "auth.signing_key",
        "payments.provider",
    ] {
        assert!(told.contains(&format!("\n  - {setting}")), "{told}");
    }
    assert!(!folder.path().join("weft.db").exists(), "refused before anything is made");

    // The demo accounts of another day.
    let app = TestApp::sqlite().await;
    let (status, told) = serve(&safe(app.database_url()));
    assert_eq!(status, Some(2), "{told}");
    assert!(told.contains("demo marketplace"), "{told}");
    app.stop().await;

    let settings = safe(&empty);
    let settings: Vec<_> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let process = Process::start_with(program, &settings, &["--production"]).await;
    let ask = async |query: &str| {
        let request = reqwest::Client::new().post(format!("{}/graphql", process.url()));
        let request = request.header("content-type", "application/json");
        let answer =
            request.body(json!({ "query": query }).to_string()).send().await.expect("an answer");
        answer.text().await.expect("text")
    };
    assert!(ask("{ __typename }").await.contains("\"cost\""));
    assert!(ask("{ __schema { queryType { name } } }").await.contains("switched off"));
    assert!(!ask("{ products }").await.contains("Did you mean"));
    let page = reqwest::get(format!("{}/", process.url())).await.expect("an answer");
    assert_eq!(page.status(), 404);
}

#[tokio::test]
async fn budgets_can_be_switched_off() {
    let app = TestApp::sqlite_with(|config| {
        config.limits.enabled = false;
        config.limits.report_cost = true;
        config.limits.guest = only(1);
    })
    .await;

    for _ in 0..5 {
        assert_eq!(
            app.guest().ask("{ hello }", json!({})).await,
            json!({ "data": { "hello": "Hello, world!" } })
        );
    }
    app.stop().await;
}
