//! A product that is hidden is absent everywhere, but for its seller and those
//! who moderate.

use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database};

use super::{REVIEW, TABLES, favourite, refused, refused_review, review, saved, shop_of};
use crate::accounts::{data, rows};

/// Every way to a product, a variant and a review of it.
const EVERYWHERE: &str = "query($product: ID!, $variant: ID!, $review: ID!, $slug: String!, $sku: \
    String!, $seller: ID!, $category: ID!, $user: ID!, $title: String!) { byId: product(by: { id: \
    $product }) { id } bySlug: product(by: { slug: $slug }) { id } bySku: product(by: { sku: $sku }) { \
    id } nodes(ids: [$product, $variant, $review]) { id ... on Review { product { id } } ... on \
    Variant { product { id } } } listed: products(filter: { title: { eq: $title } }) { totalCount \
    nodes { id } } byStatus: products(filter: { title: { eq: $title }, status: [DRAFT, ARCHIVED] }) { \
    totalCount nodes { id } } byPrice: products(filter: { title: { eq: $title } }, sort: { field: \
    PRICE }) { totalCount nodes { id } } ofCategory: node(id: $category) { ... on Category { \
    products(filter: { title: { eq: $title } }) { totalCount nodes { id } } } } ofSeller: node(id: \
    $seller) { ... on Seller { products(filter: { title: { eq: $title } }) { totalCount nodes { id } } \
    } } ofUser: user(by: { id: $user }) { products(first: 1) { nodes { id } } } }";

/// A product of the first seller that somebody reviewed and keeps, now hidden.
struct Hidden {
    seller: Client,
    buyer: Client,
    variables: Value,
    newest: Value,
}

impl Hidden {
    async fn new(app: &TestApp, status: &str) -> Self {
        let (seller, buyer) = (app.seller(0).await, app.sign_in(&app.email(60).await).await);
        let shop = shop_of(&seller).await;
        let own = "{ me { user { id products(first: 1) { nodes { id } } } } }";
        let newest = "query($id: ID!) { node(id: $id) { ... on Seller { products(first: 1) { nodes { \
            id } } } } }";
        let newest = data(&app.guest(), newest, json!({ "id": shop })).await;
        let newest = newest["node"]["products"]["nodes"].clone();
        let category: kit::ids::CategoryId = kit::seed::id(1);
        let prices =
            ["EUR", "USD", "GBP"].map(|currency| json!({ "minorUnits": 100, "currency": currency }));
        let variant = json!({ "sku": "Secret Lamp", "optionValues": [], "prices": prices });
        let lamp = json!({ "title": "Secret Lamp", "status": "ACTIVE", "variants": [variant] });
        let product = saved(&seller, lamp).await["id"].take();
        let variants = "query($id: ID!) { product(by: { id: $id }) { variants { nodes { id } } } }";
        let variants = data(&seller, variants, json!({ "id": product })).await;
        let written = review(&buyer, &product, 5, "Bright.").await;
        assert_eq!(favourite(&buyer, &product, true).await["product"]["isFavourite"], true);
        saved(&seller, json!({ "id": product, "categoryId": category, "status": status })).await;
        let user = data(&seller, own, json!({})).await["me"]["user"]["id"].take();
        let variables = json!({ "product": product,
            "variant": variants["product"]["variants"]["nodes"][0]["id"],
                "review": written["review"]["id"], "slug": "secret-lamp", "sku": "Secret Lamp",
                    "seller": shop, "category": category, "user": user, "title": "Secret Lamp" });
        Self { seller, buyer, variables, newest }
    }

    fn product(&self) -> &Value {
        &self.variables["product"]
    }
}

/// Asks for a hidden product as those who may see it, and as all others.
async fn hide(app: TestApp, status: &str) {
    let hidden = Hidden::new(&app, status).await;
    let support = app.sign_in("sami-support@demo.example").await;
    let moderator = app.sign_in("mona-moderator@demo.example").await;
    let admin = app.sign_in("alma-admin@demo.example").await;
    let none = json!({ "totalCount": 0, "nodes": [] });
    let absent = json!({ "byId": null, "bySlug": null, "bySku": null, "nodes": [null, null, null],
        "listed": none, "byStatus": none, "byPrice": none, "ofCategory": { "products": none },
            "ofSeller": { "products": none }, "ofUser": { "products": { "nodes": hidden.newest } } });
    let node = json!({ "id": hidden.product() });
    let one = json!({ "totalCount": 1, "nodes": [node] });
    let within = |id: &Value| json!({ "id": id, "product": node });
    let nodes = [&node, &within(&hidden.variables["variant"]), &within(&hidden.variables["review"])];
    let present = json!({ "byId": node, "bySlug": node, "bySku": node, "nodes": nodes, "listed": one,
        "byStatus": one, "byPrice": one, "ofCategory": { "products": one }, "ofSeller": {
            "products": one }, "ofUser": { "products": { "nodes": [node] } } });

    for viewer in [&app.guest(), &hidden.buyer, &app.seller(1).await, &support] {
        let answer = viewer.ask(EVERYWHERE, hidden.variables.clone()).await;
        assert_eq!(answer, json!({ "data": absent }));
    }
    for viewer in [&hidden.seller, &moderator, &admin] {
        let answer = viewer.ask(EVERYWHERE, hidden.variables.clone()).await;
        assert_eq!(answer, json!({ "data": present }));
    }
    app.stop().await;
}

