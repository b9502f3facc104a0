//! The shop through the front door: products, reviews, favourites and lists.

mod bulk;
mod categories;
mod favourites;
mod filters;
mod images;
mod inventory;
mod lists;
mod products;
mod quotes;
mod reading;
mod refusals;
mod retries;
mod reviews;
mod slugs;
mod stock;
mod visibility;

use serde_json::{Value, json};
use tests::Client;

use crate::accounts::data;

/// Tables that a refused change leaves as they are.
const TABLES: [&str; 10] = [
    "products",
    "product_slugs",
    "product_images",
    "variants",
    "variant_prices",
    "stock_changes",
    "reviews",
    "favourites",
    "categories",
    "events",
];

const SAVE: &str = "mutation($input: ProductInput!) { productSave(input: $input) { product { id slug \
    title description status version variants(first: 100) { nodes { id sku title } } } userErrors { \
    code field message ... on VersionConflictError { currentVersion } } } }";

const ARCHIVE: &str = "mutation($id: ID!) { productArchive(id: $id) { product { id status version } \
    userErrors { code field message } } }";

const REVIEW: &str = "mutation($product: ID!, $stars: Int!, $body: String!) { reviewSave(productId: \
    $product, stars: $stars, body: $body) { review { id stars body reply verifiedPurchase author { \
    handle } product { rating { average count histogram } } } userErrors { code field message } } }";

const FAVOURITE: &str = "mutation($product: ID!, $on: Boolean!) { favouriteSet(productId: $product, \
    favourite: $on) { product { id isFavourite } userErrors { code field message } } }";

/// The payload of `productSave`.
async fn save(client: &Client, input: Value) -> Value {
    data(client, SAVE, json!({ "input": input })).await["productSave"].take()
}

/// The product that was saved.
async fn saved(client: &Client, input: Value) -> Value {
    let mut payload = save(client, input).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["product"].take()
}

async fn archive(client: &Client, id: &Value) -> Value {
    data(client, ARCHIVE, json!({ "id": id })).await["productArchive"].take()
}

async fn review(client: &Client, product: &Value, stars: i32, body: &str) -> Value {
    let variables = json!({ "product": product, "stars": stars, "body": body });
    data(client, REVIEW, variables).await["reviewSave"].take()
}

async fn favourite(client: &Client, product: &Value, on: bool) -> Value {
    data(client, FAVOURITE, json!({ "product": product, "on": on })).await["favouriteSet"].take()
}

fn euros(minor_units: i64) -> Value {
    json!({ "minorUnits": minor_units, "currency": "EUR" })
}

/// A variant with one price in euros.
fn variant(sku: &str, values: &[&str], minor_units: i64) -> Value {
    json!({ "sku": sku, "optionValues": values, "prices": [euros(minor_units)] })
}

/// The id of a product on offer whose only variant has the title as its SKU.
async fn offer(client: &Client, title: &str) -> Value {
    let input = json!({ "title": title, "status": "ACTIVE", "variants": [variant(title, &[], 1_990)] });
    saved(client, input).await["id"].take()
}

/// The id of the shop of a seller.
async fn shop_of(client: &Client) -> Value {
    data(client, "{ me { user { seller { id } } } }", json!({})).await["me"]["user"]["seller"]["id"]
        .take()
}

/// A user error.
fn error(code: &str, field: &[&str], message: &str) -> Value {
    json!({ "code": code, "field": field, "message": message })
}

/// The payload of a refused change of a product.
fn refused(code: &str, field: &[&str], message: &str) -> Value {
    json!({ "product": null, "userErrors": [error(code, field, message)] })
}

/// The payload of a refused change of a review.
fn refused_review(code: &str, field: &[&str], message: &str) -> Value {
    json!({ "review": null, "userErrors": [error(code, field, message)] })
}

const BULK: &str = "results { product { id slug title status version } userErrors { code field message \
    ... on OutOfStockError { variantId available } } } failedCount userErrors { code field message }";

/// The payload of `inventoryAdjust`.
async fn adjust(client: &Client, changes: Value, key: &str) -> Value {
    let adjust = format!(
        "mutation($changes: [InventoryChange!]!, $key: String!) {{ inventoryAdjust(changes: $changes, \
         idempotencyKey: $key) {{ {BULK} }} }}"
    );
    let variables = json!({ "changes": changes, "key": key });
    data(client, &adjust, variables).await["inventoryAdjust"].take()
}

/// The payload of `productBulkSave`.
async fn save_all(client: &Client, inputs: Value, policy: Option<&str>) -> Value {
    let save = format!(
        "mutation($inputs: [ProductInput!]!, $policy: BulkErrorPolicy) {{ productBulkSave(inputs: \
         $inputs, errorPolicy: $policy) {{ {BULK} }} }}"
    );
    let mut variables = json!({ "inputs": inputs });
    if let Some(policy) = policy {
        variables["policy"] = json!(policy);
    }
    data(client, &save, variables).await["productBulkSave"].take()
}

/// The id of the only variant of a product on offer with so many units.
async fn stocked(client: &Client, sku: &str, units: i32) -> Value {
    let mut variant = variant(sku, &[], 1_990);
    variant["onHand"] = json!(units);
    let input = json!({ "title": sku, "status": "ACTIVE", "variants": [variant] });
    saved(client, input).await["variants"]["nodes"][0]["id"].take()
}
