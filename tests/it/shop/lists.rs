//! Lists of products: in every order each product once, from both ends.

use std::{cmp::Reverse, collections::BTreeMap};

use serde_json::{Value, json};
use tests::{Client, on_each_database};

use super::{favourite, saved};
use crate::accounts::data;

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String, $filter: \
    ProductFilter, $sort: ProductSort) { products(first: $first, after: $after, last: $last, before: \
    $before, filter: $filter, sort: $sort) { totalCount nodes { id title createdAt rating { count \
    histogram } priceRange { min { minorUnits } } } edges { cursor node { id } } pageInfo { \
    hasNextPage hasPreviousPage startCursor endCursor } } }";

async fn page(client: &Client, variables: Value) -> Value {
    data(client, PAGE, variables).await["products"].take()
}

fn nodes(page: &Value) -> Vec<Value> {
    page["nodes"].as_array().expect("nodes").clone()
}

/// Objects with this field of them alone.
fn only(objects: &Value, field: &str) -> Value {
    let one = |object: &Value| {
        Value::Object([(field.to_owned(), object[field].clone())].into_iter().collect())
    };
    objects.as_array().expect("a list").iter().map(one).collect()
}

fn id(product: &Value) -> String {
    product["id"].as_str().expect("an id").to_owned()
}

fn ids(products: &[Value]) -> Vec<String> {
    products.iter().map(id).collect()
}

/// Walks a list from its start, or from its end, in pages of `size`; checks
/// each page's position on the way.
async fn walk(client: &Client, list: &Value, size: i32, is_backward: bool) -> Vec<Value> {
    let (mut all, mut cursor) = (Vec::new(), Value::Null);
    let (count, from, ahead, behind, next) = match is_backward {
        false => ("first", "after", "hasNextPage", "hasPreviousPage", "endCursor"),
        true => ("last", "before", "hasPreviousPage", "hasNextPage", "startCursor"),
    };
    loop {
        let mut variables = list.clone();
        variables[count] = json!(size);
        variables[from] = cursor;
        let page = page(client, variables).await;
        let (found, info) = (nodes(&page), &page["pageInfo"]);
        let edges = page["edges"].as_array().expect("edges");
        let of_edges: Vec<Value> = edges.iter().map(|edge| edge["node"]["id"].clone()).collect();
        assert_eq!(json!(of_edges), json!(ids(&found)));
        assert_eq!(
            info["startCursor"],
            edges.first().map_or(Value::Null, |edge| edge["cursor"].clone())
        );
        assert_eq!(info["endCursor"], edges.last().map_or(Value::Null, |edge| edge["cursor"].clone()));
        assert_eq!(info[behind], !all.is_empty());
        cursor = info[next].clone();
        let has_more = info[ahead] == true;
        match is_backward {
            false => all.extend(found),
            true => {
                all.splice(0..0, found);
            }
        }
        if !has_more {
            assert_eq!(page["totalCount"], all.len());
            return all;
        }
    }
}

/// What a product is sorted by, as far as it shows.
fn key(product: &Value, field: &str, favourites: &BTreeMap<String, i64>) -> (i64, String) {
    let rating = &product["rating"];
    let stars: i64 = (1..)
        .zip(rating["histogram"].as_array().expect("five"))
        .map(|(stars, count): (i64, &Value)| stars * count.as_i64().expect("a count"))
        .sum();
    let count = rating["count"].as_i64().expect("a count");
    match field {
        "CREATED_AT" => (0, product["createdAt"].as_str().expect("a time").to_owned()),
        "PRICE" => {
            (product["priceRange"]["min"]["minorUnits"].as_i64().expect("a price"), String::new())
        }
        "TITLE" => (0, product["title"].as_str().expect("a title").to_lowercase()),
        "POPULARITY" => (count + favourites.get(&id(product)).copied().unwrap_or(0), String::new()),
        "RATING" => ((1_000 * stars).checked_div(count).unwrap_or(0), String::new()),
        _ => panic!("unknown field {field}"),
    }
}

