//! GraphQL over HTTP: methods, media types, statuses, and what must not get in.

use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::{Value, json};
use tests::TestApp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn request(method: Method, uri: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body.to_owned())).expect("a request")
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_query_may_be_asked_by_get_and_a_mutation_may_not() {
    let app = TestApp::sqlite().await;

    let query = app.guest().get("/graphql?query=%7B%20hello%20%7D").await;
    let mutation = app
        .guest()
        .get("/graphql?query=mutation%20%7B%20make(name:%22a%22)%20%7B%20id%20%7D%20%7D")
        .await;

    assert_eq!(query.status, StatusCode::OK);
    assert_eq!(query.json(), json!({ "data": { "hello": "Hello, world!" } }));
    assert_eq!(mutation.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(mutation.headers[header::ALLOW], "POST");
    let made = app.guest().ask("mutation { make(name: \"a\") { id } }", json!({})).await;
    assert_eq!(made["data"]["make"]["id"], "0", "the mutation by GET did not run");
    app.stop().await;
}

#[tokio::test]
async fn bad_requests_are_answered_in_json_with_a_code() {
    let app = TestApp::sqlite().await;
    let long = format!("{{\"query\": \"{}\"}}", "a".repeat(2 << 20));
    let deep = format!(
        "{{\"query\": \"{{ hello }}\", \"variables\": {}1{}}}",
        "[".repeat(9_000),
        "]".repeat(9_000)
    );
    let cases = [
        (vec![JSON], "{", 400, "BAD_REQUEST"),
        (vec![JSON], "[]", 400, "BAD_REQUEST"),
        (vec![JSON], "\"text\"", 400, "BAD_REQUEST"),
        (vec![JSON], "{}", 400, "BAD_REQUEST"),
        (vec![JSON], "{\"query\": 7}", 400, "BAD_USER_INPUT"),
        (vec![JSON], "{\"query\": \"{ hello }\", \"variables\": \"x\"}", 400, "BAD_USER_INPUT"),
        (vec![JSON], "{\"query\": \"{ hello }\", \"operationName\": 1}", 400, "BAD_USER_INPUT"),
        (vec![JSON], "{\"query\": \"{ hello\"}", 400, "GRAPHQL_PARSE_FAILED"),
        (vec![JSON], "{\"query\": \"{ nope }\"}", 400, "GRAPHQL_VALIDATION_FAILED"),
        (
            vec![JSON],
            "{\"query\": \"query($n: Int!) { hello(name: $n) }\"}",
            400,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (vec![JSON], "{\"query\": \"query($n: String!) { hello(name: $n) }\"}", 400, "BAD_USER_INPUT"),
        (vec![JSON], deep.as_str(), 400, "BAD_REQUEST"),
        (vec![JSON], long.as_str(), 413, "BAD_REQUEST"),
        (vec![("content-type", "text/plain")], "{\"query\": \"{ hello }\"}", 415, "BAD_REQUEST"),
        (
            vec![("content-type", "application/x-www-form-urlencoded")],
            "query={hello}",
            415,
            "BAD_REQUEST",
        ),
        (vec![], "{\"query\": \"{ hello }\"}", 415, "BAD_REQUEST"),
    ];

    for (headers, body, status, code) in cases {
        let mut headers = headers;
        headers.push(("accept", "application/graphql-response+json"));
        let answer = app.guest().send(request(Method::POST, "/graphql", &headers, body)).await;
        let shown = &body[..body.len().min(80)];
        assert_eq!(answer.status.as_u16(), status, "{shown}");
        assert_eq!(answer.json()["errors"][0]["extensions"]["code"], code, "{shown}");
        assert_eq!(answer.json().get("data"), None, "{shown}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_client_that_is_still_sending_sees_why_it_is_refused() {
    let app = TestApp::sqlite().await;
    let served = app.serve().await;
    let address = served.url.strip_prefix("http://").expect("an address");
    let mut client = tokio::net::TcpStream::connect(address).await.expect("it listens");
    let chunk = [b'x'; 64 << 10];
    let head = format!(
        "POST /graphql HTTP/1.1\r\nhost: weft\r\nconnection: close\r\ncontent-type: \
         multipart/form-data\r\ncontent-length: {}\r\n\r\n",
        20 * chunk.len()
    );

    client.write_all(head.as_bytes()).await.expect("the head is taken");
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    for _ in 0..20 {
        client.write_all(&chunk).await.expect("the body is taken");
    }
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.expect("a whole answer");

    assert!(answer.starts_with("HTTP/1.1 415 "), "{answer}");
    assert!(answer.contains("BAD_REQUEST"), "{answer}");
    drop(served);
    app.stop().await;
}

#[tokio::test]
async fn the_answer_comes_in_the_media_type_that_was_asked_for() {
    let app = TestApp::sqlite().await;
    let body = "{\"query\": \"{ nope }\"}";
    let ask = async |accept: &str| {
        app.guest().send(request(Method::POST, "/graphql", &[JSON, ("accept", accept)], body)).await
    };

    let new = ask("application/graphql-response+json").await;
    let old = ask("application/json").await;
    let none = ask("text/html").await;

    assert_eq!(new.status, StatusCode::BAD_REQUEST);
    assert!(
        new.headers[header::CONTENT_TYPE].as_bytes().starts_with(b"application/graphql-response+json")
    );
    assert_eq!(old.status, StatusCode::OK);
    assert!(old.headers[header::CONTENT_TYPE].as_bytes().starts_with(b"application/json"));
    assert_eq!(none.status, StatusCode::NOT_ACCEPTABLE);
    app.stop().await;
}

#[tokio::test]
async fn a_panic_is_an_internal_error_and_the_process_lives() {
    let app = TestApp::sqlite().await;

    let answer = app.guest().ask("{ panics }", json!({})).await;

    let error = &answer["errors"][0];
    assert_eq!(error["extensions"]["code"], "INTERNAL_SERVER_ERROR");
    assert!(!answer.to_string().contains("panics was asked"), "{answer}");
    let alive = app.guest().ask("{ hello }", json!({})).await;
    assert_eq!(alive["data"]["hello"], "Hello, world!");
    app.stop().await;
}

#[tokio::test]
async fn a_bad_token_is_refused_and_not_taken_for_a_guest() {
    let app = TestApp::sqlite().await;
    let client = app.guest().with_token("not-a-token");

    let answer = client.post(json!({ "query": "{ hello }" })).await;

    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.json()["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(answer.json().get("data"), None);
    app.stop().await;
}

#[tokio::test]
async fn another_sites_get_needs_a_preflight() {
    let app = TestApp::sqlite().await;
    let get = async |headers: &[(&str, &str)]| {
        app.guest().send(request(Method::GET, "/graphql?query=%7Bhello%7D", headers, "")).await.status
    };

    assert_eq!(get(&[]).await, StatusCode::OK);
    assert_eq!(get(&[("sec-fetch-site", "same-origin")]).await, StatusCode::OK);
    assert_eq!(get(&[("sec-fetch-site", "cross-site")]).await, StatusCode::FORBIDDEN);
    let preflighted = [("sec-fetch-site", "cross-site"), ("apollo-require-preflight", "1")];
    assert_eq!(get(&preflighted).await, StatusCode::OK);
    app.stop().await;
}

#[tokio::test]
async fn every_answer_has_a_request_id_and_a_sane_one_is_kept() {
    let app = TestApp::sqlite().await;
    let ask = async |headers: &[(&str, &str)]| {
        let answer =
            app.guest().send(request(Method::GET, "/graphql?query=%7Bhello%7D", headers, "")).await;
        answer.headers["x-request-id"].to_str().expect("text").to_owned()
    };

    assert_eq!(ask(&[("x-request-id", "from-the-client-1")]).await, "from-the-client-1");
    assert_ne!(ask(&[("x-request-id", "with spaces and <tags>")]).await, "with spaces and <tags>");
    assert_ne!(ask(&[]).await, ask(&[]).await);
    app.stop().await;
}

#[tokio::test]
async fn health_schema_keys_and_playground_are_served() {
    let app = TestApp::sqlite().await;

    let live = app.guest().get("/health/live").await;
    let ready = app.guest().get("/health/ready").await;
    let sdl = app.guest().get("/schema.graphql").await;
    let keys = app.guest().get("/.well-known/jwks.json").await;
    let page = app.guest().get("/").await;
    let demo = app.guest().get("/playground/demo-users.json").await;

    assert_eq!(live.status, StatusCode::OK);
    assert_eq!(ready.status, StatusCode::OK);
    assert!(ready.json().to_string().contains("products"), "{}", ready.json());
    assert_eq!(sdl.body, app.app().engine().sdl().as_bytes());
    assert_eq!(keys.json()["keys"][0]["kty"], "OKP");
    assert_eq!(keys.json()["keys"][0].get("d"), None, "the private part stays here");
    assert!(String::from_utf8_lossy(&page.body).contains("Weft"));
    assert!(
        page.headers["content-security-policy"].to_str().expect("text").contains("script-src 'self'")
    );
    let users: Vec<Value> = demo.json()["users"].as_array().expect("demo users").clone();
    assert!(users.iter().any(|user| user["role"] == "ADMIN"));
    app.stop().await;
}

#[tokio::test]
async fn introspection_and_playground_can_be_switched_off() {
    let app = TestApp::sqlite_with(|config| {
        config.server.introspection = false;
        config.server.playground = false;
    })
    .await;

    let answer = app.guest().ask("{ __schema { queryType { name } } }", json!({})).await;
    let typename = app.guest().ask("{ __typename }", json!({})).await;
    let page = app.guest().get("/").await;

    assert_eq!(answer.get("data"), None);
    assert!(answer["errors"][0]["message"].as_str().is_some_and(|text| text.contains("introspection")));
    assert_eq!(typename, json!({ "data": { "__typename": "Query" } }));
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    app.stop().await;
}
