//! What a product may not be: every mistake is named by its field, and nothing
//! of the input is stored.

use futures_util::future::join_all;
use kit::{Id as _, ids::CategoryId};
use serde_json::{Value, json};
use tests::on_each_database;

use super::{SAVE, TABLES, error, euros, offer, refused, save, saved, variant};
use crate::accounts::{data, rows};

/// A good product with something else in it.
fn lamp(with: Value) -> Value {
    let mut lamp =
        json!({ "title": "Lamp", "status": "ACTIVE", "variants": [variant("LAMP", &[], 100)] });
    let fields = lamp.as_object_mut().expect("an object");
    fields.extend(with.as_object().expect("an object").clone());
    lamp
}

fn lamp_at(prices: Value) -> Value {
    lamp(json!({ "variants": [{ "sku": "LAMP", "optionValues": [], "prices": prices }] }))
}

/// Each bad input with the errors it is refused for.
fn bad_inputs() -> Vec<(Value, Value)> {
    let one = |field: &[&str], message: &str| json!([error("INVALID", field, message)]);
    let title = one(&["title"], "must have 1 to 200 characters");
    let values = "must be 1 to 100 values";
    let size = |values: Value| json!({ "name": "Size", "values": values });
    let many = |count: usize| -> Vec<String> { (0..count).map(|number| number.to_string()).collect() };
    let price = ["variants", "0", "prices", "0"];
    let range = "must be from 0 to 10000000000000 minor units";
    vec![
        (lamp(json!({ "title": null })), one(&["title"], "a new product needs a title")),
        (lamp(json!({ "title": "" })), title.clone()),
        (lamp(json!({ "title": " \n\t " })), title.clone()),
        (lamp(json!({ "title": "<b></b>" })), title.clone()),
        (lamp(json!({ "title": "ä".repeat(201) })), title),
        (
            lamp(json!({ "description": "a".repeat(20_001) })),
            one(&["description"], "must have 0 to 20000 characters"),
        ),
        (lamp_at(json!([euros(-1)])), one(&price, range)),
        (lamp_at(json!([euros(10_000_000_000_001)])), one(&price, range)),
        (
            lamp_at(json!([euros(1), euros(2)])),
            one(&["variants", "0", "prices", "1"], "two prices in EUR"),
        ),
        (
            lamp(json!({ "categoryId": CategoryId::generate() })),
            json!([error("NOT_FOUND", &["categoryId"], "category not found")]),
        ),
        (
            lamp(json!({ "variants": (0..101).map(|number| variant(&format!("L{number}"), &[],
                    1)).collect::<Vec<_>>() })),
            one(&["variants"], "at most 100 variants"),
        ),
        (
            lamp(json!({ "variants": [variant("", &[], 1)] })),
            one(&["variants", "0", "sku"], "must have 1 to 64 characters"),
        ),
        (
            lamp(json!({ "variants": [variant(&"S".repeat(65), &[], 1)] })),
            one(&["variants", "0", "sku"], "must have 1 to 64 characters"),
        ),
        (
            lamp(json!({ "variants": [variant("L", &[], 1), variant(" L ", &[], 1)] })),
            one(&["variants", "1", "sku"], "two variants have this SKU"),
        ),
        (
            lamp(json!({ "variants": [variant("L", &[], 1), variant("M", &[], 1)] })),
            one(&["variants"], "the variant M has the options of another"),
        ),
        (
            lamp(json!({ "variants": [{ "sku": "L", "optionValues": [], "prices": [],
                    "weightGrams": -1 }] })),
            one(&["variants", "0", "weightGrams"], "must be from 0 to 100000000"),
        ),
        (
            lamp(json!({ "options": [size(json!(["S"]))] })),
            one(&["variants", "0", "optionValues"], "must have a value for each of the 1 options"),
        ),
        (
            lamp(json!({ "variants": [variant("L", &["S"], 1)] })),
            one(&["variants", "0", "optionValues"], "must have a value for each of the 0 options"),
        ),
        (
            lamp(json!({ "options": [size(json!(["S"]))], "variants": [variant("L", &["M"], 1)] })),
            one(&["variants", "0", "optionValues"], "Size has no value \"M\""),
        ),
        (
            lamp(json!({ "options": [size(json!([]))], "variants": [] })),
            one(&["options", "0", "values"], values),
        ),
        (
            lamp(json!({ "options": [size(json!(many(101)))], "variants": [] })),
            one(&["options", "0", "values"], values),
        ),
        (
            lamp(json!({ "options": [size(json!(["S", "<i>S</i>"]))], "variants": [] })),
            one(&["options", "0", "values"], "a value is there twice"),
        ),
        (
            lamp(json!({ "options": [size(json!(["S"])), size(json!(["M"]))], "variants": [] })),
            one(&["options", "1", "name"], "two options have this name"),
        ),
        (
            lamp(json!({ "options": [{ "name": "", "values": ["S"] }], "variants": [] })),
            one(&["options", "0", "name"], "must have 1 to 50 characters"),
        ),
        (
            lamp(json!({ "options": many(6).iter().map(|name| json!({ "name": name,
                    "values": ["S"] })).collect::<Vec<_>>(),
                "variants": [] })),
            one(&["options"], "at most 5 options"),
        ),
        (
            lamp(json!({ "idempotencyKey": "" })),
            one(&["idempotencyKey"], "must have 1 to 255 characters"),
        ),
        (
            lamp(json!({ "idempotencyKey": "a\0b" })),
            one(&["idempotencyKey"], "must have no control characters"),
        ),
        (
            json!({ "title": "", "variants": [variant("", &[], -1)] }),
            json!([
                error("INVALID", &["title"], "must have 1 to 200 characters"),
                error("INVALID", &["variants", "0", "sku"], "must have 1 to 64 characters"),
                error("INVALID", &price, range),
            ]),
        ),
    ]
}

