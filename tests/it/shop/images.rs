//! Images that sellers upload for their products, attributes, and crossed-out
//! prices.

use serde_json::{Value, json};
use tests::{Client, execute, number, on_each_database};

use super::{TABLES, error, euros, offer, save, saved, variant};
use crate::accounts::{data, rows};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0";

/// The id of an uploaded file.
async fn upload(client: &Client, name: &str, media_type: &str, bytes: &'static [u8]) -> Value {
    let create = "mutation($filename: String!, $mediaType: String!, $size: Long!) { uploadCreate( \
        filename: $filename, mediaType: $mediaType, size: $size) { slot { id url } } }";
    let variables = json!({ "filename": name, "mediaType": media_type, "size": bytes.len() });
    let mut slot = data(client, create, variables).await["uploadCreate"]["slot"].take();
    let put = client.put(slot["url"].as_str().expect("a URL"), bytes).await;
    assert!(put.status.is_success(), "{}", put.status);
    slot["id"].take()
}

async fn images(client: &Client, product: &Value) -> Vec<(String, String)> {
    let query = "query($id: ID!) { product(by: { id: $id }) { images { alt url(width: 200) } } }";
    let read = data(client, query, json!({ "id": product })).await;
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let images = read["product"]["images"].as_array().expect("images").clone();
    images.iter().map(|image| (text(&image["alt"]), text(&image["url"]))).collect()
}

