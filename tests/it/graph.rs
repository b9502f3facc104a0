//! The graph across its modules, as a frontend developer asks it.

use kit::{
    Id as _,
    ids::{CategoryId, ProductId, SellerId},
};
use serde_json::{Value, json};
use tests::{TestApp, on_each_database};

fn codes(answer: &Value) -> Vec<&str> {
    let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap_or("none")).collect()
}

#[tokio::test]
async fn one_query_reads_both_modules() {
    on_each_database(async |app| {
        let product: ProductId = kit::seed::id(0);
        let query = "query($id: ID!) { product(by: {id: $id}) { id seller { id user { handle seller { name } } \
            rating { count } } } }";

        let answer = app.guest().ask(query, json!({ "id": product })).await;

        let seller = &answer["data"]["product"]["seller"];
        assert_eq!(answer.get("errors"), None, "{answer}");
        assert_eq!(answer["data"]["product"]["id"], product.to_string());
        assert!(seller["id"].as_str().is_some_and(|id| id.starts_with("sell_")));
        assert!(seller["user"]["seller"]["name"].is_string());
        assert!(seller["rating"]["count"].as_i64().is_some_and(|count| count > 0));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn node_answers_by_prefix_and_nothing_for_what_is_not_there() {
    on_each_database(async |app| {
        let (product, seller): (ProductId, SellerId) = (kit::seed::id(3), kit::seed::id(2));
        let missing = ProductId::from_ulid(ulid::Ulid::from_parts(1, 1)).to_string();
        let ids = json!([seller, missing, "prod_nonsense", "nonsense", "", product, "acct_0", null]);
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Product { title } \
            ... on Seller { name user { id } } } }";
        let given: Vec<&Value> = ids.as_array().expect("a list").iter().take(7).collect();

        let answer = app.guest().ask(query, json!({ "ids": given })).await;

        let nodes = answer["data"]["nodes"].as_array().unwrap_or_else(|| panic!("{answer}"));
        let types: Vec<&Value> = nodes.iter().map(|node| &node["__typename"]).collect();
        let null = Value::Null;
        assert_eq!(types, [&json!("Seller"), &null, &null, &null, &null, &json!("Product"), &null]);
        assert_eq!(nodes[0]["id"], seller.to_string());
        assert!(nodes[5]["title"].is_string());
        assert_eq!(answer.get("errors"), None, "{answer}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_account_is_not_found_by_node() {
    let app = TestApp::sqlite().await;
    let owner = app.seller(0).await;
    let account = owner.ask("{ me { id email } }", json!({})).await;
    let id = account["data"]["me"]["id"].clone();
    let query = "query($id: ID!) { node(id: $id) { id ... on Account { email } } }";

    let own = owner.ask(query, json!({ "id": id })).await;
    let stranger = app.seller(1).await.ask(query, json!({ "id": id })).await;
    let guest = app.guest().ask(query, json!({ "id": id })).await;

    assert_eq!(own["data"]["node"]["email"], account["data"]["me"]["email"]);
    assert_eq!(stranger, json!({ "data": { "node": null } }));
    assert_eq!(guest, json!({ "data": { "node": null } }));
    app.stop().await;
}

#[tokio::test]
async fn an_alias_on_a_key_field_still_fetches_the_right_entity() {
    let app = TestApp::sqlite().await;
    let product: ProductId = kit::seed::id(5);
    let plain = "query($id: ID!) { product(by: {id: $id}) { seller { name } category { name } } }";
    let aliased = "query($id: ID!) { product(by: {id: $id}) { id: slug __typename: title \
        seller { id: slug name } category { id: slug name } } }";

    let expected = app.guest().ask(plain, json!({ "id": product })).await;
    let answer = app.guest().ask(aliased, json!({ "id": product })).await;

    let (expected, answer) = (&expected["data"]["product"], &answer["data"]["product"]);
    assert_eq!(answer["seller"]["name"], expected["seller"]["name"]);
    assert_eq!(answer["category"]["name"], expected["category"]["name"]);
    assert_ne!(answer["id"], product.to_string());
    app.stop().await;
}

#[tokio::test]
async fn a_failing_field_says_where_and_leaves_its_siblings() {
    let app = TestApp::sqlite().await;

    let answer = app.guest().ask("{ a: hello\n  crash again: crash z: hello }", json!({})).await;

    let (a, z) = (&answer["data"]["a"], &answer["data"]["z"]);
    assert_eq!((a, z), (&json!("Hello, world!"), &json!("Hello, world!")));
    assert_eq!(answer["data"]["crash"], Value::Null);
    let mut errors = answer["errors"].as_array().expect("errors").clone();
    errors.sort_by_key(|error| error["path"].to_string());
    assert_eq!(errors[0]["path"], json!(["again"]));
    assert_eq!(errors[1]["message"], "internal error");
    assert_eq!(errors[1]["path"], json!(["crash"]));
    assert_eq!(errors[1]["locations"], json!([{ "line": 2, "column": 3 }]));
    assert_eq!(codes(&answer), ["INTERNAL_SERVER_ERROR"; 2]);
    app.stop().await;
}

#[tokio::test]
async fn a_broken_database_is_not_shown() {
    on_each_database(async |app| {
        use sea_orm::ConnectionTrait as _;
        let sql = "DROP TABLE product_images";
        app.app().db().write().execute_unprepared(sql).await.expect("the table goes");
        let query = "{ products(first: 1) { nodes { title images { alt } } } }";

        let answer = app.guest().ask(query, json!({})).await;

        let text = answer.to_string();
        assert_eq!(answer["errors"][0]["message"], "internal error");
        assert_eq!(codes(&answer), ["INTERNAL_SERVER_ERROR"]);
        assert!(!text.contains("product_images") && !text.contains("SELECT"), "{text}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_category_tree_reads_both_ways() {
    on_each_database(async |app| {
        let query =
            "{ categories { slug parent { id } children { slug parent { slug } path { slug } } } }";

        let answer = app.guest().ask(query, json!({})).await;

        let roots = answer["data"]["categories"].as_array().unwrap_or_else(|| panic!("{answer}"));
        assert!(roots.len() >= 3);
        for root in roots {
            assert_eq!(root["parent"], Value::Null);
            for child in root["children"].as_array().expect("children") {
                assert_eq!(child["parent"]["slug"], root["slug"]);
                assert_eq!(child["path"], json!([{ "slug": root["slug"] }, { "slug": child["slug"] }]));
            }
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_category_counts_what_stands_below_it() {
    on_each_database(async |app| {
        let category: CategoryId = kit::seed::id(0);
        let list = "query($id: ID!) { node(id: $id) { ... on Category { products(first: 1) { totalCount } } } \
            products(first: 1, filter: { categoryId: $id }) { totalCount } }";

        let answer = app.guest().ask(list, json!({ "id": category })).await;

        let below = &answer["data"]["node"]["products"]["totalCount"];
        assert!(below.as_i64().is_some_and(|count| count > 0), "{answer}");
        assert_eq!(below, &answer["data"]["products"]["totalCount"]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_document_that_asks_too_much_is_refused_unread() {
    let app = TestApp::sqlite().await;
    let deep = 10_000;
    let mut bomb = "{ ...F0 } ".to_owned();
    for level in 0..30 {
        let next = level + 1;
        bomb += &format!("fragment F{level} on Query {{ ...F{next} ...F{next} }} ");
    }
    bomb += "fragment F30 on Query { hello }";
    let documents = [
        format!("{{ {} }}", "a: hello ".repeat(deep)),
        format!("{{ {}id{} }}", "node(id: 1) { ".repeat(deep), " }".repeat(deep)),
        format!("{{ nodes(ids: {}1{}) {{ id }} }}", "[".repeat(deep), "]".repeat(deep)),
        format!("{{ product(by: {}1{}) {{ id }} }}", "{id: ".repeat(deep), "}".repeat(deep)),
        format!("{{ hello {} }}", "@skip(if: false) ".repeat(1_000)),
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(),
        bomb,
    ];

    for document in documents {
        let answer = app.guest().ask(&document, json!({})).await;
        assert_eq!(answer.get("data"), None);
        assert_eq!(codes(&answer)[0], "GRAPHQL_VALIDATION_FAILED", "{}", &document[..60]);
    }

    let alive = app.guest().ask("{ hello }", json!({})).await;
    assert_eq!(alive["data"]["hello"], "Hello, world!");
    app.stop().await;
}

#[tokio::test]
async fn an_operation_that_costs_too_much_is_refused_before_it_runs() {
    let app = TestApp::sqlite().await;
    let level = |inner: &str| format!("products(first: 100) {{ nodes {{ category {{ {inner} }} }} }}");
    let dear = format!("{{ {} }}", level(&level(&level("name"))));
    let types = "{ __schema { types { fields { type { ".to_owned()
        + &(0..150)
            .map(|n| format!("a{n}: fields {{ args {{ type {{ kind }} }} }} "))
            .collect::<String>()
        + "} } } } }";
    let long =
        format!("x: category {{ products(after: \"{}\") {{ totalCount }} }}", "a".repeat(300_000));
    let arguments = format!("{{ products(first: 1) {{ nodes {{ {long} }} }} }}");

    let answer = app.guest().ask(&dear, json!({})).await;
    let schema = app.guest().ask(&types, json!({})).await;
    let spread = app.guest().ask(&arguments, json!({})).await;

    assert_eq!(codes(&answer), ["COST_EXCEEDED"]);
    assert_eq!(answer.get("data"), None);
    assert_eq!(codes(&schema), ["GRAPHQL_VALIDATION_FAILED"]);
    assert_eq!(codes(&spread), ["GRAPHQL_VALIDATION_FAILED"]);
    app.stop().await;
}

#[tokio::test]
async fn node_keeps_its_own_names_and_takes_one_id_for_a_list_of_one() {
    let app = TestApp::sqlite().await;
    let product: ProductId = kit::seed::id(5);
    let missing = ProductId::from_ulid(ulid::Ulid::from_parts(1, 1));
    let query = "query($id: ID!) { node(id: $id) { ... on Product { _witness: id witness: title } } }";

    let found = app.guest().ask(query, json!({ "id": product })).await;
    let absent = app.guest().ask(query, json!({ "id": missing })).await;
    let one = app.guest().ask(&format!("{{ nodes(ids: \"{product}\") {{ id }} }}"), json!({})).await;

    assert_eq!(found["data"]["node"]["_witness"], product.to_string(), "{found}");
    assert_eq!(absent, json!({ "data": { "node": null } }));
    assert_eq!(one, json!({ "data": { "nodes": [{ "id": product }] } }));
    app.stop().await;
}

#[tokio::test]
async fn a_repeated_mutation_runs_once() {
    let app = TestApp::sqlite().await;
    let twice = "mutation { make(name: \"a\") { id } ...F make(name: \"a\") { name } } \
        fragment F on Mutation { make(name: \"a\") { name } }";

    let first = app.guest().ask(twice, json!({})).await;
    let second = app.guest().ask(twice, json!({})).await;

    assert_eq!(first, json!({ "data": { "make": { "id": "0", "name": "a" } } }));
    assert_eq!(second, json!({ "data": { "make": { "id": "1", "name": "a" } } }));
    app.stop().await;
}
