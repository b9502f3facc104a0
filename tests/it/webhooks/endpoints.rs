//! What an endpoint is sent, who manages endpoints, and how secrets change.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use tests::{on_each_database, on_each_database_with};

use super::*;
use crate::events::{own_product, rename};

#[tokio::test]
async fn an_endpoint_is_sent_what_it_asked_for_signed() {
    on_each_database_with(quick, async |app: TestApp| {
        let mut receiver = Receiver::start().await;
        let (admin, seller) = (admin(&app).await, app.seller(4).await);
        let product = own_product(&seller).await;
        let payload = save(&admin, &receiver.url, &["product.changed", "review.*", "review.*"]).await;
        let secret = payload["secret"].as_str().expect("shown once");

        rename(&seller, &product, "Told to a third party").await;
        let got = receiver.next().await;
        let delivered = delivery(&admin, "DELIVERED").await;

        let expected = json!({ "id": payload["endpoint"]["id"], "url": receiver.url,
            "kinds": ["product.changed", "review.*"], "enabled": true });
        assert_eq!((&payload["endpoint"], &payload["userErrors"]), (&expected, &json!([])));
        let body = got.body();
        assert!(got.is_signed_with(secret), "{got:?}");
        assert!(!got.is_signed_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
        assert_eq!((got.signatures.len(), got.content_type.as_str()), (1, "application/json"));
        assert!(got.id.starts_with("evt_"), "{}", got.id);
        assert_eq!((&body["id"], &body["type"]), (&json!(got.id), &json!("product.changed")));
        assert!(body["timestamp"].as_str().is_some_and(|at| at.ends_with('Z')), "{body}");
        assert_eq!(body["data"]["productId"], json!(product));
        assert_eq!(body["data"]["changed"], json!(["CONTENT"]));
        let expected = json!({ "id": delivered["id"], "eventId": got.id, "kind": "product.changed",
            "state": "DELIVERED", "attempts": 1, "lastStatus": 200, "lastError": null,
            "nextAttemptAt": null });
        assert_eq!(delivered, expected);
        receiver.is_left_alone().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_private_never_leaves_and_what_was_not_asked_for_is_not_sent() {
    on_each_database_with(quick, async |app: TestApp| {
        let (mut all, mut reviews) = (Receiver::start().await, Receiver::start().await);
        let (admin, seller) = (admin(&app).await, app.seller(4).await);
        endpoint(&admin, &all.url, &["*"]).await;
        endpoint(&admin, &reviews.url, &["review.*"]).await;

        // Facts about a session and an account; then one that is public.
        app.seller(5).await;
        let update = "mutation { accountUpdate(input: { locale: \"fr\" }) { account { locale } } }";
        assert_eq!(
            seller.ask(update, json!({})).await["data"]["accountUpdate"]["account"]["locale"],
            "fr"
        );
        rename(&seller, &own_product(&seller).await, "Public").await;

        assert_eq!(all.next().await.body()["type"], "product.changed");
        all.is_left_alone().await;
        reviews.is_left_alone().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn after_a_rotation_both_secrets_sign() {
    on_each_database_with(quick, async |app: TestApp| {
        let mut receiver = Receiver::start().await;
        let (admin, seller) = (admin(&app).await, app.seller(4).await);
        let (id, old) = endpoint(&admin, &receiver.url, &["product.*"]).await;
        let rotate = "mutation($id: ID!) { webhookSecretRotate(id: $id) { endpoint { id } secret \
            userErrors { code } } }";

        let rotated = admin.ask(rotate, json!({ "id": id })).await;
        rename(&seller, &own_product(&seller).await, "In between").await;
        let got = receiver.next().await;

        let payload = &rotated["data"]["webhookSecretRotate"];
        let new = payload["secret"].as_str().unwrap_or_else(|| panic!("{rotated}"));
        assert_eq!(payload["endpoint"]["id"], json!(id));
        assert_ne!(new, old);
        assert!(got.is_signed_with(new) && got.is_signed_with(&old), "{got:?}");
        assert_eq!(got.signatures.len(), 2);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn secrets_that_sign_at_once_are_bounded() {
    let app = TestApp::sqlite_with(quick).await;
    let receiver = Receiver::start().await;
    let admin = admin(&app).await;
    let (id, _) = endpoint(&admin, &receiver.url, &["product.*"]).await;
    let rotate = "mutation($id: ID!) { webhookSecretRotate(id: $id) { secret userErrors { code } } }";

    let answers = join_all((0..8).map(|_| admin.ask(rotate, json!({ "id": id })))).await;

    let payloads = answers.iter().map(|answer| &answer["data"]["webhookSecretRotate"]);
    let (made, refused): (Vec<&Value>, Vec<&Value>) =
        payloads.partition(|payload| payload["secret"].is_string());
    assert_eq!((made.len(), refused.len()), (4, 4));
    assert!(refused.iter().all(|payload| payload["userErrors"][0]["code"] == "LIMIT_EXCEEDED"));
    app.stop().await;
}

#[tokio::test]
async fn an_endpoint_is_changed_switched_off_and_on_and_misses_nothing_it_was_to_get() {
    on_each_database_with(quick, async |app: TestApp| {
        let (old, mut new) = (Receiver::start().await, Receiver::start().await);
        let (admin, seller) = (admin(&app).await, app.seller(4).await);
        let product = own_product(&seller).await;
        let (id, secret) = endpoint(&admin, &old.url, &["review.*"]).await;
        let change = async |url: &str, enabled: Value| {
            let variables = json!({ "id": id, "url": url, "kinds": ["product.*"], "enabled": enabled });
            admin.ask(SAVE, variables).await["data"]["webhookEndpointSave"].clone()
        };

        let off = change(&new.url, json!(false)).await;
        rename(&seller, &product, "While it is off").await;
        new.is_left_alone().await;
        let still_off = change(&new.url, Value::Null).await;
        let on = change(&new.url, json!(true)).await;
        rename(&seller, &product, "While it is on").await;
        let got = new.next().await;

        assert_eq!(off["endpoint"]["enabled"], false, "{off}");
        assert_eq!(off["secret"], Value::Null, "the secret stays as it is");
        assert_eq!(still_off["endpoint"]["enabled"], false);
        let expected = json!({ "id": id, "url": new.url, "kinds": ["product.*"], "enabled": true });
        assert_eq!(on["endpoint"], expected);
        assert!(got.is_signed_with(&secret));
        new.is_left_alone().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn endpoints_and_deliveries_are_found_by_id_by_admins_only() {
    on_each_database_with(quick, async |app: TestApp| {
        let mut receiver = Receiver::start().await;
        let (admin, seller) = (admin(&app).await, app.seller(4).await);
        let (id, _) = endpoint(&admin, &receiver.url, &["product.*"]).await;
        rename(&seller, &own_product(&seller).await, "For a delivery").await;
        let event = receiver.next().await.id;
        let delivery = delivery(&admin, "DELIVERED").await["id"].clone();
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on WebhookEndpoint { url } \
            ... on WebhookDelivery { eventId } } }";
        let variables = json!({ "ids": [id, delivery] });

        let found = admin.ask(query, variables.clone()).await;
        let hidden = seller.ask(query, variables.clone()).await;
        let guest = app.guest().ask(query, variables).await;

        assert_eq!(found["data"]["nodes"], json!([{ "url": receiver.url }, { "eventId": event }]));
        assert_eq!(hidden["data"]["nodes"], json!([null, null]));
        assert_eq!(guest["data"]["nodes"], json!([null, null]));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn deliveries_are_paged_newest_first() {
    on_each_database_with(quick, async |app: TestApp| {
        let (mut one, mut other) = (Receiver::start().await, Receiver::start().await);
        let (admin, seller) = (admin(&app).await, app.seller(4).await);
        let product = own_product(&seller).await;
        for receiver in [&one, &other] {
            endpoint(&admin, &receiver.url, &["product.*"]).await;
        }
        for title in ["First", "Second", "Third"] {
            rename(&seller, &product, title).await;
        }
        let order: Vec<String> = one.take(3).await.into_iter().map(|got| got.id).collect();
        other.take(3).await;
        let query = "query($first: Int, $after: String) { webhookEndpoints { \
            deliveries(first: $first, after: $after) { nodes { eventId } \
            pageInfo { hasNextPage endCursor } } } }";
        let ids = |page: &Value| -> Vec<String> {
            let nodes = page["deliveries"]["nodes"].as_array().expect("a page").iter();
            nodes.map(|node| node["eventId"].as_str().expect("an id").to_owned()).collect()
        };

        let first = admin.ask(query, json!({ "first": 2 })).await;
        let first = &first["data"]["webhookEndpoints"];
        let after = &first[0]["deliveries"]["pageInfo"]["endCursor"];
        let rest = admin.ask(query, json!({ "first": 2, "after": after })).await;
        let rest = &rest["data"]["webhookEndpoints"];
        let bad = admin.ask(query, json!({ "after": "rubbish" })).await;

        let newest_first: BTreeSet<&String> = order[1..].iter().collect();
        assert_eq!(ids(&first[0]).iter().collect::<BTreeSet<_>>(), newest_first);
        assert_eq!(ids(&first[1]).len(), 2);
        assert_eq!(first[0]["deliveries"]["pageInfo"]["hasNextPage"], true);
        assert_eq!(ids(&rest[0]), [order[0].clone()]);
        assert_eq!(rest[0]["deliveries"]["pageInfo"]["hasNextPage"], false);
        assert_eq!(bad["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_else_manages_endpoints() {
    on_each_database(async |app: TestApp| {
        let admin = admin(&app).await;
        let variables = json!({ "url": "https://1.1.1.1/hooks", "kinds": ["product.*"] });

        let seller = app.seller(4).await.ask(SAVE, variables.clone()).await;
        let guest = app.guest().ask(SAVE, variables).await;

        assert_eq!(seller["errors"][0]["extensions"]["code"], "FORBIDDEN");
        assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        let endpoints = admin.ask("{ webhookEndpoints { id } }", json!({})).await;
        assert_eq!(endpoints["data"]["webhookEndpoints"], json!([]));
        app.stop().await;
    })
    .await;
}
