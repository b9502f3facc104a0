//! Favourites: kept, counted once, listed newest first.

use futures_util::future::join_all;
use kit::{Id as _, ids::ProductId};
use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database};

use super::{FAVOURITE, favourite, refused};
use crate::accounts::{data, rows};

const FAVOURITES: &str = "query($first: Int, $after: String, $last: Int, $before: String) { me { \
    favourites(first: $first, after: $after, last: $last, before: $before) { totalCount nodes { id \
    isFavourite } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

async fn buyer(app: &TestApp) -> Client {
    app.sign_in(&app.email(60).await).await
}

/// Ids of products on offer.
async fn products(client: &Client, count: usize) -> Vec<Value> {
    let answer =
        data(client, "query($n: Int!) { products(first: $n) { nodes { id } } }", json!({ "n": count }))
            .await;
    answer["products"]["nodes"]
        .as_array()
        .expect("nodes")
        .iter()
        .map(|node| node["id"].clone())
        .collect()
}

async fn favourites(client: &Client, variables: Value) -> Value {
    data(client, FAVOURITES, variables).await["me"]["favourites"].take()
}

fn ids(page: &Value) -> Vec<Value> {
    page["nodes"].as_array().expect("nodes").iter().map(|node| node["id"].clone()).collect()
}

#[tokio::test]
async fn a_favourite_is_kept_until_it_is_taken_back() {
    on_each_database(async |app| {
        let (buyer, other) = (buyer(&app).await, app.seller(1).await);
        let product = products(&app.guest(), 1).await.remove(0);
        let answer =
            |on: bool| json!({ "product": { "id": product, "isFavourite": on }, "userErrors": [] });
        let query = "query($id: ID!) { product(by: { id: $id }) { isFavourite } }";
        let is_favourite = async |client: &Client| {
            data(client, query, json!({ "id": product })).await["product"]["isFavourite"].as_bool()
        };

        assert_eq!(
            favourite(&buyer, &product, false).await,
            answer(false),
            "there was nothing to take back"
        );
        assert_eq!(favourite(&buyer, &product, true).await, answer(true));
        assert_eq!(favourite(&buyer, &product, true).await, answer(true));
        assert_eq!(rows(&app, ["favourites"]).await, [1]);
        let kept =
            [is_favourite(&buyer).await, is_favourite(&other).await, is_favourite(&app.guest()).await];
        assert_eq!(kept, [Some(true), Some(false), Some(false)]);
        assert_eq!(favourite(&buyer, &product, false).await, answer(false));
        assert_eq!(favourite(&buyer, &product, false).await, answer(false));

        assert_eq!(is_favourite(&buyer).await, Some(false));
        assert_eq!(rows(&app, ["favourites"]).await, [0]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_no_product_and_who_is_nobody_keep_nothing() {
    on_each_database(async |app| {
        let buyer = buyer(&app).await;
        let product = products(&buyer, 1).await.remove(0);

        let missing = favourite(&buyer, &json!(ProductId::generate()), true).await;
        let guest = app.guest().ask(FAVOURITE, json!({ "product": product, "on": true })).await;

        assert_eq!(missing, refused("NOT_FOUND", &["productId"], "product not found"));
        assert_eq!(guest["data"], json!({ "favouriteSet": null }));
        assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(rows(&app, ["favourites"]).await, [0]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn favourites_stand_newest_first_and_are_walked_in_both_directions() {
    on_each_database(async |app| {
        let buyer = buyer(&app).await;
        let mut kept = products(&buyer, 7).await;
        for product in &kept {
            favourite(&buyer, product, true).await;
        }
        let all = ids(&favourites(&buyer, json!({})).await);
        let mut sorted = all.clone();
        let by_text = |id: &Value| id.to_string();
        sorted.sort_by_key(by_text);
        kept.sort_by_key(by_text);
        assert_eq!(sorted, kept);

        let (mut forward, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = favourites(&buyer, json!({ "first": 3, "after": after })).await;
            assert_eq!(page["totalCount"], 7);
            forward.extend(ids(&page));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        let (mut backward, mut before) = (Vec::new(), Value::Null);
        loop {
            let page = favourites(&buyer, json!({ "last": 3, "before": before })).await;
            backward.splice(0..0, ids(&page));
            before = page["pageInfo"]["startCursor"].clone();
            if page["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
        }

        assert_eq!(forward, all);
        assert_eq!(backward, all);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_favourite_kept_anew_stands_first() {
    on_each_database(async |app| {
        let buyer = buyer(&app).await;
        let kept = products(&buyer, 3).await;
        for product in &kept {
            favourite(&buyer, product, true).await;
        }
        // Kept again is kept since the first time; times may be equal, then ids decide.
        let before = ids(&favourites(&buyer, json!({})).await);
        favourite(&buyer, &kept[0], true).await;
        assert_eq!(ids(&favourites(&buyer, json!({})).await), before);

        let sql = "UPDATE favourites SET at = at - 1000";
        sea_orm::ConnectionTrait::execute_unprepared(app.app().db().write(), sql)
            .await
            .expect("a second passes");
        let last = before[2].clone();
        favourite(&buyer, &last, false).await;
        favourite(&buyer, &last, true).await;

        let expected = [last, before[0].clone(), before[1].clone()];
        assert_eq!(ids(&favourites(&buyer, json!({})).await), expected);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_product_kept_many_times_at_once_counts_once_for_each_account() {
    on_each_database(async |app| {
        let product = super::offer(&app.seller(0).await, "Lamp").await;
        let (one, two) = (buyer(&app).await, app.seller(1).await);

        join_all((0..50_u32).map(|number| {
            favourite(if number.is_multiple_of(2) { &one } else { &two }, &product, true)
        }))
        .await;
        assert_eq!(rows(&app, ["favourites", "products WHERE favourite_count = 2"]).await, [2, 1]);
        join_all((0..10).map(|_| favourite(&one, &product, false))).await;

        assert_eq!(rows(&app, ["favourites", "products WHERE favourite_count = 1"]).await, [1, 1]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn each_of_two_changes_in_one_request_shows_itself() {
    on_each_database(async |app| {
        let buyer = buyer(&app).await;
        let product = products(&buyer, 1).await.remove(0);
        let both = "mutation($id: ID!) { on: favouriteSet(productId: $id, favourite: true) { product { \
            isFavourite } } off: favouriteSet(productId: $id, favourite: false) { product { \
            isFavourite } } }";

        let answer = data(&buyer, both, json!({ "id": product })).await;

        let product = |is_favourite: bool| json!({ "product": { "isFavourite": is_favourite } });
        assert_eq!(answer, json!({ "on": product(true), "off": product(false) }));
        app.stop().await;
    })
    .await;
}
