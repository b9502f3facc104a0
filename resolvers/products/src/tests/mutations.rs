//! Changes: who may make them, and what stays true when many are made at once.

use futures_util::future::join_all;
use kit::{
    Viewer,
    ids::{Id as _, ProductId},
};
use serde_json::{Value, json};

use super::shop::{Shop, customer, moderator};

const REVIEW: &str = "mutation($id: ID!, $stars: Int!, $body: String!) { \
     reviewSave(productId: $id, stars: $stars, body: $body) { \
     review { id stars body reply author { id } product { rating { average count histogram } } } \
     userErrors { code field message } } }";

fn variant(sku: &str, values: &[&str], minor_units: i64) -> Value {
    let prices = [json!({ "minorUnits": minor_units, "currency": "EUR" })];
    json!({ "sku": sku, "optionValues": values, "prices": prices })
}

fn failure(code: &str, field: &[&str], message: &str) -> Value {
    json!({ "product": null, "userErrors": [{ "code": code, "field": field, "message": message }] })
}

#[tokio::test]
async fn equal_titles_get_numbered_slugs_even_at_once() {
    let shop = Shop::open().await;
    let seller = shop.seller();
    let save = || shop.save(&seller, json!({ "title": "Oak  <b>Desk</b>" }));

    let saved = join_all([save(), save(), save(), save()]).await;

    let mut slugs: Vec<&str> =
        saved.iter().filter_map(|saved| saved["product"]["slug"].as_str()).collect();
    slugs.sort_unstable();
    assert_eq!(slugs, ["oak-desk", "oak-desk-2", "oak-desk-3", "oak-desk-4"]);
    assert_eq!(saved[0]["product"]["title"], "Oak Desk");
    assert_eq!(saved[0]["product"]["status"], "DRAFT");
}

#[tokio::test]
async fn a_product_is_changed_by_its_seller_and_moderators_only() {
    let shop = Shop::open().await;
    let seller = shop.seller();
    let id = shop.offer(&seller, "Lamp").await;
    let change = |title: &str| json!({ "id": id, "title": title });
    let not_found = failure("NOT_FOUND", &["id"], "product not found");

    assert_eq!(shop.save(&shop.seller(), change("Mine")).await, not_found);
    assert_eq!(shop.save(&customer(), change("Mine")).await, not_found);
    let by_seller = shop.save(&seller, change("Tall Lamp")).await;
    let by_moderator = shop.save(&moderator(), change("Small Lamp")).await;

    assert_eq!(by_seller["product"]["title"], "Tall Lamp");
    assert_eq!(by_seller["product"]["slug"], "lamp");
    assert_eq!(by_moderator["product"]["version"], 3);
}

#[tokio::test]
async fn only_sellers_create() {
    const SAVE: &str = "mutation { productSave(input: { title: \"Lamp\" }) { product { id } } }";
    let shop = Shop::open().await;

    for (viewer, code) in [(Viewer::default(), "UNAUTHENTICATED"), (customer(), "FORBIDDEN")] {
        let answer = shop.ask(&viewer, SAVE, Value::Null).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], code);
    }
}

#[tokio::test]
async fn a_stale_version_is_a_conflict_and_changes_nothing() {
    let shop = Shop::open().await;
    let seller = shop.seller();
    let id = shop.offer(&seller, "Lamp").await;
    let change = |title: &str| json!({ "id": id, "title": title, "expectedVersion": 1 });

    let first = shop.save(&seller, change("Tall Lamp")).await;
    let second = shop.save(&seller, change("Small Lamp")).await;
    let unchanged = shop.save(&seller, json!({ "id": id, "title": "Tall Lamp" })).await;

    assert_eq!(first["userErrors"], json!([]));
    let conflict = json!({ "code": "VERSION_CONFLICT", "field": ["expectedVersion"],
        "message": "changed meanwhile: the version is now 2", "currentVersion": 2 });
    assert_eq!(second, json!({ "product": null, "userErrors": [conflict] }));
    assert_eq!(unchanged["product"]["version"], 2);
}

#[tokio::test]
async fn variants_are_added_and_changed_by_sku() {
    let shop = Shop::open().await;
    let seller = shop.seller();
    let options = json!([{ "name": "Size", "values": ["S", "M"] }]);
    let saved = shop
        .save(
            &seller,
            json!({ "title": "Shirt", "options": options, "variants":
            [variant("SHIRT-S", &["S"], 1_900), variant("SHIRT-M", &["M"], 2_100)] }),
        )
        .await;
    let id = &saved["product"]["id"];
    let change = |variants: Value| json!({ "id": id, "variants": variants });
    let other = shop.seller();
    let taken = json!({ "title": "Copy", "variants": [variant("SHIRT-S", &[], 1)] });
    let message = "another product has this SKU";
    let prices = "query($id: ID!) { product(by: { id: $id }) { version \
         priceRange { min { amount } max { amount } } \
         variants { nodes { sku title price { amount } availability } } } }";

    let refused = shop.save(&other, taken).await;
    let wrong = shop.save(&seller, change(json!([variant("SHIRT-L", &["L"], 1)]))).await;
    shop.save(&seller, change(json!([variant("SHIRT-S", &["S"], 1_500)]))).await;
    let data = shop.data(&seller, prices, json!({ "id": id })).await;

    assert_eq!(refused, failure("TAKEN", &["variants", "0", "sku"], message));
    let field = &["variants", "0", "optionValues"];
    assert_eq!(wrong, failure("INVALID", field, "Size has no value \"L\""));
    let node = |sku: &str, title: &str, amount: &str| {
        let price = json!({ "amount": amount });
        json!({ "sku": sku, "title": title, "price": price, "availability": "OUT_OF_STOCK" })
    };
    let range = json!({ "min": { "amount": "15.00" }, "max": { "amount": "21.00" } });
    let nodes = [node("SHIRT-S", "S", "15.00"), node("SHIRT-M", "M", "21.00")];
    let product = json!({ "version": 2, "priceRange": range, "variants": { "nodes": nodes } });
    assert_eq!(data["product"], product);
}

