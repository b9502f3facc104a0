//! Payment and expiry at the same instant, late money, free orders, and a provider
//! that is away.

use kit::{
    Role, Viewer,
    ports::{PaymentWatcher as _, Stock as _},
};
use serde_json::json;

use super::{
    desk::Desk,
    ports::{Hold, customer},
};

#[tokio::test]
async fn of_payment_and_expiry_at_once_one_wins() {
    for round in 0..20 {
        let desk = Desk::open().await;
        let variant = desk.variant(5);
        let id = desk.place(&customer(), &[(variant, 2)]).await;
        desk.around.pay(id, desk.total(id).await);

        let (paid, expired) = match round % 2 {
            0 => tokio::join!(desk.service.settle_order(id), desk.service.expire(id)),
            _ => {
                let (expired, paid) =
                    tokio::join!(desk.service.expire(id), desk.service.settle_order(id));
                (paid, expired)
            }
        };
        paid.expect("settled");
        expired.expect("expired");

        let state = desk.state(id).await;
        let world = desk.around.world();
        let balance = world.tills[&id].balance;
        match state.as_str() {
            "PAID" => {
                assert!(matches!(world.holds[&id], Hold::Taken(_)));
                assert_eq!((world.on_hand[&variant], balance.refunded), (3, 0));
            }
            "EXPIRED" => {
                assert_eq!(world.holds[&id], Hold::Released);
                assert_eq!((world.on_hand[&variant], balance.refunded), (5, balance.captured));
            }
            other => panic!("{other}"),
        }
    }
}

#[tokio::test]
async fn money_that_comes_after_the_end_goes_back() {
    let desk = Desk::open().await;
    let variant = desk.variant(5);
    let id = desk.place(&customer(), &[(variant, 2)]).await;
    let total = desk.total(id).await;
    desk.minutes(31);
    desk.service.look().await;
    desk.around.world().tills.get_mut(&id).expect("a till").is_off = false;
    desk.around.pay(id, total);

    desk.service.settle_order(id).await.expect("settled");

    assert_eq!(desk.state(id).await, "EXPIRED");
    assert_eq!(desk.around.world().tills[&id].balance.refunded, total);
}

#[tokio::test]
async fn units_that_the_stock_released_by_itself_end_the_order() {
    let desk = Desk::open().await;
    let variant = desk.variant(5);
    let id = desk.place(&customer(), &[(variant, 2)]).await;
    desk.around.release(id).await.expect("released");
    desk.around.pay(id, desk.total(id).await);

    desk.service.settle_order(id).await.expect("settled");

    assert_eq!(desk.state(id).await, "EXPIRED");
    let balance = desk.around.world().tills[&id].balance;
    assert_eq!(balance.refunded, balance.captured);
}

#[tokio::test]
async fn an_order_is_paid_once_however_often_it_is_settled() {
    let desk = Desk::open().await;
    let variant = desk.variant(5);
    let id = desk.paid(&customer(), &[(variant, 2)]).await;
    let settle = (0..10).map(|_| desk.service.settle_order(id));
    for settled in futures_util::future::join_all(settle).await {
        settled.expect("settled");
    }

    assert_eq!(desk.number("SELECT count(*) FROM events WHERE kind = 'order.paid'").await, 1);
    assert_eq!(desk.number("SELECT value FROM order_counters WHERE name = 'invoice'").await, 1);
    assert_eq!(desk.number("SELECT count(*) FROM order_transitions").await, 2);
    assert_eq!(desk.around.world().on_hand[&variant], 3);
}

#[tokio::test]
async fn an_order_is_payable_while_it_waits_for_its_money() {
    let desk = Desk::open().await;
    let variant = desk.variant(5);
    let viewer = customer();
    let id = desk.place(&viewer, &[(variant, 1)]).await;
    assert!(desk.service.is_payable(id).await.expect("an answer"));
    desk.minutes(30);
    assert!(!desk.service.is_payable(id).await.expect("an answer"));

    let paid = desk.paid(&viewer, &[(variant, 1)]).await;
    assert!(!desk.service.is_payable(paid).await.expect("an answer"));
}

