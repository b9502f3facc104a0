//! Refunds and returns: never more units than were bought, never more money than
//! was taken, each once.

use futures_util::future::join_all;
use kit::{Role, Viewer, ids::OrderId};
use serde_json::{Value, json};

use super::{
    desk::Desk,
    ports::{Moment, customer},
};

const REFUND: &str = "mutation($input: RefundInput!) { orderRefund(input: $input) { replayed order { \
    state lines { refundedQuantity cancelledQuantity } } userErrors { code field } } }";
const RESOLVE: &str = "mutation($id: ID!, $state: ReturnState!, $restock: Boolean) { \
    orderReturnResolve(returnId: $id, state: $state, restock: $restock) { order { returns { state } \
    lines { refundedQuantity returnedQuantity } } userErrors { code } } }";
const ASK: &str = "mutation($id: ID!, $lines: [LineQuantity!]!) { orderReturnRequest(id: $id, lines: \
    $lines, reason: \"Too big\") { order { returns { id state reason lines { quantity } } } userErrors { \
    code field } } }";

fn admin() -> Viewer {
    Viewer { roles: vec![Role::Admin], ..customer() }
}

async fn refund(desk: &Desk, staff: &Viewer, id: OrderId, key: &str, mut what: Value) -> Value {
    what["orderId"] = json!(id);
    what["reason"] = json!("Broken");
    what["idempotencyKey"] = json!(key);
    desk.payload(staff, REFUND, json!({ "input": what })).await
}

fn money(amount: i64) -> Value {
    json!({ "minorUnits": amount, "currency": "EUR" })
}

#[tokio::test]
async fn a_refund_of_lines_by_amount_and_of_the_rest_is_never_above_what_was_captured() {
    let desk = Desk::open().await;
    let (variant, staff) = (desk.variant(5), admin());
    let id = desk.paid(&customer(), &[(variant, 3)]).await;
    let line = desk.lines(id).await.remove(0);
    let units = |units: i32| json!({ "lines": [{ "lineId": line, "quantity": units }] });

    let one = refund(&desk, &staff, id, "1", units(1)).await;
    let repeated = refund(&desk, &staff, id, "1", units(1)).await;
    let part = refund(&desk, &staff, id, "2", json!({ "amount": money(700) })).await;
    let too_many = refund(&desk, &staff, id, "3", units(3)).await;
    let too_much = refund(&desk, &staff, id, "4", json!({ "amount": money(1_801) })).await;
    let rest = refund(&desk, &staff, id, "5", json!({})).await;
    let nothing = refund(&desk, &staff, id, "6", json!({})).await;

    let cancelled = json!([{ "refundedQuantity": 1, "cancelledQuantity": 1 }]);
    assert_eq!(one["order"], json!({ "state": "PAID", "lines": cancelled }));
    assert_eq!((&one["replayed"], &repeated["replayed"]), (&json!(false), &json!(true)));
    assert_eq!(part["userErrors"], json!([]));
    assert_eq!(
        too_many["userErrors"],
        json!([{ "code": "INVALID", "field": ["lines", "0", "quantity"] }])
    );
    assert_eq!(Desk::codes(&too_much), ["REFUND_EXCEEDS_CAPTURED"]);
    assert_eq!(rest["order"]["state"], "CANCELLED", "nothing is left to ship: {rest}");
    assert_eq!(Desk::codes(&nothing), ["FORBIDDEN_TRANSITION"]);
    let balance = desk.around.world().tills[&id].balance;
    assert_eq!((balance.captured, balance.refunded), (3_500, 3_500));
    assert_eq!(desk.around.world().on_hand[&variant], 2, "nobody said that the units are good");
}

#[tokio::test]
async fn refunds_at_once_give_back_what_was_captured_and_no_more() {
    let desk = Desk::open().await;
    let (variant, staff) = (desk.variant(5), admin());
    let id = desk.paid(&customer(), &[(variant, 3)]).await;

    let keys: Vec<String> = (0..20).map(|number| number.to_string()).collect();
    let refunds = keys.iter().map(|key| refund(&desk, &staff, id, key, json!({ "amount": money(500) })));
    let answers = join_all(refunds).await;

    let accepted = answers.iter().filter(|answer| answer["userErrors"] == json!([])).count();
    assert_eq!(accepted, 7);
    let balance = desk.around.world().tills[&id].balance;
    assert_eq!((balance.captured, balance.refunded), (3_500, 3_500));
    assert_eq!(desk.number("SELECT count(*) FROM order_refunds").await, 7);
    assert_eq!(
        desk.number("SELECT count(*) FROM idempotency_keys WHERE mutation = 'orderRefund'").await,
        7
    );
}