#[tokio::test]
async fn a_draft_is_absent_everywhere_but_for_its_seller_and_moderators() {
    on_each_database(async |app| hide(app, "DRAFT").await).await;
}

#[tokio::test]
async fn an_archived_product_is_absent_everywhere_but_for_its_seller_and_moderators() {
    on_each_database(async |app| hide(app, "ARCHIVED").await).await;
}

#[tokio::test]
async fn a_sold_out_product_is_shown_to_all_and_not_in_stock() {
    on_each_database(async |app| {
        let hidden = Hidden::new(&app, "SOLD_OUT").await;
        let query = "query($id: ID!) { product(by: { id: $id }) { status inStock } }";

        let seen = data(&app.guest(), query, json!({ "id": hidden.product() })).await;

        assert_eq!(seen, json!({ "product": { "status": "SOLD_OUT", "inStock": false } }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_reviews_answers_or_keeps_a_hidden_product_of_others() {
    on_each_database(async |app| {
        let hidden = Hidden::new(&app, "DRAFT").await;
        let stranger = app.seller(1).await;
        let reply = "mutation($id: ID!) { reviewReply(reviewId: $id, body: \"Thanks\") { review { id } \
            userErrors { code field message } } }";
        let before = rows(&app, TABLES).await;

        for viewer in [&hidden.buyer, &stranger] {
            let written = review(viewer, hidden.product(), 1, "Where is it?").await;
            assert_eq!(written, refused_review("NOT_FOUND", &["productId"], "product not found"));
            for on in [true, false] {
                let kept = favourite(viewer, hidden.product(), on).await;
                assert_eq!(kept, refused("NOT_FOUND", &["productId"], "product not found"));
            }
        }
        let answered = data(&stranger, reply, json!({ "id": hidden.variables["review"] })).await;
        assert_eq!(
            answered["reviewReply"],
            refused_review("NOT_FOUND", &["reviewId"], "review not found")
        );
        let guest = json!({ "product": hidden.product(), "stars": 5, "body": "Hm." });
        let guest = app.guest().ask(REVIEW, guest).await;
        assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");

        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_hidden_favourite_is_neither_listed_nor_counted_until_it_is_shown_again() {
    on_each_database(async |app| {
        let hidden = Hidden::new(&app, "DRAFT").await;
        let query = "{ me { favourites { totalCount nodes { id isFavourite } } } }";

        let absent = data(&hidden.buyer, query, json!({})).await;
        saved(&hidden.seller, json!({ "id": hidden.product(), "status": "ACTIVE" })).await;
        let present = data(&hidden.buyer, query, json!({})).await;

        let list = |nodes: Vec<Value>| {
            json!({ "me": { "favourites": { "totalCount": nodes.len(), "nodes": nodes } } })
        };
        assert_eq!(absent, list(vec![]));
        assert_eq!(present, list(vec![json!({ "id": hidden.product(), "isFavourite": true })]));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn counts_of_lists_leave_out_what_the_viewer_may_not_see() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let shop = shop_of(&seller).await;
        let query = "query($seller: ID!) { products(first: 0) { totalCount } node(id: $seller) { ... \
            on Seller { products(first: 0) { totalCount } } } }";
        let counts = async |viewer: &Client| {
            let answer = data(viewer, query, json!({ "seller": shop })).await;
            let count = |value: &Value| value["totalCount"].as_i64().expect("a count");
            (count(&answer["products"]), count(&answer["node"]["products"]))
        };
        let (guest, admin) = (app.guest(), app.sign_in("alma-admin@demo.example").await);
        let before = [counts(&guest).await, counts(&seller).await, counts(&admin).await];

        saved(&seller, json!({ "title": "Draft" })).await;

        let after = [counts(&guest).await, counts(&seller).await, counts(&admin).await];
        let more = |(all, own): (i64, i64)| (all + 1, own + 1);
        assert_eq!(after, [before[0], more(before[1]), more(before[2])]);
        assert_eq!(before[2].0, 2_000);
        assert!(before[0].0 < before[1].0, "the seller has hidden products of the demo data");
        app.stop().await;
    })
    .await;
}