#[tokio::test]
async fn every_mistake_of_a_new_product_is_named_by_its_field_and_nothing_is_stored() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let before = rows(&app, TABLES).await;

        for (input, errors) in bad_inputs() {
            let payload = save(&seller, input.clone()).await;
            assert_eq!(payload, json!({ "product": null, "userErrors": errors }), "{input}");
        }

        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_refused_change_of_a_product_changes_nothing_of_it() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let sizes = json!([{ "name": "Size", "values": ["S", "M"] }]);
        let shirt = json!({ "title": "Shirt", "options": sizes, "status": "ACTIVE",
            "variants": [variant("SHIRT-S", &["S"], 100), variant("SHIRT-M", &["M"], 100)] });
        let id = saved(&seller, shirt).await["id"].take();
        offer(&app.seller(1).await, "TAKEN").await;
        let read = "query($id: ID!) { product(by: { id: $id }) { title version options { values } \
            variants { nodes { sku title price { minorUnits } } } priceRange { max { minorUnits } } } }";
        let before = (rows(&app, TABLES).await, data(&app.guest(), read, json!({ "id": id })).await);
        let cases = [
            (
                json!({ "options": [{ "name": "Size", "values": ["S"] }] }),
                refused("INVALID", &["options"], "the variant SHIRT-M does not fit the options"),
            ),
            (
                json!({ "options": [] }),
                refused("INVALID", &["options"], "the variant SHIRT-S does not fit the options"),
            ),
            (
                json!({ "options": [{ "name": "Length", "values": ["S", "M"] }] }),
                refused("INVALID", &["options"], "the variant SHIRT-S does not fit the options"),
            ),
            (
                json!({ "variants": [variant("SHIRT-L", &["S"], 1)] }),
                refused("INVALID", &["variants"], "the variant SHIRT-L has the options of another"),
            ),
            (
                json!({ "variants": [variant("SHIRT-S", &["S"], 200), variant("TAKEN", &["M"], 1)] }),
                refused("TAKEN", &["variants", "1", "sku"], "another product has this SKU"),
            ),
            (
                json!({ "categoryId": CategoryId::generate() }),
                refused("NOT_FOUND", &["categoryId"], "category not found"),
            ),
        ];

        for (change, expected) in cases {
            let mut input = json!({ "id": id, "title": "Changed" });
            input
                .as_object_mut()
                .expect("an object")
                .extend(change.as_object().expect("an object").clone());
            assert_eq!(save(&seller, input).await, expected, "{change}");
        }

        assert_eq!(
            (rows(&app, TABLES).await, data(&app.guest(), read, json!({ "id": id })).await),
            before
        );
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_product_grows_to_a_hundred_variants_and_not_beyond() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let values: Vec<String> = (0..60).map(|number| number.to_string()).collect();
        let options = json!([{ "name": "Size", "values": values }, { "name": "Colour",
            "values": ["Red", "Blue"] }]);
        let of_colour = |colour: &str, count: usize| -> Vec<Value> {
            let sizes = values.iter().take(count);
            sizes.map(|size| variant(&format!("{colour}-{size}"), &[size, colour], 1)).collect()
        };
        let input = json!({ "title": "Shirt", "options": options, "variants": of_colour("Red", 60) });
        let id = saved(&seller, input).await["id"].take();
        let before = rows(&app, TABLES).await;

        let beyond = save(&seller, json!({ "id": id, "variants": of_colour("Blue", 41) })).await;
        let unchanged = rows(&app, TABLES).await;
        let full = saved(&seller, json!({ "id": id, "variants": of_colour("Blue", 40) })).await;

        assert_eq!(
            beyond,
            refused("LIMIT_EXCEEDED", &["variants"], "a product has at most 100 variants")
        );
        assert_eq!(unchanged, before);
        assert_eq!(full["variants"]["nodes"].as_array().map(Vec::len), Some(100));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_unknown_currency_status_or_kind_of_id_is_bad_input() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let before = rows(&app, TABLES).await;
        let too_large = json!({ "minorUnits": 9_007_199_254_740_992_i64, "currency": "EUR" });
        let inputs = [
            lamp_at(json!([{ "minorUnits": 1, "currency": "XYZ" }])),
            lamp_at(json!([{ "minorUnits": 1, "currency": "eur" }])),
            lamp_at(json!([{ "minorUnits": 1.5, "currency": "EUR" }])),
            lamp_at(json!([{ "minorUnits": "1", "currency": "EUR" }])),
            lamp_at(json!([too_large])),
            lamp(json!({ "status": "GONE" })),
            lamp(json!({ "price": 1 })),
        ];

        for input in inputs {
            let answer = seller.ask(SAVE, json!({ "input": input })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{input}: {answer}");
            assert!(answer["data"]["productSave"].is_null(), "{input}: {answer}");
        }

        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_id_of_another_kind_is_not_found() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let before = rows(&app, TABLES).await;

        for id in ["", "nonsense", "prod_nonsense", "cat_01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
            let answer = seller.ask(SAVE, json!({ "input": { "id": id, "title": "Lamp" } })).await;
            let refused = &answer["data"]["productSave"]["userErrors"][0];
            assert_eq!(refused["code"], "NOT_FOUND", "{id:?}: {answer}");
        }

        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_longest_texts_and_the_most_of_everything_are_fine() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let values: Vec<String> = (0..100).map(|number| format!("{number}")).collect();
        let variants: Vec<Value> = values
            .iter()
            .map(|value| {
                let mut variant = variant(&format!("{value:S>64}"), &[value], 10_000_000_000_000);
                variant["weightGrams"] = json!(100_000_000);
                variant
            })
            .collect();
        let input = json!({ "title": "ä".repeat(200), "description": "ß".repeat(20_000),
            "status": "ACTIVE", "options": [{ "name": "n".repeat(50), "values": values }],
                "variants": variants });

        let product = saved(&seller, input).await;

        assert_eq!(product["title"], "ä".repeat(200));
        assert_eq!(product["slug"].as_str().map(str::len), Some(80));
        assert_eq!(product["variants"]["nodes"].as_array().map(Vec::len), Some(100));
        let read = "query($id: ID!) { product(by: { id: $id }) { priceRange { max { minorUnits amount \
            } } } }";
        let seen = data(&app.guest(), read, json!({ "id": product["id"] })).await;
        let max = json!({ "minorUnits": 10_000_000_000_000_i64, "amount": "100000000000.00" });
        assert_eq!(seen["product"]["priceRange"]["max"], max);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_taken_sku_is_refused_and_nothing_is_stored() {
    on_each_database(async |app| {
        offer(&app.seller(0).await, "LAMP").await;
        let other = app.seller(1).await;
        let before = rows(&app, TABLES).await;

        let variants = [variant("FREE", &["S"], 1), variant(" LAMP ", &["M"], 1)];
        let input = json!({ "title": "Copy", "options": [{ "name": "Size", "values": ["S", "M"] }],
            "variants": variants });
        let payload = save(&other, input).await;

        assert_eq!(payload, refused("TAKEN", &["variants", "1", "sku"], "another product has this SKU"));
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_twenty_products_at_once_with_one_sku_exactly_one_gets_it() {
    on_each_database(async |app| {
        let (one, two) = (app.seller(0).await, app.seller(1).await);
        let [products, variants] = rows(&app, ["products", "variants"]).await;
        let create = |number: usize| {
            let input =
                json!({ "title": format!("Lamp {number}"), "variants": [variant("LAMP", &[], 1)] });
            save(if number.is_multiple_of(2) { &one } else { &two }, input)
        };

        let payloads = join_all((0..20).map(create)).await;

        let winners = payloads.iter().filter(|payload| payload["userErrors"] == json!([])).count();
        let losers =
            payloads.iter().filter(|payload| payload["userErrors"][0]["code"] == "TAKEN").count();
        assert_eq!((winners, losers), (1, 19), "{payloads:?}");
        assert_eq!(rows(&app, ["products", "variants"]).await, [products + 1, variants + 1]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn products_that_want_each_others_skus_at_once_do_not_block_each_other() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let before = rows(&app, ["products", "variants"]).await;
        let options = json!([{ "name": "Size", "values": ["S", "L"] }]);
        let create = |number: usize| {
            let (first, second) = if number.is_multiple_of(2) { ("A", "B") } else { ("B", "A") };
            let variants = [variant(first, &["S"], 1), variant(second, &["L"], 1)];
            save(&seller, json!({ "title": "Lamp", "options": options, "variants": variants }))
        };

        let payloads = join_all((0..4).map(create)).await;

        let winners = payloads.iter().filter(|payload| payload["userErrors"] == json!([])).count();
        let losers =
            payloads.iter().filter(|payload| payload["userErrors"][0]["code"] == "TAKEN").count();
        assert_eq!((winners, losers), (1, 3), "{payloads:?}");
        assert_eq!(rows(&app, ["products", "variants"]).await, [before[0] + 1, before[1] + 2]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_new_variant_saved_many_times_at_once_is_one_variant() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = saved(&seller, json!({ "title": "Lamp" })).await["id"].take();
        let [before] = rows(&app, ["variants"]).await;
        let add =
            |price: i64| save(&seller, json!({ "id": id, "variants": [variant("LAMP", &[], price)] }));

        let payloads = join_all((1..=10).map(add)).await;

        assert!(payloads.iter().all(|payload| payload["userErrors"] == json!([])), "{payloads:?}");
        assert_eq!(rows(&app, ["variants"]).await, [before + 1]);
        let product = saved(&seller, json!({ "id": id })).await;
        assert_eq!(product["version"], 11, "each price was another change");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn equal_titles_get_numbered_slugs_one_by_one_and_at_once() {
    on_each_database(async |app| {
        let (one, two) = (app.seller(0).await, app.seller(1).await);
        let slug =
            async |client, title: &str| saved(client, json!({ "title": title })).await["slug"].take();

        assert_eq!(slug(&one, "Oak Desk, 2").await, "oak-desk-2");
        assert_eq!(slug(&one, "Oak Desk").await, "oak-desk");
        assert_eq!(slug(&two, "Öak déSk").await, "oeak-desk");
        assert_eq!(slug(&two, " OAK -- Desk!").await, "oak-desk-3");
        let create =
            |number: usize| slug(if number.is_multiple_of(2) { &one } else { &two }, "Oak Desk");
        let slugs = join_all((0..12).map(create)).await;

        let mut numbers: Vec<u32> = slugs
            .iter()
            .filter_map(|slug| slug.as_str()?.strip_prefix("oak-desk-")?.parse().ok())
            .collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (4..16).collect::<Vec<u32>>());
        assert_eq!(slug(&one, "机械键盘").await, "product");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn markup_goes_from_every_text_and_what_is_left_is_stored() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let input = json!({ "title": " <h1>Oak\n<script>alert(1)</script> Desk</h1> ",
            "status": "ACTIVE",
            "description": "<p onclick=\"x()\">Solid</p>\n<img src=x onerror=alert(1)>oak & 2 < \
                3\u{0}\u{7}",
            "options": [{ "name": "<b>Size</b>", "values": ["<i>S</i>"] }],
            "variants": [variant("<u>DESK</u>", &["<b>S</b>"], 1)] });

        let id = saved(&seller, input).await["id"].take();

        let read = "query($id: ID!) { product(by: { id: $id }) { title description options { name \
            values } variants { nodes { sku title options { name value } } } } }";
        let option = json!({ "name": "Size", "value": "S" });
        let expected = json!({ "title": "Oak Desk", "description": "Solid\noak & 2 < 3", "options": [{
            "name": "Size", "values": ["S"] }], "variants": { "nodes": [{ "sku": "DESK", "title": "S",
                "options": [option] }] } });
        assert_eq!(data(&app.guest(), read, json!({ "id": id })).await, json!({ "product": expected }));
        app.stop().await;
    })
    .await;
}