#[tokio::test]
async fn one_key_used_many_times_at_once_is_one_refund() {
    let desk = Desk::open().await;
    let (variant, staff) = (desk.variant(5), admin());
    let id = desk.paid(&customer(), &[(variant, 3)]).await;

    let refunds = (0..10).map(|_| refund(&desk, &staff, id, "k", json!({ "amount": money(500) })));
    let answers = join_all(refunds).await;

    assert!(answers.iter().all(|answer| answer["userErrors"] == json!([])), "{answers:?}");
    assert_eq!(answers.iter().filter(|answer| answer["replayed"] == false).count(), 1);
    assert_eq!(desk.around.world().tills[&id].balance.refunded, 500);
}

#[tokio::test]
async fn a_refund_that_dies_at_any_step_is_finished_by_the_worker() {
    for moment in [Moment::Before, Moment::After] {
        for calls in 0..2 {
            let desk = Desk::open().await;
            let (variant, staff) = (desk.variant(5), admin());
            let id = desk.paid(&customer(), &[(variant, 3)]).await;
            let line = desk.lines(id).await.remove(0);
            let what = json!({
                "lines": [{ "lineId": line, "quantity": 1 }], "restock": true, "orderId": id,
                "reason": "Broken", "idempotencyKey": "k",
            });
            desk.around.die_after(calls, moment);
            desk.ask(&staff, REFUND, json!({ "input": what })).await;
            desk.around.revive();

            desk.minutes(1);
            desk.service.look().await;
            desk.service.look().await;

            let world = desk.around.world();
            assert_eq!(world.tills[&id].balance.refunded, 1_000, "{moment:?} {calls}");
            assert_eq!(world.on_hand[&variant], 3, "{moment:?} {calls}");
        }
    }
}

#[tokio::test]
async fn cancel_and_refund_put_back_exactly_what_was_taken() {
    let desk = Desk::open().await;
    let (variant, staff, buyer) = (desk.variant(5), admin(), customer());
    let id = desk.paid(&buyer, &[(variant, 3)]).await;
    let line = desk.lines(id).await.remove(0);
    let units = json!({ "lines": [{ "lineId": line, "quantity": 2 }], "restock": true });
    refund(&desk, &staff, id, "1", units).await;
    assert_eq!(desk.around.world().on_hand[&variant], 4);

    let cancel = "mutation($id: ID!) { orderCancel(id: $id, reason: \"No\") { userErrors { code } } }";
    let first = desk.payload(&buyer, cancel, json!({ "id": id })).await;
    let again = desk.payload(&buyer, cancel, json!({ "id": id })).await;

    assert_eq!(
        (Desk::codes(&first).len(), Desk::codes(&again)),
        (0, vec!["FORBIDDEN_TRANSITION".to_owned()])
    );
    assert_eq!(desk.around.world().on_hand[&variant], 5);
    let balance = desk.around.world().tills[&id].balance;
    assert_eq!(balance.refunded, balance.captured);
}

#[tokio::test]
async fn a_return_moves_along_its_table_and_is_paid_back_once() {
    let desk = Desk::open().await;
    let (variant, staff, buyer) = (desk.variant(5), admin(), customer());
    let id = desk.paid(&buyer, &[(variant, 3)]).await;
    let line = desk.lines(id).await.remove(0);
    let lines = |units: i32| json!({ "id": id, "lines": [{ "lineId": line, "quantity": units }] });
    let early = desk.payload(&buyer, ASK, lines(1)).await;
    assert_eq!(Desk::codes(&early), ["FORBIDDEN_TRANSITION"]);
    desk.ship(&staff, id, &line, 2).await;
    let too_many = desk.payload(&buyer, ASK, lines(3)).await;
    assert_eq!(Desk::codes(&too_many), ["INVALID"]);
    let asked = desk.payload(&buyer, ASK, lines(2)).await;
    let back = asked["order"]["returns"][0]["id"].clone();
    let resolve = async |state: &str, restock: bool| {
        let variables = json!({ "id": back, "state": state, "restock": restock });
        desk.payload(&staff, RESOLVE, variables).await
    };

    for early in ["REQUESTED", "RECEIVED", "REFUNDED"] {
        assert_eq!(Desk::codes(&resolve(early, false).await), ["FORBIDDEN_TRANSITION"], "{early}");
    }
    assert_eq!(Desk::codes(&resolve("APPROVED", true).await), ["INVALID"]);
    assert_eq!(Desk::codes(&resolve("APPROVED", false).await), Vec::<String>::new());
    assert_eq!(Desk::codes(&resolve("REJECTED", false).await), ["FORBIDDEN_TRANSITION"]);
    assert_eq!(Desk::codes(&resolve("RECEIVED", true).await), Vec::<String>::new());
    assert_eq!(desk.around.world().on_hand[&variant], 4);
    let paid = join_all((0..5).map(|_| resolve("REFUNDED", false))).await;

    assert_eq!(paid.iter().filter(|answer| Desk::codes(answer).is_empty()).count(), 1, "{paid:?}");
    assert_eq!(desk.around.world().tills[&id].balance.refunded, 2_000);
    let again = desk.payload(&buyer, ASK, lines(1)).await;
    assert_eq!(Desk::codes(&again), ["INVALID"], "what came back does not come back twice");
}
