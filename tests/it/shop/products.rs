//! Creating, changing and archiving products.

use futures_util::future::join_all;
use kit::{Id as _, ids::ProductId};
use serde_json::{Value, json};
use tests::{Client, on_each_database};

use super::{SAVE, TABLES, archive, offer, refused, save, saved, variant};
use crate::accounts::{data, rows};

const WHOLE: &str = "fragment Whole on Product { slug title description status version inStock \
    isFavourite category { slug } seller { user { id } } images { alt } options { name values } \
    attributes { key value } rating { average count histogram } reviews { totalCount } priceRange { \
    min { amount } max { amount } } dollars: priceRange(currency: \"USD\") { max { amount } } variants \
    { totalCount nodes { sku title options { name value } weightGrams availability compareAtPrice { \
    amount } price { minorUnits amount currency } dollars: price(currency: \"USD\") { amount } } } }";

const FOUR_WAYS: &str = "query($id: ID!, $slug: String!, $sku: String!) { byId: product(by: { id: $id \
    }) { ...Whole } bySlug: product(by: { slug: $slug }) { ...Whole } bySku: product(by: { sku: $sku \
    }) { ...Whole } byNode: node(id: $id) { ...Whole } }";

async fn user_id(client: &Client) -> Value {
    data(client, "{ me { user { id } } }", json!({})).await["me"]["user"]["id"].take()
}

/// A shirt in two sizes.
fn shirt() -> Value {
    let dollars = json!({ "minorUnits": 2_199, "currency": "USD" });
    let mut small = variant("SHIRT-S", &["S", "Red"], 1_999);
    small["prices"].as_array_mut().expect("prices").push(dollars);
    small["weightGrams"] = json!(180);
    let category: kit::ids::CategoryId = kit::seed::id(1);
    json!({ "title": "Linen Shirt", "description": "Soft.\nLight.", "categoryId": category,
        "status": "ACTIVE", "options": [{ "name": "Size", "values": ["S", "M"] }, { "name": "Colour",
            "values": ["Red"] }], "variants": [small, variant("SHIRT-M", &["M", "Red"], 205)] })
}

