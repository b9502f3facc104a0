//! Reading what belongs to a product: nodes, images, amounts of money.

use kit::{
    Id as _,
    ids::{CategoryId, ProductId, SellerId},
};
use serde_json::{Value, json};
use tests::on_each_database;

use super::{euros, saved};
use crate::accounts::data;

fn money(minor_units: i64, currency: &str) -> Value {
    json!({ "minorUnits": minor_units, "currency": currency })
}

fn codes(answer: &Value) -> Vec<&str> {
    let errors = answer["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap_or("none")).collect()
}

#[tokio::test]
async fn whatever_has_an_id_is_found_by_it() {
    on_each_database(async |app| {
        let find = "{ products(first: 50, sort: { field: POPULARITY, direction: DESC }) { nodes { id \
            category { id slug } seller { id name } variants(first: 1) { nodes { id sku } } \
            reviews(first: 1) { nodes { id stars } } } } }";
        let answer = data(&app.guest(), find, json!({})).await;
        let product = answer["products"]["nodes"][0].clone();
        let (variant, review) = (&product["variants"]["nodes"][0], &product["reviews"]["nodes"][0]);
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Category { slug } \
            ... on Variant { sku } ... on Review { stars } ... on Seller { name } } }";
        let single = "query($id: ID!) { node(id: $id) { __typename id ... on Category { slug } ... on \
            Variant { sku } ... on Review { stars } ... on Seller { name } } }";
        let expected = [
            json!({ "__typename": "Review", "id": review["id"], "stars": review["stars"] }),
            json!({ "__typename": "Category", "id": product["category"]["id"],
                "slug": product["category"]["slug"] }),
            json!({ "__typename": "Product", "id": product["id"] }),
            json!({ "__typename": "Seller", "id": product["seller"]["id"],
                "name": product["seller"]["name"] }),
            json!({ "__typename": "Variant", "id": variant["id"], "sku": variant["sku"] }),
        ];
        let mut ids: Vec<Value> = expected.iter().map(|node| node["id"].clone()).collect();
        ids.extend([ids[0].clone(), json!(CategoryId::generate()), json!(SellerId::generate())]);

        let nodes = data(&app.guest(), query, json!({ "ids": ids })).await;

        let mut all = expected.to_vec();
        all.extend([expected[0].clone(), Value::Null, Value::Null]);
        assert_eq!(
            nodes["nodes"],
            json!(all),
            "in the order of the ids, the same twice, null for nothing"
        );
        for node in expected {
            assert_eq!(data(&app.guest(), single, json!({ "id": node["id"] })).await["node"], node);
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_not_there_is_null_however_it_is_asked_for() {
    on_each_database(async |app| {
        let guest = app.guest();
        let query = "query($by: ProductRef!) { product(by: $by) { id } }";
        let text = ["", "nothing", "a\0b", "'; DROP TABLE products; --"];

        for missing in text {
            for key in ["id", "slug", "sku"] {
                let mut by = json!({});
                by[key] = json!(missing);
                let answer = guest.ask(query, json!({ "by": by })).await;
                assert_eq!(answer, json!({ "data": { "product": null } }), "{key} {missing:?}");
            }
        }
        let none = guest.ask("{ categories(slug: \"nothing\") { id } }", json!({})).await;
        assert_eq!(none, json!({ "data": { "categories": [] } }));
        for by in [json!({}), json!({ "slug": "a", "sku": "b" }), json!({ "slug": null })] {
            let answer = guest.ask(query, json!({ "by": by })).await;
            assert_eq!(codes(&answer), ["BAD_USER_INPUT"], "{by}");
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn images_come_in_order_as_many_and_as_wide_as_asked() {
    on_each_database(async |app| {
        let product: ProductId = kit::seed::id(0);
        let query = "query($id: ID!) { product(by: { id: $id }) { slug title all: images { alt url } \
            none: images(first: 0) { alt } two: images(first: 2) { narrow: url(width: 1) wide: \
            url(width: 4000) usual: url(width: null) } many: images(first: 100) { alt } } }";

        let answer = data(&app.guest(), query, json!({ "id": product })).await["product"].take();

        let (slug, title) =
            (answer["slug"].as_str().expect("a slug"), answer["title"].as_str().expect("a title"));
        let url = |number: u32, width: u32| {
            format!("https://images.demo.example/{slug}/{number}.jpg?w={width}")
        };
        let views = ["from the front", "in detail", "in use"];
        let alts = views.map(|view| json!({ "alt": format!("{title}, {view}") }));
        let all: Vec<Value> = (1..)
            .zip(views)
            .map(|(n, view)| json!({ "alt": format!("{title}, {view}"), "url": url(n, 800) }))
            .collect();
        let two =
            [1, 2].map(|n| json!({ "narrow": url(n, 1), "wide": url(n, 4_000), "usual": url(n, 800) }));
        assert_eq!(answer["all"], json!(all));
        assert_eq!(answer["none"], json!([]));
        assert_eq!(answer["two"], json!(two));
        assert_eq!(answer["many"], json!(alts));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_image_wider_than_served_or_a_negative_number_of_them_is_bad_input() {
    on_each_database(async |app| {
        let product: ProductId = kit::seed::id(0);
        let cases = [
            ("images(first: -1) { alt }", "first must not be negative"),
            ("images { url(width: 0) }", "width must be from 1 to 4000"),
            ("images { url(width: 4001) }", "width must be from 1 to 4000"),
            ("images { url(width: -1) }", "width must be from 1 to 4000"),
        ];

        for (field, message) in cases {
            let query = format!("query($id: ID!) {{ product(by: {{ id: $id }}) {{ title {field} }} }}");
            let answer = app.guest().ask(&query, json!({ "id": product })).await;
            assert_eq!(answer["data"], json!({ "product": null }), "{field}");
            assert_eq!(answer["errors"][0]["message"], message, "{field}");
            assert!(codes(&answer).iter().all(|code| *code == "BAD_USER_INPUT"), "{answer}");
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn money_is_whole_minor_units_and_their_decimal_text() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let options = json!([{ "name": "Size", "values": ["S", "M", "L"] }]);
        let variant = |sku: &str, size: &str, prices: Value| json!({ "sku": sku,
            "optionValues": [size], "prices": prices });
        let variants = [
            variant("A", "S", json!([euros(5), money(1_290, "JPY"), money(1_290, "KWD")])),
            variant("B", "M", json!([euros(10_000_000_000_000_i64), money(0, "JPY")])),
            variant("C", "L", json!([])),
        ];
        let input = json!({ "title": "Lamp", "status": "ACTIVE", "options": options,
            "variants": variants });
        let id = saved(&seller, input).await["id"].take();
        let range = |name: &str| format!("{name}: priceRange(currency: \"{name}\") {{ min {{ ...M }} \
            max {{ ...M }} }}");
        let price = |name: &str| format!("{name}: price(currency: \"{name}\") {{ ...M }}");
        let [ranges, prices] = [
            ["EUR", "JPY", "KWD", "USD"].map(range).join(" "),
            ["EUR", "JPY", "KWD", "USD"].map(price).join(" "),
        ];
        let query = format!("query($id: ID!) {{ product(by: {{ id: $id }}) {{ usual: priceRange {{ min \
            {{ ...M }} max {{ ...M }} }} {ranges} variants {{ nodes {{ sku usual: price {{ ...M }} \
            {prices} }} }} }} }} fragment M on Money {{ minorUnits amount currency }}");

        let answer = data(&app.guest(), &query, json!({ "id": id })).await["product"].take();

        let m = |units: i64, amount: &str, currency: &str| json!({ "minorUnits": units,
            "amount": amount, "currency": currency });
        let (small, large) = (m(5, "0.05", "EUR"), m(10_000_000_000_000, "100000000000.00", "EUR"));
        let (none, yen, dinars) = (m(0, "0", "JPY"), m(1_290, "1290", "JPY"), m(1_290, "1.290", "KWD"));
        let span = |min: &Value, max: &Value| json!({ "min": min, "max": max });
        let node = |sku: &str, euro: &Value, yen: &Value, dinar: &Value| {
            json!({ "sku": sku, "usual": euro, "EUR": euro, "JPY": yen, "KWD": dinar, "USD": null })
        };
        let nodes = [
            node("A", &small, &yen, &dinars),
            node("B", &large, &none, &Value::Null),
            node("C", &Value::Null, &Value::Null, &Value::Null),
        ];
        let expected = json!({ "usual": span(&small, &large), "EUR": span(&small, &large),
            "JPY": span(&none, &yen), "KWD": span(&dinars, &dinars), "USD": null, "variants": {
                "nodes": nodes } });
        assert_eq!(answer, expected);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn prices_are_quoted_in_the_viewers_currency_and_sorted_by_it() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        for (title, prices) in [
            ("Zigzag one", json!([euros(300), money(100, "USD")])),
            ("Zigzag two", json!([euros(200), money(200, "USD")])),
            ("Zigzag three", json!([euros(100)])),
        ] {
            let variant = json!({ "sku": title, "optionValues": [], "prices": prices });
            saved(&seller, json!({ "title": title, "status": "ACTIVE", "variants": [variant] })).await;
        }
        let email = app.email(60).await;
        let update = "mutation($currency: CurrencyCode!) { accountUpdate(input: { currency: $currency \
            }) { account { currency } } }";
        let before = app.sign_in(&email).await;
        data(&before, update, json!({ "currency": "USD" })).await;
        let buyer = app.sign_in(&email).await;
        let query = "{ products(filter: { title: { startsWith: \"zigzag\" } }, sort: { field: PRICE }) \
            { totalCount nodes { priceRange { min { minorUnits currency } } } } }";

        let guest = data(&app.guest(), query, json!({})).await["products"].take();
        let buyer = data(&buyer, query, json!({})).await["products"].take();

        let list = |prices: &[(i64, &str)]| {
            let nodes: Vec<Value> = prices
                .iter()
                .map(|(units, currency)| json!({ "priceRange": { "min": money(*units, currency) } }))
                .collect();
            json!({ "totalCount": nodes.len(), "nodes": nodes })
        };
        assert_eq!(guest, list(&[(100, "EUR"), (200, "EUR"), (300, "EUR")]));
        assert_eq!(
            buyer,
            list(&[(100, "USD"), (200, "USD")]),
            "what is not sold in the currency is left out"
        );
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn variants_are_paged_in_their_sellers_order() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let values: Vec<String> = (0..7).map(|number| format!("{}", 7 - number)).collect();
        let variants: Vec<Value> =
            values.iter().map(|value| super::variant(&format!("V{value}"), &[value], 1)).collect();
        let input = json!({ "title": "Lamp", "status": "ACTIVE", "options": [{ "name": "Size",
            "values": values }], "variants": variants });
        let id = saved(&seller, input).await["id"].take();
        let query = "query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) { \
            product(by: { id: $id }) { variants(first: $first, after: $after, last: $last, before: \
            $before) { totalCount nodes { title } pageInfo { hasNextPage hasPreviousPage startCursor \
            endCursor } } } }";
        let page = async |mut variables: Value| {
            variables["id"] = id.clone();
            data(&app.guest(), query, variables).await["product"]["variants"].take()
        };
        let titles = |page: &Value| -> Vec<String> {
            page["nodes"]
                .as_array()
                .expect("nodes")
                .iter()
                .map(|n| n["title"].as_str().expect("text").to_owned())
                .collect()
        };

        let first = page(json!({ "first": 4 })).await;
        let second = page(json!({ "first": 4, "after": first["pageInfo"]["endCursor"] })).await;
        let last = page(json!({ "last": 4 })).await;
        let before = page(json!({ "last": 4, "before": last["pageInfo"]["startCursor"] })).await;

        assert_eq!((titles(&first), titles(&second)), (values[..4].to_vec(), values[4..].to_vec()));
        assert_eq!((titles(&before), titles(&last)), (values[..3].to_vec(), values[3..].to_vec()));
        assert!([&first, &second, &last, &before].iter().all(|page| page["totalCount"] == 7));
        let ends = |page: &Value| {
            (page["pageInfo"]["hasPreviousPage"] == true, page["pageInfo"]["hasNextPage"] == true)
        };
        assert_eq!(
            [ends(&first), ends(&second), ends(&last), ends(&before)],
            [(false, true), (true, false), (true, false), (false, true)]
        );
        app.stop().await;
    })
    .await;
}