#[tokio::test]
async fn uploads_become_the_images_of_a_product_in_order() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let front = upload(&seller, "front.png", "image/png", PNG).await;
        let back = upload(&seller, "back.png", "image/png", PNG).await;
        let detail = upload(&seller, "detail.png", "image/png", PNG).await;
        let input = json!({ "title": "Lamp", "status": "ACTIVE", "imageUploadIds": [front, back],
            "idempotencyKey": "key" });

        let product = saved(&seller, input.clone()).await["id"].take();
        let again = saved(&seller, input).await["id"].take();
        let shown = images(&app.guest(), &product).await;
        let got = app.guest().get(&shown[0].1).await;

        assert_eq!(again, product);
        assert_eq!(shown.iter().map(|image| image.0.as_str()).collect::<Vec<_>>(), ["Lamp", "Lamp"]);
        assert_eq!((got.status.as_u16(), got.body.as_slice()), (200, PNG));
        let version = saved(&seller, json!({ "id": product, "imageUploadIds": [detail, front] })).await;
        assert_eq!(version["version"], 2);
        let same = saved(&seller, json!({ "id": product, "imageUploadIds": [detail, front] })).await;
        assert_eq!(same["version"], 2, "the same images are no change");
        assert_eq!(images(&app.guest(), &product).await.len(), 2);
        let staff = app.sign_in("mona-moderator@demo.example").await;
        let turned = json!({ "id": product, "imageUploadIds": [front, detail] });
        assert_eq!(save(&staff, turned).await["userErrors"], json!([]), "they are the product's");
        saved(&seller, json!({ "id": product, "imageUploadIds": [] })).await;
        assert_eq!(images(&app.guest(), &product).await, []);
        assert_eq!(number(&app, "SELECT count(*) FROM loose_images WHERE is_leaving").await, 0);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn uploads_that_can_not_be_shown_are_refused_and_nothing_changes() {
    on_each_database(async |app| {
        let (seller, other) = (app.seller(0).await, app.seller(1).await);
        let product = offer(&seller, "Lamp").await;
        let used = upload(&seller, "used.png", "image/png", PNG).await;
        saved(&seller, json!({ "title": "Desk", "imageUploadIds": [used] })).await;
        let foreign = upload(&other, "foreign.png", "image/png", PNG).await;
        let text = upload(&seller, "notes.txt", "text/plain", b"plain words").await;
        let mine = upload(&seller, "mine.png", "image/png", PNG).await;
        let before = rows(&app, TABLES).await;
        let too_many: Vec<Value> = (0..21).map(|number| json!(format!("upl_{number}"))).collect();

        let cases = [
            (json!([mine, foreign]), error("NOT_FOUND", &["imageUploadIds", "1"], "upload not found")),
            (json!(["rubbish"]), error("NOT_FOUND", &["imageUploadIds", "0"], "upload not found")),
            (
                json!([used]),
                error("TAKEN", &["imageUploadIds"], "the upload is attached to something else"),
            ),
            (json!([text]), error("INVALID", &["imageUploadIds", "0"], "text/plain is no image")),
            (json!([mine, mine]), error("INVALID", &["imageUploadIds"], "at most 20 images, each once")),
            (json!(too_many), error("INVALID", &["imageUploadIds"], "at most 20 images, each once")),
        ];
        for (uploads, expected) in cases {
            let payload = save(&seller, json!({ "id": product, "imageUploadIds": uploads })).await;
            assert_eq!(payload["userErrors"], json!([expected]), "{uploads}");
        }
        assert_eq!(rows(&app, TABLES).await, before);
        let fine = save(&seller, json!({ "id": product, "imageUploadIds": [mine] })).await;
        assert_eq!(fine["userErrors"], json!([]), "a refusal leaves the upload usable");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn seeded_images_keep_their_widths_and_uploads_do_not_cost_a_statement() {
    on_each_database(async |app| {
        let query = "{ products(first: 2) { nodes { images(first: 1) { url(width: 400) } } } }";
        let seller = app.seller(0).await;

        let (seeded, statements) = app.statements(data(&app.guest(), query, json!({}))).await;
        let front = upload(&seller, "front.png", "image/png", PNG).await;
        saved(&seller, json!({ "title": "Lamp", "status": "ACTIVE", "imageUploadIds": [front] })).await;
        let (uploaded, with_upload) = app.statements(data(&app.guest(), query, json!({}))).await;

        let url = |data: &Value| {
            data["products"]["nodes"][0]["images"][0]["url"].as_str().expect("a URL").to_owned()
        };
        assert!(url(&seeded).ends_with(".jpg?w=400"), "{seeded}");
        assert!(url(&uploaded).contains("/files/"), "{uploaded}");
        assert_eq!(with_upload, statements);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn attributes_and_crossed_out_prices_are_kept_as_they_were_sent() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let mut reduced = variant("LAMP", &[], 1_990);
        reduced["compareAtPrices"] = json!([euros(2_490)]);
        let attributes = json!([{ "key": "Wood", "value": " <b>Oak</b> " }, { "key": "Made in", "value": "IT" }]);
        let product = saved(
            &seller,
            json!({ "title": "Lamp", "status": "ACTIVE", "attributes": attributes, "variants": [reduced] }),
        )
        .await["id"]
            .take();
        let query = "query($id: ID!) { product(by: { id: $id }) { attributes { key value } variants { nodes { \
            price { minorUnits } compareAtPrice { minorUnits } } } } }";
        let read = async || data(&app.guest(), query, json!({ "id": product })).await["product"].take();
        let first = read().await;

        saved(&seller, json!({ "id": product, "variants": [variant("LAMP", &[], 1_890)] })).await;
        let cheaper = read().await;
        let mut plain = variant("LAMP", &[], 1_890);
        plain["compareAtPrices"] = json!([]);
        saved(&seller, json!({ "id": product, "attributes": [], "variants": [plain] })).await;
        let plain = read().await;

        let clean = json!([{ "key": "Wood", "value": "Oak" }, { "key": "Made in", "value": "IT" }]);
        let price = |now: Value, before: Value| {
            json!({ "nodes": [{ "price": { "minorUnits": now }, "compareAtPrice": before }] })
        };
        let crossed_out = json!({ "minorUnits": first["variants"]["nodes"][0]["compareAtPrice"]["minorUnits"] });
        assert_eq!(first["attributes"], clean);
        assert!(first.to_string().contains("2490"), "{first}");
        assert_eq!(cheaper["attributes"], clean, "absent stays");
        let now = cheaper["variants"]["nodes"][0]["price"]["minorUnits"].clone();
        assert_eq!(cheaper["variants"], price(now.clone(), crossed_out));
        assert_eq!((&plain["attributes"], &plain["variants"]), (&json!([]), &price(now, Value::Null)));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn images_that_show_nothing_are_let_go_after_a_day() {
    on_each_database(async |app| {
        let seller = app.seller(0).await;
        let front = upload(&seller, "front.png", "image/png", PNG).await;
        let back = upload(&seller, "back.png", "image/png", PNG).await;
        let product = saved(&seller, json!({ "title": "Lamp", "imageUploadIds": [front, back] })).await;
        saved(&seller, json!({ "id": product["id"], "imageUploadIds": [back] })).await;
        let loose = "SELECT count(*) FROM loose_images";
        assert_eq!(number(&app, loose).await, 1, "the one that was removed");

        execute(&app, "UPDATE loose_images SET is_leaving = TRUE").await;
        let again = save(&seller, json!({ "id": product["id"], "imageUploadIds": [back, front] })).await;

        assert_eq!(again["userErrors"][0]["code"], "TAKEN", "it is leaving: {again}");
        app.stop().await;
    })
    .await;
}
