//! Who sees a payment, and who hears of it.

use serde_json::{Value, json};
use tests::{Socket, on_each_database, on_each_database_with};

use super::{Till, confirm, quick};
use crate::accounts::data;

const NODE: &str = "query($id: ID!) { node(id: $id) { id ... on Payment { state provider amount { \
    minorUnits currency } order { id } refunds { id amount { minorUnits } state reason } } } }";
const FOLLOW: &str = "subscription($id: ID!, $secret: String, $after: String) { paymentUpdated(paymentId: \
    $id, guestSecret: $secret, after: $after) { state refunded { minorUnits } } }";

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_seen_by_its_payer_and_by_staff() {
    on_each_database(async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let stranger = till.app.sign_in(&till.app.email(61).await).await;
        let support = till.app.sign_in("sami-support@demo.example").await;
        let open = till.open_for(&buyer).await;
        let id = json!({ "id": open.id });

        let own = data(&buyer, NODE, id.clone()).await;
        let staff = data(&support, NODE, id.clone()).await;

        assert_eq!(
            own["node"],
            json!({
                "id": open.id, "state": "REQUIRES_ACTION", "provider": "sandbox",
                "amount": { "minorUnits": 2_000, "currency": "EUR" },
                "order": { "id": open.order }, "refunds": [],
            })
        );
        assert_eq!(staff, own);
        for client in [stranger, till.app.guest()] {
            assert_eq!(data(&client, NODE, id.clone()).await["node"], Value::Null);
        }
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_is_followed_to_its_end() {
    on_each_database_with(quick, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let served = till.app.serve().await;
        let open = till.open_for(&buyer).await;
        let after = crate::messages::now(&till.app).await;
        let variables = json!({ "id": open.id, "after": after });
        let mut own = Socket::subscribed(&served, &buyer, FOLLOW, variables).await;

        confirm(&buyer, open.id, "tok_success", "a").await;
        assert_eq!(own.event("paymentUpdated").await["state"], "CAPTURED");
        till.port.refund(open.order, "part", 500, "broken").await.expect("accepted");
        till.port.call_off(open.order, "cancelled").await.expect("called off");

        loop {
            let event = own.event("paymentUpdated").await;
            if event == json!({ "state": "REFUNDED", "refunded": { "minorUnits": 2_000 } }) {
                break;
            }
        }
        loop {
            let message = own.next().await.expect("an open socket");
            if message["type"] == "complete" {
                break;
            }
        }
        till.stop().await;
    })
    .await;
}
