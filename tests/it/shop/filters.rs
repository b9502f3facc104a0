//! Conditions on lists of products, held against the whole list.

use std::cmp::Reverse;

use serde_json::{Value, json};
use tests::{Client, on_each_database};

use super::{saved, shop_of, variant};
use crate::accounts::data;

const WHOLE: &str = "query($after: String) { products(first: 100, after: $after) { nodes { id title \
    status createdAt inStock category { path { id } } seller { id } variants { nodes { EUR: \
    price(currency: \"EUR\") { minorUnits } USD: price(currency: \"USD\") { minorUnits } } } } \
    pageInfo { hasNextPage endCursor } } }";

const FILTERED: &str = "query($filter: ProductFilter) { products(first: 100, filter: $filter) { \
    totalCount nodes { id } } }";

/// A condition, and whether a product meets it.
type Case = (Value, Box<dyn Fn(&Value) -> bool>);

/// Everything that the viewer sees, newest first.
async fn everything(client: &Client) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = data(client, WHOLE, json!({ "after": after })).await["products"].take();
        all.extend(page["nodes"].as_array().expect("nodes").iter().cloned());
        if page["pageInfo"]["hasNextPage"] == false {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// Holds each condition against the whole list: the count, and the first 100.
async fn compare(client: &Client, all: &[Value], cases: &[Case]) {
    for (filter, is_match) in cases {
        let answer = data(client, FILTERED, json!({ "filter": filter })).await["products"].take();
        let expected: Vec<Value> = all
            .iter()
            .filter(|product| is_match(product))
            .map(|product| json!({ "id": product["id"] }))
            .collect();
        assert_eq!(answer["totalCount"], expected.len(), "{filter}");
        let shown: Vec<&Value> = expected.iter().take(100).collect();
        assert_eq!(answer["nodes"], json!(shown), "{filter}");
    }
}

fn case(filter: Value, is_match: impl Fn(&Value) -> bool + 'static) -> Case {
    (filter, Box::new(is_match))
}

fn title(product: &Value) -> String {
    product["title"].as_str().expect("a title").to_lowercase()
}

/// Whether one variant's price in this currency is in the range.
fn costs(product: &Value, currency: &str, range: impl std::ops::RangeBounds<i64>) -> bool {
    let variants = product["variants"]["nodes"].as_array().expect("variants");
    let mut prices = variants.iter().filter_map(|variant| variant[currency]["minorUnits"].as_i64());
    prices.any(|price| range.contains(&price))
}

fn is_in_category(product: &Value, category: &Value) -> bool {
    product["category"]["path"]
        .as_array()
        .is_some_and(|path| path.iter().any(|node| node["id"] == *category))
}

fn money(minor_units: i64, currency: &str) -> Value {
    json!({ "minorUnits": minor_units, "currency": currency })
}

#[tokio::test]
async fn a_filtered_list_is_the_whole_list_without_what_does_not_match() {
    on_each_database(async |app| {
        let guest = app.guest();
        let all = everything(&guest).await;
        let mut times: Vec<Reverse<&str>> =
            all.iter().map(|product| Reverse(product["createdAt"].as_str().expect("a time"))).collect();
        assert!(times.is_sorted());
        let (late, early) = (times[200].0.to_owned(), times[260].0.to_owned());
        times.clear();
        let (exact, second) = (all[7]["title"].clone(), all[11]["title"].clone());
        let seller = all[0]["seller"]["id"].clone();
        let root = json!(kit::seed::id::<kit::ids::CategoryId>(5));
        let leaf = all[3]["category"]["path"][1]["id"].clone();
        let nowhere = json!(<kit::ids::CategoryId as kit::Id>::generate());
        let word = |part: &'static str| move |product: &Value| title(product).contains(part);
        let is = |field: &'static str, value: Value| move |product: &Value| product[field] == value;

        let cases = [
            case(json!({}), |_| true),
            case(Value::Null, |_| true),
            case(json!({ "title": { "contains": "OaK" } }), word("oak")),
            case(json!({ "title": { "contains": "%" } }), word("%")),
            case(json!({ "title": { "contains": "_" } }), word("_")),
            case(json!({ "title": { "contains": "!" } }), word("!")),
            case(json!({ "title": { "contains": "\\" } }), word("\\")),
            case(json!({ "title": { "contains": "" } }), |_| true),
            case(json!({ "title": { "startsWith": "w" } }), |product| title(product).starts_with('w')),
            case(json!({ "title": { "startsWith": "wa", "contains": "desk" } }), |product| {
                title(product).starts_with("wa") && title(product).contains("desk")
            }),
            case(json!({ "title": { "eq": exact } }), is("title", exact.clone())),
            case(json!({ "title": { "eq": exact.as_str().expect("text").to_uppercase() } }), |_| false),
            case(json!({ "title": { "in": [exact, second] } }), {
                let titles = [exact.clone(), second.clone()];
                move |product| titles.contains(&product["title"])
            }),
            case(json!({ "title": { "in": [] } }), |_| false),
            case(json!({ "categoryId": root }), {
                let root = root.clone();
                move |product| is_in_category(product, &root)
            }),
            case(json!({ "categoryId": leaf }), {
                let leaf = leaf.clone();
                move |product| is_in_category(product, &leaf)
            }),
            case(json!({ "categoryId": nowhere }), |_| false),
            case(json!({ "sellerId": seller }), {
                let seller = seller.clone();
                move |p| p["seller"]["id"] == seller
            }),
            case(json!({ "minPrice": money(50_000, "EUR") }), |product| costs(product, "EUR", 50_000..)),
            case(json!({ "maxPrice": money(2_000, "EUR") }), |product| costs(product, "EUR", ..=2_000)),
            case(
                json!({ "minPrice": money(5_090, "EUR"), "maxPrice": money(5_490, "EUR") }),
                |product| costs(product, "EUR", 5_090..=5_490),
            ),
            case(
                json!({ "minPrice": money(10_000, "EUR"), "maxPrice": money(12_999, "USD") }),
                |product| costs(product, "EUR", 10_000..) && costs(product, "USD", ..=12_999),
            ),
            case(json!({ "minPrice": money(1, "EUR"), "maxPrice": money(0, "EUR") }), |_| false),
            case(json!({ "minPrice": money(0, "JPY") }), |_| false),
            case(json!({ "inStock": true }), is("inStock", json!(true))),
            case(json!({ "inStock": false }), is("inStock", json!(false))),
            case(json!({ "status": ["SOLD_OUT"] }), is("status", json!("SOLD_OUT"))),
            case(json!({ "status": ["DRAFT", "ARCHIVED"] }), |_| false),
            case(json!({ "status": [] }), |_| false),
            case(json!({ "createdAt": { "from": early, "to": late } }), {
                let (early, late) = (early.clone(), late.clone());
                move |product| {
                    (early.as_str()..late.as_str())
                        .contains(&product["createdAt"].as_str().expect("a time"))
                }
            }),
            case(json!({ "createdAt": { "from": late } }), {
                let late = late.clone();
                move |p| p["createdAt"].as_str() >= Some(&late)
            }),
            case(json!({ "createdAt": {} }), |_| true),
        ];

        compare(&guest, &all, &cases).await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn conditions_nest_with_and_or_and_not() {
    on_each_database(async |app| {
        let guest = app.guest();
        let all = everything(&guest).await;
        let oak = || json!({ "title": { "contains": "oak" } });
        let walnut = || json!({ "title": { "contains": "walnut" } });
        let cheap = || json!({ "maxPrice": money(5_000, "EUR") });
        let is_oak = |product: &Value| title(product).contains("oak");
        let is_walnut = |product: &Value| title(product).contains("walnut");
        let is_cheap = |product: &Value| costs(product, "EUR", ..=5_000);
        let deep = (0..7).fold(oak(), |inner, _| json!({ "not": inner }));

        let cases = [
            case(json!({ "and": [oak(), cheap()] }), move |product| {
                is_oak(product) && is_cheap(product)
            }),
            case(json!({ "or": [oak(), walnut()] }), move |product| {
                is_oak(product) || is_walnut(product)
            }),
            case(json!({ "not": oak() }), move |product| !is_oak(product)),
            case(json!({ "not": { "or": [oak(), cheap()] } }), move |product| {
                !is_oak(product) && !is_cheap(product)
            }),
            case(json!({ "not": { "and": [cheap(), { "not": oak() }] } }), move |product| {
                !is_cheap(product) || is_oak(product)
            }),
            case(
                json!({ "inStock": true, "or": [{ "and": [oak(), { "not": cheap() }] }, {
                    "and": [walnut(), cheap()] }] }),
                move |product| {
                    let either =
                        is_oak(product) && !is_cheap(product) || is_walnut(product) && is_cheap(product);
                    product["inStock"] == true && either
                },
            ),
            case(
                json!({ "title": { "contains": "desk" }, "and": [oak()], "or": [cheap()],
                    "not": walnut() }),
                move |product| {
                    title(product).contains("desk")
                        && is_oak(product)
                        && is_cheap(product)
                        && !is_walnut(product)
                },
            ),
            case(json!({ "and": [] }), |_| true),
            case(json!({ "or": [] }), |_| false),
            case(json!({ "not": {} }), |_| false),
            case(json!({ "or": [{}] }), |_| true),
            case(deep, move |product| !is_oak(product)),
            case(
                json!({ "and": [{ "or": [{ "not": { "status": ["ACTIVE"] } }, oak()] }, {
                    "not": cheap() }] }),
                move |product| (product["status"] != "ACTIVE" || is_oak(product)) && !is_cheap(product),
            ),
        ];

        compare(&guest, &all, &cases).await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn staff_and_sellers_filter_what_they_see_by_status() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let shop = shop_of(&seller).await;
        for status in ["DRAFT", "ARCHIVED"] {
            saved(&seller, json!({ "title": status, "status": status })).await;
        }
        let moderator = app.sign_in("mona-moderator@demo.example").await;

        for viewer in [&moderator, &seller] {
            let all = everything(viewer).await;
            let is = |status: &'static str| move |product: &Value| product["status"] == status;
            let of_shop = shop.clone();
            let cases = [
                case(json!({ "status": ["DRAFT"] }), is("DRAFT")),
                case(json!({ "status": ["ARCHIVED"] }), is("ARCHIVED")),
                case(json!({ "status": ["ARCHIVED", "SOLD_OUT"] }), move |product| {
                    is("ARCHIVED")(product) || is("SOLD_OUT")(product)
                }),
                case(
                    json!({ "not": { "status": ["ACTIVE", "SOLD_OUT"] }, "sellerId": shop }),
                    move |product| {
                        product["seller"]["id"] == of_shop
                            && (is("DRAFT")(product) || is("ARCHIVED")(product))
                    },
                ),
            ];
            assert!(all.iter().any(is("DRAFT")) && all.iter().any(is("ARCHIVED")));
            compare(viewer, &all, &cases).await;
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_price_range_is_met_by_one_variant_and_not_by_two_together() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let sizes = json!([{ "name": "Size", "values": ["S", "L"] }]);
        let mut large = variant("ZIG-L", &["L"], 9_000);
        large["prices"].as_array_mut().expect("prices").push(money(100, "JPY"));
        let input = json!({ "title": "Zigzag", "status": "ACTIVE", "options": sizes,
            "variants": [variant("ZIG-S", &["S"], 1_000), large] });
        let id = saved(&seller, input).await["id"].take();
        let found = async |filter: Value| {
            let filter = json!({ "title": { "eq": "Zigzag" }, "and": [filter] });
            let answer =
                data(&app.guest(), FILTERED, json!({ "filter": filter })).await["products"].take();
            assert!(
                answer["nodes"] == json!([{ "id": id }]) || answer["nodes"] == json!([]),
                "{answer}"
            );
            answer["totalCount"] == 1
        };
        let range =
            |min: i64, max: i64| json!({ "minPrice": money(min, "EUR"), "maxPrice": money(max, "EUR") });

        assert!(
            found(range(1_000, 1_000)).await
                && found(range(500, 1_500)).await
                && found(range(9_000, 9_000)).await
        );
        assert!(!found(range(1_001, 8_999)).await, "between the two prices");
        assert!(
            found(json!({ "and": [{ "minPrice": money(8_000, "EUR") }, { "maxPrice": money(2_000,
                "EUR") }] }))
            .await
        );
        assert!(found(json!({ "minPrice": money(100, "JPY"), "maxPrice": money(1_000, "EUR") })).await);
        assert!(!found(json!({ "minPrice": money(101, "JPY") })).await);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn letters_of_all_alphabets_are_found_without_regard_to_case() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id =
            saved(&seller, json!({ "title": "Ölkännchen ΑΒΓ 100%_!", "status": "ACTIVE" })).await["id"]
                .take();
        let conditions = [
            json!({ "startsWith": "ÖLK" }),
            json!({ "startsWith": "ölkÄNN" }),
            json!({ "contains": "αβγ" }),
            json!({ "contains": "100%_!" }),
            json!({ "eq": "Ölkännchen ΑΒΓ 100%_!" }),
        ];

        for condition in conditions {
            let answer = data(&app.guest(), FILTERED, json!({ "filter": { "title": condition } })).await;
            assert_eq!(
                answer["products"],
                json!({ "totalCount": 1, "nodes": [{ "id": id }] }),
                "{condition}"
            );
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_text_that_no_title_can_hold_is_bad_input() {
    let texts = [
        ("a\0b".to_owned(), "text must not contain U+0000"),
        ("a".repeat(1_001), "text to compare with has at most 1000 characters"),
        ("a".repeat(100_000), "text to compare with has at most 1000 characters"),
    ];

    on_each_database(async |app| {
        for (text, message) in &texts {
            for title in [
                json!({ "eq": text }),
                json!({ "in": [text] }),
                json!({ "contains": text }),
                json!({ "startsWith": text }),
            ] {
                let answer = app.guest().ask(FILTERED, json!({ "filter": { "title": title } })).await;
                assert_eq!(answer["data"], json!({ "products": null }));
                assert_eq!(answer["errors"][0]["message"], *message);
                assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
            }
        }
        let longest = json!({ "filter": { "title": { "contains": "%".repeat(1_000) } } });
        let answer = app.guest().ask(FILTERED, longest).await;
        assert_eq!(answer, json!({ "data": { "products": { "totalCount": 0, "nodes": [] } } }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_state_named_many_times_is_named_once() {
    on_each_database(async |app| {
        let once = json!({ "filter": { "status": ["SOLD_OUT"] } });
        let often = json!({ "filter": { "status": vec!["SOLD_OUT"; 40_000] } });

        let expected = app.guest().ask(FILTERED, once).await;

        assert_eq!(app.guest().ask(FILTERED, often).await, expected);
        app.stop().await;
    })
    .await;
}
