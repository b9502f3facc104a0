//! What happens when an endpoint fails, and that nothing is sent twice without
//! need.

use std::collections::{BTreeMap, BTreeSet};

use tests::on_each_database_with;

use super::*;
use crate::events::{own_product, rename};

#[tokio::test]
async fn a_failed_delivery_is_sent_again_under_the_same_id() {
    on_each_database_with(quick, async |app: TestApp| {
        let mut receiver = Receiver::start().await;
        let (admin, seller) = (admin(&app).await, app.seller(4).await);
        let (_, secret) = endpoint(&admin, &receiver.url, &["product.*"]).await;
        receiver.answers(&[500, 503]);

        rename(&seller, &own_product(&seller).await, "Told thrice").await;
        let got = receiver.take(3).await;
        let delivered = delivery(&admin, "DELIVERED").await;

        assert!(got.iter().all(|got| got.is_signed_with(&secret)));
        assert!(got.iter().all(|again| again.id == got[0].id && again.text == got[0].text));
        assert_eq!((&delivered["attempts"], &delivered["lastStatus"]), (&json!(3), &json!(200)));
        assert_eq!(delivered["eventId"], json!(got[0].id));
        receiver.is_left_alone().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_delivery_that_keeps_failing_is_given_up_and_can_be_sent_again() {
    let twice = |config: &mut Config| {
        quick(config);
        config.webhooks.attempts = 2;
    };
    on_each_database_with(twice, async |app: TestApp| {
        let mut receiver = Receiver::start().await;
        let (admin, seller) = (admin(&app).await, app.seller(4).await);
        endpoint(&admin, &receiver.url, &["product.*"]).await;
        receiver.answers(&[500, 404]);
        let redeliver = "mutation($id: ID!) { webhookRedeliver(deliveryId: $id) { \
            delivery { id eventId state attempts } userErrors { code } } }";

        rename(&seller, &own_product(&seller).await, "Nobody listens").await;
        let first = receiver.take(2).await;
        let dead = delivery(&admin, "DEAD").await;
        receiver.is_left_alone().await;
        let requeued = admin.ask(redeliver, json!({ "id": dead["id"] })).await;
        let again = receiver.next().await;
        let delivered = delivery(&admin, "DELIVERED").await;

        let expected = json!({ "id": dead["id"], "eventId": first[0].id, "kind": "product.changed",
            "state": "DEAD", "attempts": 2, "lastStatus": 404, "lastError": "answered 404",
            "nextAttemptAt": null });
        assert_eq!(dead, expected);
        let expected = json!({ "delivery": { "id": dead["id"], "eventId": first[0].id,
            "state": "PENDING", "attempts": 0 }, "userErrors": [] });
        assert_eq!(requeued["data"]["webhookRedeliver"], expected, "{requeued}");
        assert_eq!((&again.id, &again.text), (&first[0].id, &first[0].text));
        assert_eq!((&delivered["id"], &delivered["attempts"]), (&dead["id"], &json!(1)));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_one_product_did_arrives_in_order_and_others_do_not_wait_for_it() {
    on_each_database_with(quick, async |app: TestApp| {
        let mut receiver = Receiver::start().await;
        let admin = admin(&app).await;
        let (ada, eve) = (app.seller(4).await, app.seller(5).await);
        let (one, other) = (own_product(&ada).await, own_product(&eve).await);
        endpoint(&admin, &receiver.url, &["product.*"]).await;
        receiver.answers(&[500, 500, 500]);

        rename(&ada, &one, "First").await;
        let failed = receiver.next().await;
        rename(&ada, &one, "Second").await;
        rename(&ada, &one, "Third").await;
        rename(&eve, &other, "Another").await;
        // Three failures, then three of the one product and one of the other.
        let got = receiver.take(6).await;

        let of_one: Vec<&Got> =
            [&failed].into_iter().chain(&got).filter(|got| got.product() == one).collect();
        let mut ids: Vec<&str> = of_one.iter().map(|got| got.id.as_str()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 3, "each product's events in order, none before its turn: {of_one:?}");
        assert!(ids.is_sorted(), "{ids:?}");
        assert!(got.iter().any(|got| got.product() == other));
        receiver.is_left_alone().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let once = |config: &mut Config| {
        quick(config);
        config.webhooks.attempts = 1;
    };
    on_each_database_with(once, async |app: TestApp| {
        let mut receiver = Receiver::start().await;
        let (admin, seller) = (admin(&app).await, app.seller(4).await);
        endpoint(&admin, &receiver.url, &["product.*"]).await;
        receiver.answers(&[307]);

        rename(&seller, &own_product(&seller).await, "Over there").await;
        receiver.next().await;
        let dead = delivery(&admin, "DEAD").await;

        assert_eq!(dead["lastStatus"], 307);
        receiver.is_left_alone().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_endpoint_that_never_answers_does_not_hold_up_the_others() {
    let impatient = |config: &mut Config| {
        quick(config);
        config.webhooks.timeout = Duration::from_secs(5);
    };
    on_each_database_with(impatient, async |app: TestApp| {
        let (mut slow, mut quick) = (Receiver::start().await, Receiver::start().await);
        let (admin, seller) = (admin(&app).await, app.seller(4).await);
        slow.answers(&[NEVER; 50]);
        endpoint(&admin, &slow.url, &["product.*"]).await;
        endpoint(&admin, &quick.url, &["product.*"]).await;
        let product = own_product(&seller).await;

        rename(&seller, &product, "First").await;
        slow.next().await;
        let start = std::time::Instant::now();
        rename(&seller, &product, "Second").await;
        quick.take(2).await;

        assert!(start.elapsed() < Duration::from_secs(5), "it waited for the slow one");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_endpoint_that_does_nothing_but_fail_is_switched_off() {
    let strict = |config: &mut Config| {
        quick(config);
        config.webhooks.disable_after = Duration::from_millis(200);
    };
    on_each_database_with(strict, async |app: TestApp| {
        let mut receiver = Receiver::start().await;
        let (admin, seller) = (admin(&app).await, app.seller(4).await);
        let (id, _) = endpoint(&admin, &receiver.url, &["product.*"]).await;
        receiver.answers(&[500; 50]);
        let product = own_product(&seller).await;

        rename(&seller, &product, "Nobody listens").await;
        let off = async {
            while only_endpoint(&admin).await["enabled"] == true {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), off).await.expect("it is switched off");
        while receiver.requests.try_recv().is_ok() {}
        receiver.is_left_alone().await;
        let waiting = only_endpoint(&admin).await["deliveries"]["nodes"][0].clone();
        let redeliver =
            "mutation($id: ID!) { webhookRedeliver(deliveryId: $id) { userErrors { code } } }";
        let refused = admin.ask(redeliver, json!({ "id": waiting["id"] })).await;

        assert_eq!(waiting["state"], "RETRYING", "it is not lost");
        let code = &refused["data"]["webhookRedeliver"]["userErrors"][0]["code"];
        assert_eq!(code, "FORBIDDEN_TRANSITION", "{refused}");
        receiver.answers.lock().expect("no poison").clear();
        let on = json!({ "id": id, "url": receiver.url, "kinds": ["product.*"], "enabled": true });
        admin.ask(SAVE, on).await;
        assert_eq!(receiver.next().await.product(), product);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn two_instances_deliver_each_event_once() {
    on_each_database_with(quick, async |app: TestApp| {
        let mut receiver = Receiver::start().await;
        let admin = admin(&app).await;
        let mut config = Config::default();
        config.database.url = app.database_url().into();
        config.files.url = app.files().display().to_string();
        quick(&mut config);
        let second = gateway::App::start(config, gateway::Extra::default()).await.expect("it starts");
        endpoint(&admin, &receiver.url, &["product.*"]).await;

        let mut products = BTreeSet::new();
        for index in 0..5 {
            let seller = app.seller(index).await;
            let product = own_product(&seller).await;
            for number in 0..4 {
                rename(&seller, &product, &format!("Title {number}")).await;
            }
            products.insert(product);
        }
        let got = receiver.take(20).await;
        receiver.is_left_alone().await;

        let mut by_product: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for got in got {
            by_product.entry(got.product()).or_default().push(got.id);
        }
        assert_eq!(by_product.keys().cloned().collect::<BTreeSet<_>>(), products);
        for ids in by_product.values() {
            assert_eq!(ids.len(), 4, "each once: {ids:?}");
            assert!(ids.is_sorted_by(|one, next| one < next), "in order: {ids:?}");
        }
        second.stop().await;
        app.stop().await;
    })
    .await;
}
