//! A module in another process answers as the same module in this one.

use kit::ids::ProductId;
use serde_json::{Value, json};
use tests::TestApp;

/// Two gateways on one database: the second reaches the products, and what needs
/// them, over HTTP.
async fn pair() -> (TestApp, tests::Served, gateway::App) {
    let whole = TestApp::sqlite_with(|config| config.server.expose_subgraphs = true).await;
    let served = whole.serve().await;
    let mut config = whole.config();
    for module in ["products", "carts", "orders"] {
        let url = format!("{}/subgraphs/{module}", served.url);
        config.modules.remote.insert(module.to_owned(), gateway::RemoteConfig::at(&url));
    }
    let split =
        gateway::App::start(config, gateway::Extra::default()).await.expect("the gateway starts");
    (whole, served, split)
}

async fn ask(app: &gateway::App, query: &str, variables: &Value) -> Value {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt as _;

    let body = json!({ "query": query, "variables": variables }).to_string();
    let request =
        Request::post("/graphql").header("content-type", "application/json").body(Body::from(body));
    let response = app.router().oneshot(request.expect("a request")).await.expect("an answer");
    let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body");
    serde_json::from_slice(&bytes).expect("JSON")
}

#[tokio::test]
async fn queries_answer_the_same_over_http() {
    let (whole, served, split) = pair().await;
    let product: ProductId = kit::seed::id(7);
    let queries = [
        "query($id: ID!) { product(by: {id: $id}) { id title seller { name user { handle } } \
         reviews(first: 3) { nodes { stars author { displayName } } } category { path { name } } } }",
        "query($id: ID!) { node(id: $id) { id ... on Product { slug status } } \
         products(first: 3, sort: { field: TITLE }) { totalCount nodes { title priceRange { min { amount } } } } }",
        "query($id: ID!) { product(by: {id: $id}) { images(first: 1) { url(width: 99999999) } title } }",
        "query($id: ID!) { product(by: {id: $id}) { reviews(after: \"rubbish\") { nodes { id } } title } }",
    ];

    for query in queries {
        let variables = json!({ "id": product });
        let local = whole.guest().ask(query, variables.clone()).await;
        let remote = ask(&split, query, &variables).await;
        assert_eq!(remote, local, "{query}");
    }

    split.stop().await;
    drop(served);
    whole.stop().await;
}

#[tokio::test]
async fn a_remote_module_that_is_away_nulls_its_fields_only() {
    let (whole, served, split) = pair().await;
    drop(served);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let query = "{ user(by: {handle: \"nobody\"}) { id } products(first: 1) { nodes { id } } }";

    let answer = ask(&split, query, &json!({})).await;

    assert_eq!(answer["data"], json!({ "user": null, "products": null }));
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    split.stop().await;
    whole.stop().await;
}
