//! Random sequences of calls by everybody who may call: only moves of the table
//! happen, what an order says is possible is what succeeds, units and money stay
//! within what was bought, and the history replays to the state.

use std::collections::HashMap;

use entities::{
    ids::OrderId,
    orders::{OrderState, line, order, transition},
};
use kit::{Role, Viewer, seed::Choices};
use serde_json::{Value, json};

use super::{
    desk::Desk,
    ports::{Hold, customer},
};
use crate::service::MOVES;

const ALLOWED: &str = "query($id: ID!) { order(id: $id) { state allowedTransitions lines { id quantity \
    fulfilledQuantity cancelledQuantity } } }";
const CANCEL: &str = "mutation($id: ID!) { orderCancel(id: $id, reason: \"No\") { order { state } \
    userErrors { code } } }";
const ASK: &str = "mutation($id: ID!, $lines: [LineQuantity!]!) { orderReturnRequest(id: $id, lines: \
    $lines, reason: \"No\") { userErrors { code } } }";
const REFUND: &str =
    "mutation($input: RefundInput!) { orderRefund(input: $input) { userErrors { code } } }";
const SHIP: &str = "mutation($id: ID!, $lines: [LineQuantity!]!) { orderFulfil(id: $id, lines: $lines) { \
    order { state } userErrors { code } } }";