#[tokio::test]
async fn a_product_reads_back_as_it_was_saved_whichever_way_it_is_found() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let category = "query($id: ID!) { node(id: $id) { ... on Category { slug } } }";
        let category =
            data(&app.guest(), category, json!({ "id": shirt()["categoryId"] })).await["node"].take();

        let created = saved(&seller, shirt()).await;

        let option = |name: &str, value: &str| json!({ "name": name, "value": value });
        let node = |sku: &str, size: &str, weight: Value, cents: i64, amount: &str, dollars: Value| {
            json!({ "sku": sku, "title": format!("{size} / Red"), "weightGrams": weight,
                "availability": "OUT_OF_STOCK", "options": [option("Size", size), option("Colour",
                    "Red")], "compareAtPrice": null, "price": { "minorUnits": cents, "amount": amount,
                        "currency": "EUR" }, "dollars": dollars })
        };
        let dollars = json!({ "amount": "21.99" });
        let variants = [
            node("SHIRT-S", "S", json!(180), 1_999, "19.99", dollars.clone()),
            node("SHIRT-M", "M", Value::Null, 205, "2.05", Value::Null),
        ];
        let whole = json!({ "slug": "linen-shirt", "title": "Linen Shirt",
            "description": "Soft.\nLight.", "status": "ACTIVE", "version": 1, "inStock": false,
                "isFavourite": false, "category": category, "seller": { "user": {
                    "id": user_id(&seller).await } }, "images": [], "attributes": [], "options": [{
                        "name": "Size", "values": ["S", "M"] }, { "name": "Colour",
                            "values": ["Red"] }], "rating": { "average": null, "count": 0,
                                "histogram": [0, 0, 0, 0, 0] }, "reviews": { "totalCount": 0 },
                                    "priceRange": { "min": { "amount": "2.05" }, "max": {
                                        "amount": "19.99" } }, "dollars": { "max": dollars },
                                            "variants": { "totalCount": 2, "nodes": variants } });
        let keys = json!({ "id": created["id"], "slug": "linen-shirt", "sku": "SHIRT-M" });
        let found = data(&app.guest(), &format!("{FOUR_WAYS} {WHOLE}"), keys).await;
        assert_eq!(found, json!({ "byId": whole, "bySlug": whole, "bySku": whole, "byNode": whole }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_new_product_is_a_draft_unless_it_says_otherwise() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;

        let created = save(&seller, json!({ "title": "Lamp" })).await;

        let product = json!({ "id": created["product"]["id"], "slug": "lamp", "title": "Lamp",
            "description": "", "status": "DRAFT", "version": 1, "variants": { "nodes": [] } });
        assert_eq!(created, json!({ "product": product, "userErrors": [] }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_does_not_sell_creates_nothing() {
    on_each_database(async |app| {
        let customer = app.sign_in(&app.email(60).await).await;
        let support = app.sign_in("sami-support@demo.example").await;
        let before = rows(&app, TABLES).await;

        for (client, code) in
            [(app.guest(), "UNAUTHENTICATED"), (customer, "FORBIDDEN"), (support, "FORBIDDEN")]
        {
            let answer = client.ask(SAVE, json!({ "input": shirt() })).await;
            assert_eq!(answer["data"], json!({ "productSave": null }));
            assert_eq!(answer["errors"][0]["extensions"]["code"], code);
        }

        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_product_is_not_found_and_stays_as_it_is() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = offer(&seller, "Lamp").await;
        let missing = json!(ProductId::generate());
        let not_found = refused("NOT_FOUND", &["id"], "product not found");
        let strangers = [
            app.seller(1).await,
            app.sign_in(&app.email(60).await).await,
            app.sign_in("sami-support@demo.example").await,
        ];
        let before = (rows(&app, TABLES).await, save(&seller, json!({ "id": id })).await);

        for stranger in &strangers {
            for id in [&id, &missing] {
                let input =
                    json!({ "id": id, "title": "Mine", "status": "DRAFT", "expectedVersion": 99 });
                assert_eq!(save(stranger, input).await, not_found);
                assert_eq!(archive(stranger, id).await, not_found);
            }
        }
        let guest = app.guest().ask(SAVE, json!({ "input": { "id": id, "title": "Mine" } })).await;

        assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        let after = (rows(&app, TABLES).await, save(&seller, json!({ "id": id })).await);
        assert_eq!(after, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_touches_what_it_names_and_nothing_else() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = saved(&seller, shirt()).await["id"].take();
        let read = format!("query($id: ID!) {{ product(by: {{ id: $id }}) {{ ...Whole }} }} {WHOLE}");
        let whole = async || data(&app.guest(), &read, json!({ "id": id })).await["product"].take();
        let mut expected = whole().await;

        saved(&seller, json!({ "id": id, "title": "Cotton Shirt" })).await;
        expected["title"] = json!("Cotton Shirt");
        expected["version"] = json!(2);
        assert_eq!(whole().await, expected, "the slug stays");

        saved(&seller, json!({ "id": id, "variants": [variant("SHIRT-S", &["S", "Red"], 2_500)] }))
            .await;
        expected["version"] = json!(3);
        expected["variants"]["nodes"][0]["price"] =
            json!({ "minorUnits": 2_500, "amount": "25.00", "currency": "EUR" });
        expected["variants"]["nodes"][0]["dollars"] = Value::Null;
        expected["priceRange"]["max"] = json!({ "amount": "25.00" });
        expected["dollars"] = Value::Null;
        assert_eq!(whole().await, expected, "its prices are replaced, its weight stays");

        saved(
            &seller,
            json!({ "id": id, "status": "SOLD_OUT", "description": "", "expectedVersion": 3 }),
        )
        .await;
        expected["version"] = json!(4);
        expected["status"] = json!("SOLD_OUT");
        expected["description"] = json!("");
        assert_eq!(whole().await, expected);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_that_changes_nothing_counts_no_version_and_writes_no_event() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let created = saved(&seller, shirt()).await;
        let before = rows(&app, TABLES).await;
        let mut same = shirt();
        same["id"] = created["id"].clone();

        let nulls = json!({ "id": created["id"], "title": null, "description": null,
            "categoryId": null, "status": null, "options": null, "variants": null,
                "expectedVersion": null, "idempotencyKey": null });

        assert_eq!(saved(&seller, same).await, created);
        assert_eq!(saved(&seller, nulls).await, created);
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_stale_version_is_a_conflict_that_names_the_current_one() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = offer(&seller, "Lamp").await;
        saved(&seller, json!({ "id": id, "title": "Tall Lamp", "expectedVersion": 1 })).await;
        let before = (rows(&app, TABLES).await, save(&seller, json!({ "id": id })).await);

        for stale in [1, 0, 3, -1] {
            let payload =
                save(&seller, json!({ "id": id, "title": "Small Lamp", "expectedVersion": stale }))
                    .await;
            let conflict = json!({ "code": "VERSION_CONFLICT", "field": ["expectedVersion"],
                "message": "changed meanwhile: the version is now 2", "currentVersion": 2 });
            assert_eq!(payload, json!({ "product": null, "userErrors": [conflict] }));
        }

        assert_eq!((rows(&app, TABLES).await, save(&seller, json!({ "id": id })).await), before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_twenty_changes_at_once_to_one_version_exactly_one_wins() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = offer(&seller, "Lamp").await;
        let change = |number: i32| {
            save(&seller, json!({ "id": id, "title": format!("Lamp {number}"), "expectedVersion": 1 }))
        };

        let payloads = join_all((0..20).map(change)).await;

        let winners: Vec<&Value> =
            payloads.iter().filter(|payload| payload["userErrors"] == json!([])).collect();
        let losers = payloads.iter().filter(|payload| payload["userErrors"][0]["currentVersion"] == 2);
        assert_eq!((winners.len(), losers.count()), (1, 19), "{payloads:?}");
        assert_eq!(saved(&seller, json!({ "id": id })).await, winners[0]["product"]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_archived_product_is_off_sale_and_archiving_again_changes_nothing() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = offer(&seller, "Lamp").await;
        let product = json!({ "id": id, "status": "ARCHIVED", "version": 2 });
        let archived = json!({ "product": product, "userErrors": [] });
        let read = "query($id: ID!) { product(by: { id: $id }) { status } }";

        assert_eq!(archive(&seller, &id).await, archived);
        let before = rows(&app, TABLES).await;
        assert_eq!(archive(&seller, &id).await, archived);

        assert_eq!(rows(&app, TABLES).await, before);
        assert_eq!(data(&app.guest(), read, json!({ "id": id })).await, json!({ "product": null }));
        let back = saved(&seller, json!({ "id": id, "status": "ACTIVE" })).await;
        assert_eq!((&back["status"], &back["version"]), (&json!("ACTIVE"), &json!(3)));
        let seen = data(&app.guest(), read, json!({ "id": id })).await;
        assert_eq!(seen, json!({ "product": { "status": "ACTIVE" } }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn moderators_and_admins_change_and_archive_the_products_of_all() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = offer(&seller, "Lamp").await;
        let moderator = app.sign_in("mona-moderator@demo.example").await;
        let admin = app.sign_in("alma-admin@demo.example").await;

        let renamed = saved(&moderator, json!({ "id": id, "title": "Decent Lamp" })).await;
        let archived = archive(&admin, &id).await;

        assert_eq!((&renamed["title"], &renamed["version"]), (&json!("Decent Lamp"), &json!(2)));
        assert_eq!(archived["product"], json!({ "id": id, "status": "ARCHIVED", "version": 3 }));
        let read = "query($id: ID!) { product(by: { id: $id }) { seller { user { id } } } }";
        let seen = data(&seller, read, json!({ "id": id })).await;
        assert_eq!(
            seen["product"]["seller"]["user"]["id"],
            user_id(&seller).await,
            "it is still its seller's"
        );
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn each_change_of_one_request_sees_those_before_it() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let id = offer(&seller, "Lamp").await;
        let three = "mutation($id: ID!) { first: productSave(input: { id: $id, title: \"Desk\" }) { \
            product { title version } } second: productArchive(id: $id) { product { title status \
            version } } third: productSave(input: { id: $id, title: \"Sofa\" }) { product { title \
            status version } } }";

        let answer = data(&seller, three, json!({ "id": id })).await;

        let third = json!({ "title": "Sofa", "status": "ARCHIVED", "version": 4 });
        let second = json!({ "title": "Desk", "status": "ARCHIVED", "version": 3 });
        let first = json!({ "title": "Desk", "version": 2 });
        let product = |product: Value| json!({ "product": product });
        let expected =
            json!({ "first": product(first), "second": product(second), "third": product(third) });
        assert_eq!(answer, expected);
        app.stop().await;
    })
    .await;
}
