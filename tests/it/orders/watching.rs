//! The stream of an account's orders, and of one: nothing twice, nothing missed,
//! nothing foreign.

use serde_json::{Value, json};
use tests::{Socket, TestApp, on_each_database_with};

use super::{paid, pay, placed, quick, text, variant};

const EVENTS: &str = "subscription($id: ID, $after: String, $secret: String) { orderEvents(orderId: $id, \
    after: $after, guestSecret: $secret) { cursor order { id } transition { from to } } }";

async fn next(socket: &mut Socket) -> Value {
    let wait = tokio::time::timeout(std::time::Duration::from_secs(20), socket.next());
    let mut message = wait.await.expect("in time").expect("a message");
    assert_eq!(message["type"], "next", "{message}");
    let event = message["payload"]["data"]["orderEvents"].take();
    assert!(event.is_object(), "{message}");
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn a_watcher_resumes_behind_any_event_of_its_own_orders() {
    on_each_database_with(quick, async |app: TestApp| {
        let buyer = app.sign_in(&app.email(60).await).await;
        let variant = variant(&app, 0, 20).await;
        let served = app.serve().await;
        let mut all = Socket::subscribed(&served, &buyer, EVENTS, json!({})).await;
        let mine = placed(&buyer, &[(&variant, 1)]).await;
        // Somebody else buys, too.
        paid(&app.guest(), &[(&variant, 1)]).await;
        pay(&buyer, &mine, "tok_success", "pay").await;

        let first = next(&mut all).await;
        let second = next(&mut all).await;
        let mut one = Socket::subscribed(
            &served,
            &buyer,
            EVENTS,
            json!({ "id": mine.id, "after": first["cursor"] }),
        )
        .await;
        let again = next(&mut one).await;

        assert_eq!(first["order"]["id"], json!(mine.id));
        assert_eq!(first["transition"], json!({ "from": null, "to": "PENDING_PAYMENT" }));
        assert_eq!(second["order"]["id"], json!(mine.id), "a stranger's order is not told");
        assert_eq!(second["transition"], json!({ "from": "PENDING_PAYMENT", "to": "PAID" }));
        assert_eq!(again, second);
        drop((all, one, served));
        app.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_watches_an_order_by_its_secret_and_nobody_without_it() {
    on_each_database_with(quick, async |app: TestApp| {
        let guest = app.guest();
        let variant = variant(&app, 0, 20).await;
        let order = placed(&guest, &[(&variant, 1)]).await;
        let served = app.serve().await;
        let with = json!({ "id": order.id, "secret": order.secret });
        let mut watched = Socket::subscribed(&served, &guest, EVENTS, with).await;
        let mut refused = Socket::subscribed(&served, &guest, EVENTS, json!({ "id": order.id })).await;
        let refusal = refused.next().await.expect("an answer");
        // The subscription is there before the payment.
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;

        pay(&guest, &order, "tok_success", "pay").await;

        let told = next(&mut watched).await;
        assert_eq!(text(&told["transition"]["to"]), "PAID");
        let code = refusal.to_string();
        assert!(code.contains("BAD_USER_INPUT") && code.contains("order not found"), "{code}");
        drop((watched, refused, served));
        app.stop().await;
    })
    .await;
}
