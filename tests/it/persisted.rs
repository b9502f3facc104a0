//! Automatic persisted queries through the front door: a hash stands for its
//! document on every transport, and for nothing that would not run as text.

use std::{fmt::Write as _, time::Duration};

use aws_lc_rs::digest::{SHA256, digest};
use axum::http::{StatusCode, header};
use gateway::Config;
use serde_json::{Value, json};
use tests::{Answer, Client, TestApp};

use crate::transports::{Raw, Said, Stream, asking, message};

const HELLO: &str = "query Greet($n: String!) { hello(name: $n) }";
const TICK: &str = "subscription Count { tick(to: 1) }";

fn sha256(text: &str) -> String {
    let hash = digest(&SHA256, text.as_bytes());
    hash.as_ref().iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The extensions that name a document.
fn named(query: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": sha256(query) } })
}

/// A request by hash alone.
fn by_hash(query: &str) -> Value {
    json!({ "extensions": named(query), "variables": { "n": "Ada" } })
}

/// A request with both the hash and its document.
fn with_text(query: &str) -> Value {
    json!({ "query": query, "extensions": named(query), "variables": { "n": "Ada" } })
}

/// Sends a request in the URL.
async fn get(client: &Client, request: &Value) -> Answer {
    let pairs = request.as_object().expect("an object").iter().map(|(name, value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        (name.clone(), value)
    });
    let url = reqwest::Url::parse_with_params("http://weft/graphql", pairs).expect("a URL");
    client.get(&format!("{}?{}", url.path(), url.query().expect("a query"))).await
}

/// The status, code and message of a refusal.
fn refusal(answer: &Answer) -> (u16, String, String) {
    let json = answer.json();
    assert_eq!(json.get("data"), None, "{json}");
    let error = &json["errors"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (answer.status.as_u16(), text(&error["extensions"]["code"]), text(&error["message"]))
}

fn not_found(status: u16) -> (u16, String, String) {
    (status, "PERSISTED_QUERY_NOT_FOUND".to_owned(), "PersistedQueryNotFound".to_owned())
}

fn not_supported() -> (u16, String, String) {
    (400, "PERSISTED_QUERY_NOT_SUPPORTED".to_owned(), "PersistedQueryNotSupported".to_owned())
}

fn cache_control(answer: &Answer) -> &str {
    answer.headers[header::CACHE_CONTROL].to_str().expect("text")
}

#[tokio::test]
async fn a_hash_is_answered_after_its_document_was_sent_once() {
    let app = TestApp::sqlite().await;
    let (first, other) = (app.guest(), app.seller(4).await);

    let miss = first.post(by_hash(HELLO)).await;
    let legacy_miss = get(&first, &by_hash(HELLO)).await;
    let sent = first.post(with_text(HELLO)).await;
    let hit = first.post(by_hash(HELLO)).await;
    let others_hit = get(&other, &by_hash(HELLO)).await;

    assert_eq!(refusal(&miss), not_found(400));
    assert_eq!(refusal(&legacy_miss), not_found(200), "application/json says 200");
    let greeting = json!({ "data": { "hello": "Hello, Ada!" } });
    for answer in [sent, hit, others_hit] {
        assert_eq!((answer.status, answer.json()), (StatusCode::OK, greeting.clone()));
    }
    app.stop().await;
}

#[tokio::test]
async fn a_hash_names_one_of_several_operations() {
    let app = TestApp::sqlite().await;
    let document = "query First { hello } query Second { __typename }";
    let ask = |mut request: Value, name: &str| {
        request["operationName"] = json!(name);
        request
    };

    let refused = app.guest().post(ask(with_text(document), "Third")).await;
    let unknown = app.guest().post(by_hash(document)).await;
    app.guest().post(ask(with_text(document), "First")).await;
    let second = get(&app.guest(), &ask(by_hash(document), "Second")).await;

    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(refusal(&unknown), not_found(400), "what was refused is not kept");
    assert_eq!(second.json(), json!({ "data": { "__typename": "Query" } }));
    app.stop().await;
}

#[tokio::test]
async fn a_hash_of_another_text_is_refused_and_nothing_is_kept() {
    let app = TestApp::sqlite().await;
    let guest = app.guest();
    let mut wrong = with_text(HELLO);
    wrong["extensions"] = named("{ hello }");

    let (posted, got) = (guest.post(wrong.clone()).await, get(&guest, &wrong).await);
    let claimed = guest.post(by_hash("{ hello }")).await;
    let text = guest.post(by_hash(HELLO)).await;

    let message = "`extensions.persistedQuery.sha256Hash` is not the SHA-256 of `query`";
    let refused = (400, "BAD_USER_INPUT".to_owned(), message.to_owned());
    assert_eq!([refusal(&posted), refusal(&got)], [refused.clone(), refused]);
    assert_eq!([refusal(&claimed), refusal(&text)], [not_found(400), not_found(400)]);
    app.stop().await;
}

#[tokio::test]
async fn what_the_engine_refuses_is_not_kept() {
    let app = TestApp::sqlite_with(|config: &mut Config| {
        config.server.introspection = false;
        config.graph.limits.depth = 5;
    })
    .await;
    let deep = "{ me { user { seller { products { nodes { title } } } } } }";
    let table = [
        ("{ hello", "GRAPHQL_PARSE_FAILED"),
        ("rubbish", "GRAPHQL_PARSE_FAILED"),
        ("{ nope }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ __schema { queryType { name } } }", "GRAPHQL_VALIDATION_FAILED"),
        (deep, "GRAPHQL_VALIDATION_FAILED"),
    ];

    for (document, code) in table {
        let sent = app.guest().post(with_text(document)).await;
        let asked = app.guest().post(by_hash(document)).await;
        assert_eq!(refusal(&sent).1, code, "{document}");
        assert_eq!(refusal(&asked), not_found(400), "{document}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_mutation_by_hash_runs_over_post_and_not_over_get() {
    let app = TestApp::sqlite().await;
    let mutation = "mutation Make($n: String!) { make(name: $n) { id } }";
    let id = |answer: &Answer| answer.json()["data"]["make"]["id"].clone();

    let unsent = get(&app.guest(), &with_text(mutation)).await;
    let first = app.guest().post(with_text(mutation)).await;
    let got = get(&app.guest(), &by_hash(mutation)).await;
    let second = app.guest().post(by_hash(mutation)).await;

    for refused in [unsent, got] {
        assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED);
        assert_eq!(refused.headers[header::ALLOW], "POST");
        assert_eq!(cache_control(&refused), "no-store");
    }
    assert_eq!([id(&first), id(&second)], [json!("0"), json!("1")], "nothing ran in between");
    app.stop().await;
}

#[tokio::test]
async fn a_hash_stands_for_a_document_on_a_socket() {
    let app = TestApp::sqlite().await;
    let served = app.serve().await;
    let mut socket = Raw::of(&served, &app.guest()).await;
    let mut ask = async |id: &str, payload: Value| {
        socket.send(&json!({ "id": id, "type": "subscribe", "payload": payload })).await;
        socket.next().await
    };
    let mut empty = by_hash(HELLO);
    empty["query"] = json!("");

    let miss = ask("1", by_hash(TICK)).await;
    let other_version =
        ask("2", json!({ "query": TICK, "extensions": { "persistedQuery": { "version": 2 } } })).await;
    app.guest().post(with_text(HELLO)).await;
    let hit = ask("3", empty).await;

    let error = |code: &str, text: &str| json!([{ "message": text, "extensions": { "code": code } }]);
    let miss_error = error("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound");
    assert_eq!(miss, message(json!({ "id": "1", "type": "error", "payload": miss_error })));
    let version_error = error("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported");
    assert_eq!(other_version, message(json!({ "id": "2", "type": "error", "payload": version_error })));
    let greeting = json!({ "data": { "hello": "Hello, Ada!" } });
    assert_eq!(hit, message(json!({ "id": "3", "type": "next", "payload": greeting })));
    assert_eq!(socket.next().await, message(json!({ "id": "3", "type": "complete" })));
    socket.send(&json!({ "id": "4", "type": "subscribe", "payload": with_text(TICK) })).await;
    let tick = json!({ "id": "4", "type": "next", "payload": { "data": { "tick": 1 } } });
    assert_eq!(socket.next().await, message(tick), "a subscription, too");
    assert_eq!(socket.next().await, message(json!({ "id": "4", "type": "complete" })));
    let wrong = json!({ "query": "{ hello }", "extensions": named(TICK) });
    socket.send(&json!({ "id": "5", "type": "subscribe", "payload": wrong })).await;
    let invalid = Said::Closed(4_400, "Invalid message received".to_owned());
    assert_eq!(socket.next().await, invalid, "a request that contradicts itself is none");
    drop((socket, served));
    app.stop().await;
}

#[tokio::test]
async fn a_hash_stands_for_a_subscription_as_events_and_as_parts() {
    let app = TestApp::sqlite().await;
    let served = app.serve().await;
    let parts = "multipart/mixed;subscriptionSpec=1.0";

    let mut miss =
        Stream::open(asking(&served, &app.guest(), "text/event-stream", &by_hash(TICK))).await;
    let missed = miss.event().await.expect("an event");
    let mut sent =
        Stream::open(asking(&served, &app.guest(), "text/event-stream", &with_text(TICK))).await;
    let first = sent.event().await.expect("an event");
    let mut hit = Stream::open(asking(&served, &app.guest(), parts, &by_hash(TICK))).await;
    let part = hit.until("}}}").await;

    assert_eq!(missed.1["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    assert_eq!(first, ("next".to_owned(), json!({ "data": { "tick": 1 } })));
    assert!(part.ends_with(r#"{"payload":{"data":{"tick":1}}}"#), "{part}");
    drop((miss, sent, hit, served));
    app.stop().await;
}

#[tokio::test]
async fn a_hash_stands_for_an_operation_on_a_shared_stream() {
    let app = TestApp::sqlite().await;
    let served = app.serve().await;
    let url = format!("{}/graphql", served.url);
    let http = reqwest::Client::new();
    let token = http.put(&url).send().await.expect("an answer").text().await.expect("a token");
    let mut stream = Stream::open(http.get(format!("{url}?token={token}"))).await;
    let start = async |mut body: Value| {
        body["extensions"]["operationId"] = json!("a");
        let request = asking(&served, &app.guest(), "application/json", &body);
        let answer = request.header("x-graphql-event-stream-token", &token).send().await;
        answer.expect("an answer").status().as_u16()
    };

    let miss = start(by_hash(HELLO)).await;
    let sent = app.guest().post(with_text(HELLO)).await.status;
    let hit = start(by_hash(HELLO)).await;
    let (_, event) = stream.event().await.expect("an event");

    assert_eq!((miss, sent, hit), (400, StatusCode::OK, 202));
    assert_eq!(event, json!({ "id": "a", "payload": { "data": { "hello": "Hello, Ada!" } } }));
    drop((stream, served));
    app.stop().await;
}

#[tokio::test]
async fn caches_keep_nothing_unless_told_to() {
    let app = TestApp::sqlite().await;
    let (guest, viewer) = (app.guest(), app.seller(4).await);

    let miss = get(&guest, &by_hash(HELLO)).await;
    let sent = get(&guest, &with_text(HELLO)).await;
    let hit = get(&guest, &by_hash(HELLO)).await;
    let viewers_hit = get(&viewer, &by_hash(HELLO)).await;

    assert_eq!([cache_control(&miss), cache_control(&sent)], ["no-store", "no-store"]);
    assert_eq!(cache_control(&hit), "private, max-age=0, must-revalidate");
    assert_eq!(cache_control(&viewers_hit), "private, no-store");
    assert_eq!(hit.headers[header::VARY], "accept, authorization");
    app.stop().await;
}

#[tokio::test]
async fn caches_may_be_told_to_keep_what_every_guest_is_answered() {
    let app = TestApp::sqlite_with(|config: &mut Config| {
        config.persisted_queries.max_age = Duration::from_secs(60);
    })
    .await;
    let (guest, viewer) = (app.guest(), app.seller(4).await);
    let failing = "query Fails { crash }";
    let budget = "query Budget { rateLimit { remaining } }";
    for document in [HELLO, failing, budget] {
        guest.post(with_text(document)).await;
    }

    let hit = get(&guest, &by_hash(HELLO)).await;
    let viewers_hit = get(&viewer, &by_hash(HELLO)).await;
    let text = get(&guest, &with_text(HELLO)).await;
    let wrong_variables = get(&guest, &json!({ "extensions": named(HELLO) })).await;
    let failed = get(&guest, &by_hash(failing)).await;
    let miss = get(&guest, &by_hash("{ __typename }")).await;
    let own = get(&guest, &by_hash(budget)).await;

    assert_eq!(cache_control(&hit), "public, max-age=60");
    assert_eq!(cache_control(&own), "private, no-store", "what is left is one caller's");
    assert_eq!(hit.headers[header::VARY], "accept, authorization");
    assert_eq!(cache_control(&viewers_hit), "private, no-store");
    for answer in [text, wrong_variables, failed, miss] {
        assert_eq!(cache_control(&answer), "no-store", "{}", answer.json());
    }
    app.stop().await;
}

#[tokio::test]
async fn a_large_document_runs_and_is_not_kept() {
    let app = TestApp::sqlite_with(|config: &mut Config| {
        config.persisted_queries.document_limit = "1 KiB".parse().expect("a size");
    })
    .await;
    let large = format!("{HELLO} # {}", "x".repeat(1_024));

    let sent = app.guest().post(with_text(&large)).await;
    let asked = app.guest().post(by_hash(&large)).await;

    assert_eq!(sent.json(), json!({ "data": { "hello": "Hello, Ada!" } }));
    assert_eq!(refusal(&asked), not_found(400));
    app.stop().await;
}

#[tokio::test]
async fn another_version_is_not_supported() {
    let app = TestApp::sqlite().await;
    let persisted = json!({ "persistedQuery": { "version": 2, "sha256Hash": sha256(HELLO) } });

    let alone = app.guest().post(json!({ "extensions": persisted })).await;
    let sent = app.guest().post(json!({ "query": HELLO, "extensions": persisted })).await;
    let kept = app.guest().post(by_hash(HELLO)).await;

    assert_eq!([refusal(&alone), refusal(&sent)], [not_supported(), not_supported()]);
    assert_eq!(refusal(&kept), not_found(400));
    app.stop().await;
}

#[tokio::test]
async fn a_gateway_without_persisted_queries_says_so() {
    let app = TestApp::sqlite_with(|config: &mut Config| config.persisted_queries.enabled = false).await;

    let alone = app.guest().post(by_hash(HELLO)).await;
    let sent = app.guest().post(with_text(HELLO)).await;
    let plain = app.guest().ask("{ hello }", json!({})).await;

    assert_eq!([refusal(&alone), refusal(&sent)], [not_supported(), not_supported()]);
    assert_eq!(plain, json!({ "data": { "hello": "Hello, world!" } }));
    app.stop().await;
}
