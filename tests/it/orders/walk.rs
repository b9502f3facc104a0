//! The README's walk through a purchase, exactly as it stands there.

use serde_json::{Value, json};
use tests::{TestApp, on_each_database};

use super::variant;
use crate::{accounts::data, schema};

#[tokio::test(flavor = "multi_thread")]
async fn the_readmes_walk_through_a_purchase_works_as_pasted() {
    on_each_database(async |app: TestApp| {
        let operations = schema::operations(&schema::readme().purchase);
        let [find, create, ready, checkout, pay, order, cancel] = operations.as_slice() else {
            panic!("the walk has other steps: {operations:#?}");
        };
        variant(&app, 0, 20).await;
        let guest = app.guest();
        let step = async |operation: &str, variables: Value| {
            let answer = data(&guest, operation, variables).await;
            for payload in answer.as_object().expect("data").values() {
                assert_ne!(*payload, Value::Null, "{operation}");
                assert!(payload.get("userErrors").is_none_or(|errors| *errors == json!([])), "{answer}");
            }
            answer
        };

        let found = step(find, json!({})).await;
        let variant = &found["products"]["nodes"][0]["variants"]["nodes"][0]["id"];
        let created = step(create, json!({ "variant": variant })).await;
        let token = &created["cartCreate"]["cart"]["token"];
        let ready = step(ready, json!({ "token": token })).await["cartShippingSelect"]["cart"].take();
        let total = &ready["totals"]["total"]["minorUnits"];
        let variables = json!({ "token": token, "version": ready["version"], "total": total });
        let placed = step(checkout, variables).await["checkout"].take();
        let payment = &placed["order"]["payments"][0]["id"];
        let secret = &placed["guestSecret"];
        let paid = step(pay, json!({ "payment": payment, "secret": secret })).await;
        assert_eq!(paid["paymentConfirm"]["payment"]["order"]["state"], "PAID");
        let variables = json!({ "id": placed["order"]["id"], "secret": secret });
        let seen = step(order, variables.clone()).await["order"].take();
        assert_eq!((&seen["state"], &seen["paymentStatus"]), (&json!("PAID"), &json!("CAPTURED")));
        let invoice = guest.get(seen["invoiceUrl"].as_str().expect("an address")).await;
        assert_eq!(invoice.status, 200);
        let cancelled = step(cancel, variables).await;
        assert_eq!(cancelled["orderCancel"]["order"]["state"], "CANCELLED");
        app.stop().await;
    })
    .await;
}