#[tokio::test]
async fn a_retry_with_the_same_key_makes_one_product() {
    let shop = Shop::open().await;
    let seller = shop.seller();
    let save = |title: &str| shop.save(&seller, json!({ "title": title, "idempotencyKey": "k1" }));

    let saved = join_all([save("Lamp"), save("Lamp"), save("Lamp")]).await;
    let other = save("Desk").await;
    let all = shop.data(&seller, "{ products { totalCount } }", Value::Null).await;

    assert!(saved.iter().all(|saved| *saved == saved[0] || saved["product"] == saved["product"]));
    let ids: Vec<&Value> = saved.iter().map(|saved| &saved["product"]["id"]).collect();
    assert!(ids.iter().all(|id| *id == ids[0] && id.is_string()), "{ids:?}");
    let message = "this key came with another input before";
    assert_eq!(other, failure("IDEMPOTENCY_MISMATCH", &["idempotencyKey"], message));
    assert_eq!(all["products"]["totalCount"], 1);
}

#[tokio::test]
async fn archiving_twice_is_archiving_once() {
    const ARCHIVE: &str = "mutation($id: ID!) { productArchive(id: $id) { product { status version } \
         userErrors { code field message } } }";
    let shop = Shop::open().await;
    let (seller, buyer) = (shop.seller(), customer());
    let id = shop.offer(&seller, "Lamp").await;
    let archive = |viewer| shop.data(viewer, ARCHIVE, json!({ "id": id }));

    let stranger = archive(&buyer).await;
    let first = archive(&seller).await;
    let second = archive(&seller).await;

    assert_eq!(stranger["productArchive"], failure("NOT_FOUND", &["id"], "product not found"));
    let product = json!({ "status": "ARCHIVED", "version": 2 });
    assert_eq!(first["productArchive"], json!({ "product": product, "userErrors": [] }));
    assert_eq!(second, first);
}

#[tokio::test]
async fn ratings_stay_exact_when_many_review_at_once() {
    let shop = Shop::open().await;
    let id = shop.offer(&shop.seller(), "Lamp").await;
    let buyers: Vec<Viewer> = (0..12).map(|_| customer()).collect();
    let review = async |viewer: &Viewer, stars: usize| {
        let variables = json!({ "id": id, "stars": stars, "body": "Fine." });
        shop.data(viewer, REVIEW, variables).await["reviewSave"].clone()
    };

    join_all(buyers.iter().enumerate().map(|(index, buyer)| review(buyer, index % 5 + 1))).await;
    join_all(buyers.iter().take(2).map(|buyer| review(buyer, 5))).await;
    let last = review(&buyers[11], 1).await;

    assert_eq!(last["userErrors"], json!([]));
    assert_eq!(last["review"]["author"]["id"], json!(buyers[11].user));
    // 3, 3, 2, 2, 2 at first; then a 1 and a 2 became 5, and a 2 became 1.
    let rating = json!({ "average": 39.0 / 12.0, "count": 12, "histogram": [3, 1, 2, 2, 4] });
    assert_eq!(last["review"]["product"]["rating"], rating);
}

#[tokio::test]
async fn reviews_are_written_by_buyers_and_answered_by_the_seller() {
    const REPLY: &str = "mutation($id: ID!) { reviewReply(reviewId: $id, body: \"Thank <i>you</i>\") { \
         review { reply } userErrors { code field message } } }";
    let shop = Shop::open().await;
    let (seller, buyer) = (shop.seller(), customer());
    let id = shop.offer(&seller, "Lamp").await;
    let write = |id: &Value, stars: i32| json!({ "id": id, "stars": stars, "body": " Good " });
    let nowhere = json!(ProductId::generate());

    let own = shop.data(&seller, REVIEW, write(&id, 5)).await;
    let missing = shop.data(&buyer, REVIEW, write(&nowhere, 5)).await;
    let six = shop.data(&buyer, REVIEW, write(&id, 6)).await;
    let good = shop.data(&buyer, REVIEW, write(&id, 4)).await;
    let review = json!({ "id": good["reviewSave"]["review"]["id"] });
    let by_buyer = shop.data(&buyer, REPLY, review.clone()).await;
    let by_seller = shop.data(&seller, REPLY, review).await;

    let refused = |code: &str, field: &str, message: &str| {
        let error = json!({ "code": code, "field": [field], "message": message });
        json!({ "review": null, "userErrors": [error] })
    };
    let message = "sellers can't review their own products";
    assert_eq!(own["reviewSave"], refused("INVALID", "productId", message));
    assert_eq!(missing["reviewSave"], refused("NOT_FOUND", "productId", "product not found"));
    assert_eq!(six["reviewSave"], refused("INVALID", "stars", "must be from 1 to 5"));
    assert_eq!(good["reviewSave"]["review"]["body"], "Good");
    assert_eq!(by_buyer["reviewReply"], refused("NOT_FOUND", "reviewId", "review not found"));
    let answered = json!({ "review": { "reply": "Thank you" }, "userErrors": [] });
    assert_eq!(by_seller["reviewReply"], answered);
}