/// Everybody who has to do with an order.
struct People(Vec<(&'static str, Viewer)>);

impl People {
    async fn of(desk: &Desk, buyer: Viewer, id: OrderId) -> Self {
        let mut people = vec![("buyer", buyer), ("stranger", customer())];
        for seller in desk.sellers(id).await {
            let viewer = Viewer { roles: vec![Role::Customer, Role::Seller], ..customer() };
            desk.around.world().sellers.insert(viewer.user.expect("signed in"), seller);
            people.push(("seller", viewer));
        }
        people.push(("support", Viewer { roles: vec![Role::Support], ..customer() }));
        people.push(("admin", Viewer { roles: vec![Role::Admin], ..customer() }));
        Self(people)
    }
}

/// Whether a mutation changed something; nothing for who may not ask it.
fn succeeded(answer: &Value) -> bool {
    let payload = answer["data"].as_object().and_then(|data| data.values().next().cloned());
    payload.is_some_and(|payload| payload["userErrors"] == json!([]))
}

async fn check(desk: &Desk, id: OrderId, bought: &HashMap<String, i32>) {
    let db = desk.db.read();
    let row = order::find(db, id).await.expect("a query").expect("the order");
    let history = transition::of_orders(db, &[id]).await.expect("a query");
    let mut state = OrderState::Placing;
    for (index, row) in history.iter().enumerate() {
        assert_eq!(row.sequence, i32::try_from(index).expect("few") + 1);
        assert_eq!(row.from_state.unwrap_or(OrderState::Placing), state, "the history has no hole");
        assert!(MOVES.contains(&(state, row.to_state)), "{state:?} {:?}", row.to_state);
        state = row.to_state;
    }
    assert_eq!(state, row.state, "the history replays to the state");
    assert_eq!(row.moves, i32::try_from(history.len()).expect("few"));
    for line in line::of_orders(db, &[id]).await.expect("a query") {
        assert_eq!(line.quantity, bought[&line.id.to_string()]);
        assert!(
            line.shipped - line.returned + line.cancelled + line.returned <= line.quantity,
            "{line:?}"
        );
        assert!(line.refunded <= line.quantity && line.returned <= line.shipped, "{line:?}");
    }
    let world = desk.around.world();
    let balance = world.tills.get(&id).map(|till| till.balance).unwrap_or_default();
    assert!(balance.refunded <= balance.captured && balance.captured <= balance.authorized);
    for ((order, variant), units) in &world.restocked {
        let Some(Hold::Taken(taken)) = world.holds.get(order) else { panic!("only what was taken") };
        let taken: i32 =
            taken.iter().filter(|units| units.variant_id == *variant).map(|units| units.quantity).sum();
        assert!(*units <= taken, "{units} of {taken} units were put back");
    }
}

/// The open units of the lines that this viewer may ship, as the viewer sees it.
fn open(order: &Value) -> Vec<Value> {
    let lines = order["lines"].as_array().into_iter().flatten();
    lines
        .filter_map(|line| {
            let number = |name: &str| line[name].as_i64().expect("a number");
            let open = number("quantity") - number("fulfilledQuantity") - number("cancelledQuantity");
            (open > 0).then(|| json!({ "lineId": line["id"], "quantity": open }))
        })
        .collect()
}

#[tokio::test]
async fn whoever_calls_whatever_only_the_tables_moves_happen_and_exactly_the_allowed_succeed() {
    for run in 0..12 {
        let desk = Desk::open().await;
        let mut choices = Choices::new("sequence", run);
        let units = [(desk.variant(9), 3), (desk.variant(9), 2)];
        let buyer = customer();
        let id = desk.place(&buyer, &units).await;
        let bought: HashMap<String, i32> =
            desk.lines(id).await.into_iter().zip(units.map(|(_, quantity)| quantity)).collect();
        let people = People::of(&desk, buyer, id).await;
        for step in 0..25 {
            let (name, viewer) = choices.of(&people.0).clone();
            let before = desk.payload(&viewer, ALLOWED, json!({ "id": id })).await;
            let allowed: Vec<&str> = before["allowedTransitions"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let line = choices.of(&desk.lines(id).await).clone();
            let some = json!([{ "lineId": line, "quantity": 1 + choices.below(2) }]);
            let at = format!("run {run}, step {step}: {name} {before}");
            match choices.below(9) {
                0 if step > 6 => {
                    let done = desk.ask(&viewer, CANCEL, json!({ "id": id })).await;
                    assert_eq!(succeeded(&done), allowed.contains(&"CANCELLED"), "{at} {done}");
                }
                1..=2 => {
                    let done = desk.ask(&viewer, SHIP, json!({ "id": id, "lines": some })).await;
                    let may = allowed.contains(&"FULFILLING") || allowed.contains(&"FULFILLED");
                    // More may be open of it than one unit, and less than two; while others
                    // still have to ship, what is shipped moves nothing.
                    assert!(!succeeded(&done) || may || before["state"] == "FULFILLING", "{at} {done}");
                }
                3 => {
                    let all = open(&before);
                    let done = desk.ask(&viewer, SHIP, json!({ "id": id, "lines": all })).await;
                    let is_last = done["data"]["orderFulfil"]["order"]["state"] == "FULFILLED";
                    if name != "buyer" && name != "support" {
                        assert_eq!(is_last, allowed.contains(&"FULFILLED"), "{at} {done}");
                    }
                }
                4 => {
                    desk.ask(&viewer, ASK, json!({ "id": id, "lines": some })).await;
                }
                5 if step > 3 => {
                    let input = json!({
                        "orderId": id, "lines": some, "restock": choices.chance(50), "reason": "No",
                        "idempotencyKey": step.to_string(),
                    });
                    desk.ask(&viewer, REFUND, json!({ "input": input })).await;
                }
                6 => {
                    let is_open = desk.state(id).await == "PENDING_PAYMENT";
                    if is_open {
                        desk.around.pay(id, desk.total(id).await);
                    }
                    desk.service.settle_order(id).await.expect("settled");
                }
                7 => desk.service.look().await,
                _ => desk.minutes(1),
            }
            check(&desk, id, &bought).await;
        }
        desk.minutes(31);
        desk.service.look().await;
        desk.service.look().await;
        check(&desk, id, &bought).await;
        assert_ne!(desk.state(id).await, "PENDING_PAYMENT");
    }
}

#[test]
fn no_move_leads_back_or_out_of_an_end() {
    for (from, to) in MOVES {
        assert!(!MOVES.contains(&(*to, *from)));
        assert!(!matches!(from, OrderState::Cancelled | OrderState::Expired | OrderState::Completed));
    }
}