#[tokio::test]
async fn part_of_the_money_does_not_pay_an_order() {
    let desk = Desk::open().await;
    let variant = desk.variant(5);
    let id = desk.place(&customer(), &[(variant, 2)]).await;
    desk.around.pay(id, desk.total(id).await - 1);

    desk.service.settle_order(id).await.expect("settled");

    assert_eq!(desk.state(id).await, "PENDING_PAYMENT");
}

#[tokio::test]
async fn an_order_of_nothing_to_pay_is_paid_at_once_and_no_payment_is_opened() {
    let desk = Desk::open().await;
    let variant = desk.variant(5);
    let cart = desk.cart(&[(variant, 2)]);
    {
        let mut world = desk.around.world();
        let cart = &mut world.baskets.get_mut(&cart).expect("there").cart;
        cart.lines[0].order_discount = 2_000;
        cart.shipping.as_mut().expect("a rate").price = 0;
        cart.total = 0;
    }

    let placed = desk.checkout(&customer(), cart, "k").await.expect("no failure").expect("placed");

    assert_eq!(desk.state(placed.id).await, "PAID");
    assert_eq!(desk.around.world().on_hand[&variant], 3);
    assert!(desk.around.world().tills.is_empty());
}

#[tokio::test]
async fn while_the_provider_is_away_an_order_is_placed_and_holds_its_units() {
    let desk = Desk::open().await;
    let variant = desk.variant(5);
    let (viewer, cart) = (customer(), desk.cart(&[(variant, 2)]));
    desk.around.world().is_provider_away = true;

    let first = desk.checkout(&viewer, cart, "k").await.expect("no failure").expect("placed");
    let again = desk.checkout(&viewer, cart, "k").await;

    assert!(first.is_payment_late);
    assert_eq!(desk.state(first.id).await, "PENDING_PAYMENT");
    assert_eq!(desk.around.world().reserved(variant), 2);
    assert!(again.is_ok(), "the cart is gone and the key answers");
}

#[tokio::test]
async fn a_shipped_order_is_completed_unless_something_comes_back() {
    let desk = Desk::open().await;
    let variant = desk.variant(5);
    let buyer = customer();
    let admin = Viewer { roles: vec![Role::Admin], ..customer() };
    let id = desk.paid(&buyer, &[(variant, 2)]).await;
    let line = desk.lines(id).await.remove(0);
    let shipped = desk.ship(&admin, id, &line, 2).await;
    assert_eq!(shipped["order"]["state"], "FULFILLED", "{shipped}");
    let ask = "mutation($id: ID!, $lines: [LineQuantity!]!) { orderReturnRequest(id: $id, lines: $lines, \
        reason: \"Too big\") { order { returns { id } } userErrors { code } } }";
    let lines = json!([{ "lineId": line, "quantity": 1 }]);
    let asked = desk.payload(&buyer, ask, json!({ "id": id, "lines": lines })).await;
    let back = asked["order"]["returns"][0]["id"].clone();

    desk.minutes(14 * 24 * 60 + 1);
    desk.service.look().await;
    assert_eq!(desk.state(id).await, "FULFILLED", "something may come back");
    let reject = "mutation($id: ID!) { orderReturnResolve(returnId: $id, state: REJECTED) { userErrors { code } } }";
    let rejected = desk.payload(&admin, reject, json!({ "id": back })).await;
    assert_eq!(rejected["userErrors"], json!([]));
    desk.service.look().await;

    assert_eq!(desk.state(id).await, "COMPLETED");
    let late = desk.payload(&buyer, ask, json!({ "id": id, "lines": lines })).await;
    assert_eq!(Desk::codes(&late), ["FORBIDDEN_TRANSITION"]);
}