#[tokio::test]
async fn every_order_is_walked_from_both_ends_without_gap_or_repetition() {
    on_each_database(async |app| {
        let guest = app.guest();
        let category: kit::ids::CategoryId = kit::seed::id(0);
        let list = |sort: Value| json!({ "filter": { "categoryId": category }, "sort": sort });
        let mut all = walk(&guest, &list(Value::Null), 100, false).await;
        assert!(all.len() > 250, "{}", all.len());
        let mut favourites = BTreeMap::new();
        for (buyer, count) in [(app.sign_in(&app.email(60).await).await, 4), (app.seller(9).await, 2)] {
            for product in all.iter().take(count) {
                favourite(&buyer, &product["id"], true).await;
                *favourites.entry(id(product)).or_default() += 1;
            }
        }

        for field in ["CREATED_AT", "PRICE", "TITLE", "POPULARITY", "RATING"] {
            all.sort_by_key(|product| (key(product, field, &favourites), id(product)));
            for direction in ["ASC", "DESC"] {
                let sorted = list(json!({ "field": field, "direction": direction }));
                assert_eq!(
                    ids(&walk(&guest, &sorted, 70, false).await),
                    ids(&all),
                    "{field} {direction}"
                );
                assert_eq!(
                    ids(&walk(&guest, &sorted, 100, true).await),
                    ids(&all),
                    "{field} {direction}, from the end"
                );
                all.reverse();
            }
        }
        all.sort_by_key(|product| Reverse((key(product, "CREATED_AT", &favourites), id(product))));
        assert_eq!(
            ids(&walk(&guest, &list(Value::Null), 100, false).await),
            ids(&all),
            "newest first by default"
        );
        let ascending = list(json!({ "field": "CREATED_AT" }));
        all.reverse();
        assert_eq!(ids(&walk(&guest, &ascending, 100, false).await), ids(&all), "ascending by default");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn titles_are_sorted_without_regard_to_case_also_where_they_are_equal() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let mut created = Vec::new();
        for title in ["zz beta", "ZZ Alpha", "zz alpha", "ZZ ÄTHER", "zz äther", "ZZ Zeta"] {
            created.push(saved(&seller, json!({ "title": title, "status": "ACTIVE" })).await);
        }
        let list = |direction: &str| {
            let sort = json!({ "field": "TITLE", "direction": direction });
            json!({ "filter": { "title": { "startsWith": "ZZ " } }, "sort": sort })
        };

        for size in [1, 2, 5] {
            let lower = |product: &Value| product["title"].as_str().expect("a title").to_lowercase();
            created.sort_by_key(|product| (lower(product), id(product)));
            assert_eq!(ids(&walk(&app.guest(), &list("ASC"), size, false).await), ids(&created));
            assert_eq!(ids(&walk(&app.guest(), &list("ASC"), size, true).await), ids(&created));
            created.reverse();
            assert_eq!(ids(&walk(&app.guest(), &list("DESC"), size, false).await), ids(&created));
            assert_eq!(ids(&walk(&app.guest(), &list("DESC"), size, true).await), ids(&created));
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_walk_over_a_changing_list_shows_no_product_twice() {
    on_each_database(async |app| {
        let (guest, seller) = (app.guest(), app.seller(0).await);
        let first = page(&guest, json!({ "first": 5 })).await;

        saved(&seller, json!({ "title": "Newest of all", "status": "ACTIVE" })).await;
        let second = page(&guest, json!({ "first": 5, "after": first["pageInfo"]["endCursor"] })).await;
        let back = page(&guest, json!({ "last": 5, "before": second["pageInfo"]["startCursor"] })).await;

        let mut seen = ids(&nodes(&first));
        seen.extend(ids(&nodes(&second)));
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 10);
        assert_eq!(nodes(&back), nodes(&first));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_page_that_nobody_can_turn_to_is_bad_input() {
    on_each_database(async |app| {
        let guest = app.guest();
        let cursor = page(&guest, json!({ "first": 1 })).await["pageInfo"]["endCursor"].take();
        let either = "page with first and after, or with last and before";
        let deep = (0..8).fold(json!({}), |inner, _| json!({ "not": inner }));
        let too_many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
        let cases = [
            (json!({ "first": -1 }), "first must be from 0 to 100, not -1"),
            (json!({ "first": 101 }), "first must be from 0 to 100, not 101"),
            (json!({ "last": -1 }), "last must be from 0 to 100, not -1"),
            (json!({ "last": 101 }), "last must be from 0 to 100, not 101"),
            (json!({ "after": "" }), "not a cursor of this list"),
            (json!({ "after": "nonsense" }), "not a cursor of this list"),
            (json!({ "last": 1, "before": "bm9uc2Vuc2U" }), "not a cursor of this list"),
            (
                json!({ "after": cursor, "sort": { "field": "PRICE" } }),
                "a cursor of a list in another order",
            ),
            (json!({ "before": cursor }), either),
            (json!({ "last": 1, "after": cursor }), either),
            (json!({ "first": 1, "last": 1 }), either),
            (json!({ "filter": deep }), "conditions may nest up to 8 deep and 50 in all"),
            (
                json!({ "filter": { "or": vec![json!({}); 50] } }),
                "conditions may nest up to 8 deep and 50 in all",
            ),
            (json!({ "filter": { "title": { "in": too_many } } }), "`in` takes at most 100 values"),
        ];

        for (variables, message) in cases {
            let answer = guest.ask(PAGE, variables.clone()).await;
            assert_eq!(answer["data"], json!({ "products": null }), "{variables}");
            let error = &answer["errors"][0];
            let outcome = (&error["message"], &error["extensions"]["code"]);
            assert_eq!(outcome, (&json!(message), &json!("BAD_USER_INPUT")), "{variables}");
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_forged_cursor_is_bad_input_and_no_error_of_ours() {
    on_each_database(async |app| {
        let id: kit::ids::ProductId = kit::seed::id(0);
        let keys = [
            ("TITLE", json!({ "key": { "Title": "a\0" }, "id": id })),
            ("TITLE", json!({ "key": { "Title": 7 }, "id": id })),
            ("PRICE", json!({ "key": { "Price": "7" }, "id": id })),
            ("PRICE", json!({ "key": { "Price": 7 }, "id": "prod_'" })),
            ("RATING", json!({ "key": { "Price": 7 }, "id": id })),
            ("CREATED_AT", json!([1, id])),
        ];

        for (field, key) in keys {
            let variables = json!({ "after": kit::Cursor::encode(&key), "sort": { "field": field } });
            let answer = app.guest().ask(PAGE, variables).await;
            assert_eq!(answer["data"], json!({ "products": null }), "{key}");
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{key}: {answer}");
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_lists_of_sellers_and_categories_are_the_whole_list_filtered() {
    on_each_database(async |app| {
        let guest = app.guest();
        let (category, other): (kit::ids::CategoryId, kit::ids::CategoryId) =
            (kit::seed::id(0), kit::seed::id(6));
        let seller: kit::ids::SellerId = kit::seed::id(3);
        let query = "query($ids: [ID!]!, $first: Int, $after: String, $last: Int, $before: String, \
            $sort: ProductSort, $filter: ProductFilter) { nodes(ids: $ids) { ... on Category { \
            products(first: $first, after: $after, last: $last, before: $before, sort: $sort, filter: \
            $filter) { ...P } } ... on Seller { products(first: $first, after: $after, last: $last, \
            before: $before, sort: $sort, filter: $filter) { ...P } } } } fragment P on \
            ProductConnection { totalCount nodes { id } edges { cursor } pageInfo { hasNextPage \
            hasPreviousPage startCursor endCursor } }";
        let parents =
            [("categoryId", json!(category)), ("categoryId", json!(other)), ("sellerId", json!(seller))];
        let ids: Vec<&Value> = parents.iter().map(|(_, id)| id).collect();
        let cheap = json!({ "maxPrice": { "minorUnits": 20_000, "currency": "EUR" } });
        let lists = [
            json!({ "first": 7 }),
            json!({ "last": 7 }),
            json!({ "first": 5, "sort": { "field": "PRICE", "direction": "DESC" } }),
            json!({ "last": 5, "sort": { "field": "TITLE" }, "filter": cheap }),
            json!({ "first": 100, "sort": { "field": "RATING", "direction": "DESC" }, "filter": cheap }),
        ];

        for list in lists {
            let mut variables = list.clone();
            variables["ids"] = json!(ids);
            let nested = data(&guest, query, variables).await["nodes"].take();
            for (index, (field, id)) in parents.iter().enumerate() {
                let mut whole = list.clone();
                whole["filter"][*field] = id.clone();
                let mut expected = page(&guest, whole.clone()).await;
                expected["nodes"] = only(&expected["nodes"], "id");
                expected["edges"] = only(&expected["edges"], "cursor");
                assert_eq!(nested[index]["products"], expected, "{whole}");
            }
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn pages_are_twenty_long_and_may_be_empty() {
    on_each_database(async |app| {
        let guest = app.guest();
        let nobody = json!({ "filter": { "title": { "eq": "nobody sells this" } } });

        let usual = page(&guest, json!({})).await;
        let nulls =
            page(&guest, json!({ "first": null, "after": null, "last": null, "before": null })).await;
        let none = page(&guest, json!({ "first": 0 })).await;
        let empty = page(&guest, nobody).await;

        assert_eq!(nodes(&usual).len(), 20);
        assert_eq!(nulls, usual);
        assert_eq!((&none["nodes"], &none["totalCount"]), (&json!([]), &usual["totalCount"]));
        let info = json!({ "hasNextPage": false, "hasPreviousPage": false, "startCursor": null,
            "endCursor": null });
        assert_eq!(empty, json!({ "totalCount": 0, "nodes": [], "edges": [], "pageInfo": info }));
        app.stop().await;
    })
    .await;
}
