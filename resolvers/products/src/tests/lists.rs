//! Every order of a list, walked from both ends, and conditions.

use std::collections::HashSet;

use kit::Viewer;
use serde_json::{Value, json};

use super::shop::Shop;

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String, \
     $filter: ProductFilter, $sort: ProductSort) { products(first: $first, after: $after, \
     last: $last, before: $before, filter: $filter, sort: $sort) { totalCount nodes { id } \
     pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

fn ids(page: &Value) -> Vec<String> {
    let nodes = page["nodes"].as_array().expect("nodes").iter();
    nodes.map(|node| node["id"].as_str().expect("an id").to_owned()).collect()
}

async fn walk(shop: &Shop, filter: &Value, sort: &Value, backward: bool) -> (Vec<String>, Value) {
    let mut walked: Vec<String> = Vec::new();
    let mut cursor = Value::Null;
    loop {
        let variables = match backward {
            true => json!({ "last": 97, "before": cursor, "filter": filter, "sort": sort }),
            false => json!({ "first": 97, "after": cursor, "filter": filter, "sort": sort }),
        };
        let mut data = shop.data(&Viewer::default(), PAGE, variables).await;
        let page = data["products"].take();
        let (more, end) = match backward {
            true => ("hasPreviousPage", "startCursor"),
            false => ("hasNextPage", "endCursor"),
        };
        match backward {
            true => walked.splice(0..0, ids(&page)).for_each(drop),
            false => walked.extend(ids(&page)),
        }
        if page["pageInfo"][more] == json!(false) {
            return (walked, page["totalCount"].clone());
        }
        cursor = page["pageInfo"][end].clone();
    }
}

#[tokio::test]
async fn every_order_shows_every_product_once_from_both_ends() {
    let shop = Shop::with_demo_data().await;
    let mut whole = Vec::new();
    for field in ["CREATED_AT", "PRICE", "TITLE", "POPULARITY", "RATING"] {
        let up = json!({ "field": field });
        let down = json!({ "field": field, "direction": "DESC" });

        let (ascending, count) = walk(&shop, &Value::Null, &up, false).await;
        let (from_the_end, _) = walk(&shop, &Value::Null, &up, true).await;
        let (descending, _) = walk(&shop, &Value::Null, &down, false).await;

        assert_eq!(json!(ascending.len()), count, "{field}");
        assert_eq!(ascending.iter().collect::<HashSet<_>>().len(), ascending.len(), "{field}");
        assert_eq!(ascending, from_the_end, "{field}");
        assert_eq!(ascending, descending.into_iter().rev().collect::<Vec<_>>(), "{field}");
        whole.push(ascending.into_iter().collect::<HashSet<_>>());
    }
    assert!(whole.windows(2).all(|pair| pair[0] == pair[1]));
}

#[tokio::test]
async fn a_cursor_of_another_order_is_refused() {
    let shop = Shop::with_demo_data().await;
    let data = shop.data(&Viewer::default(), PAGE, json!({ "first": 1 })).await;
    let cursor = &data["products"]["pageInfo"]["endCursor"];

    let variables = json!({ "after": cursor, "sort": { "field": "TITLE" } });
    let answer = shop.ask(&Viewer::default(), PAGE, variables).await;

    assert_eq!(answer["errors"][0]["message"], "a cursor of a list in another order");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}

#[tokio::test]
async fn lists_of_parents_are_the_filtered_catalogue() {
    const LISTS: &str = "{ categories { id products(first: 100) { totalCount nodes { id seller { id \
         products(first: 100, sort: { field: TITLE }) { totalCount nodes { id } } } } } } }";
    let shop = Shop::with_demo_data().await;

    let data = shop.data(&Viewer::default(), LISTS, Value::Null).await;

    for category in data["categories"].as_array().expect("categories") {
        let filter = json!({ "categoryId": category["id"] });
        let (all, count) = walk(&shop, &filter, &Value::Null, false).await;
        assert_eq!(category["products"]["totalCount"], count);
        assert_eq!(ids(&category["products"]), all[..100]);
        let seller = &category["products"]["nodes"][0]["seller"];
        let filter = json!({ "sellerId": seller["id"] });
        let (all, count) = walk(&shop, &filter, &json!({ "field": "TITLE" }), false).await;
        assert_eq!(seller["products"]["totalCount"], count);
        assert_eq!(ids(&seller["products"]), all);
    }
}

#[tokio::test]
async fn conditions_nest() {
    let shop = Shop::with_demo_data().await;
    let count = async |filter: Value| {
        let variables = json!({ "first": 0, "filter": filter });
        let data = shop.data(&Viewer::default(), PAGE, variables).await;
        data["products"]["totalCount"].as_i64().expect("a count")
    };
    let contains = |text: &str| json!({ "title": { "contains": text } });
    let cheap = json!({ "maxPrice": { "minorUnits": 5_000, "currency": "EUR" } });

    let all = count(Value::Null).await;
    let (mice, desks) = (count(contains("MOUSE")).await, count(contains("desk,")).await);

    assert!(mice > 0 && desks > 0);
    assert_eq!(count(json!({ "or": [contains("mouse"), contains("desk,")] })).await, mice + desks);
    assert_eq!(count(json!({ "and": [contains("mouse"), contains("desk,")] })).await, 0);
    assert_eq!(count(json!({ "not": contains("mouse") })).await, all - mice);
    assert_eq!(count(json!({ "or": [] })).await, 0);
    assert_eq!(count(contains("%")).await, 0);
    assert_eq!(count(json!({ "not": cheap })).await, all - count(cheap.clone()).await);
    let in_stock = count(json!({ "inStock": true })).await;
    assert_eq!(count(json!({ "inStock": false })).await, all - in_stock);
    let by_status = count(json!({ "status": ["ACTIVE"] })).await;
    assert_eq!(count(json!({ "status": ["SOLD_OUT", "DRAFT"] })).await, all - by_status);
}

#[tokio::test]
async fn reviews_walk_in_every_order() {
    const REVIEWS: &str = "query($id: ID!, $after: String, $sort: ReviewSort) { \
         product(by: { id: $id }) { reviews(first: 3, after: $after, sort: $sort) { totalCount nodes { id stars } \
         pageInfo { hasNextPage endCursor } } } }";
    let shop = Shop::with_demo_data().await;
    let sort = json!({ "sort": { "field": "POPULARITY", "direction": "DESC" }, "first": 1 });
    let data = shop.data(&Viewer::default(), PAGE, sort).await;
    let id = &data["products"]["nodes"][0]["id"];
    for (sort, is_sorted) in [("NEWEST", None), ("HIGHEST", Some(true)), ("LOWEST", Some(false))] {
        let (mut walked, mut stars, mut cursor) = (HashSet::new(), Vec::new(), Value::Null);
        let count = loop {
            let variables = json!({ "id": id, "after": cursor, "sort": sort });
            let data = shop.data(&Viewer::default(), REVIEWS, variables).await;
            let page = &data["product"]["reviews"];
            walked.extend(ids(page));
            let nodes = page["nodes"].as_array().expect("nodes").iter();
            stars.extend(nodes.map(|node| node["stars"].as_i64().expect("stars")));
            if page["pageInfo"]["hasNextPage"] == json!(false) {
                break page["totalCount"].clone();
            }
            cursor = page["pageInfo"]["endCursor"].clone();
        };

        assert_eq!(json!(walked.len()), count, "{sort}");
        match is_sorted {
            Some(true) => assert!(stars.is_sorted_by(|a, b| a >= b), "{stars:?}"),
            Some(false) => assert!(stars.is_sorted(), "{stars:?}"),
            None => {}
        }
    }
}
