//! Checkouts that break off: whatever the step at which a process dies, the order
//! is placed or undone in the end, and no unit is lost.

use std::collections::HashSet;

use futures_util::future::join_all;
use kit::{Outcome, UserError, UserErrorCode};

use super::{
    desk::Desk,
    ports::{Hold, Moment, customer},
};
use crate::service::Placed;

fn codes(outcome: &Outcome<Placed>) -> Vec<UserErrorCode> {
    outcome.as_ref().err().into_iter().flatten().map(UserError::stable_code).collect()
}

async fn no_order_is_left(desk: &Desk) {
    for table in
        ["orders", "order_lines", "order_parts", "order_transitions", "idempotency_keys", "events"]
    {
        assert_eq!(desk.number(&format!("SELECT count(*) FROM {table}")).await, 0, "{table}");
    }
}

#[tokio::test]
async fn a_checkout_that_dies_at_any_step_is_finished_by_the_worker() {
    for moment in [Moment::Before, Moment::After] {
        for calls in 0..4 {
            let desk = Desk::open().await;
            let variant = desk.variant(5);
            let (viewer, cart) = (customer(), desk.cart(&[(variant, 2)]));
            desk.around.die_after(calls, moment);
            let died = desk.checkout(&viewer, cart, "k").await;
            assert!(died.is_err(), "{moment:?} {calls}");
            desk.around.revive();
            let begun = desk.number("SELECT count(*) FROM orders").await;

            desk.minutes(1);
            desk.service.look().await;

            let at = format!("{moment:?} {calls}");
            let placed =
                desk.number("SELECT count(*) FROM orders WHERE state = 'PENDING_PAYMENT'").await;
            assert_eq!(placed, begun, "{at}");
            assert_eq!(desk.around.world().reserved(variant), if begun == 1 { 2 } else { 0 }, "{at}");
            let again = desk.checkout(&viewer, cart, "k").await.expect("no failure").expect("placed");
            assert_eq!(again.is_replayed, begun == 1, "{at}");
            assert_eq!(desk.number("SELECT count(*) FROM orders").await, 1, "{at}");
            assert_eq!(desk.around.world().reserved(variant), 2, "{at}");
            let tills = desk.around.world().tills.len();
            assert_eq!(tills, 1, "{at}");
        }
    }
}

#[tokio::test]
async fn an_order_that_costs_nothing_is_paid_wherever_its_checkout_died() {
    for moment in [Moment::Before, Moment::After] {
        for calls in 0..5 {
            let desk = Desk::open().await;
            let variant = desk.variant(5);
            let (viewer, cart) = (customer(), desk.cart(&[(variant, 2)]));
            desk.give_away(cart);
            desk.around.die_after(calls, moment);
            let _ = desk.checkout(&viewer, cart, "k").await;
            desk.around.revive();
            let begun = desk.number("SELECT count(*) FROM orders").await;

            for minutes in [1, 40] {
                desk.minutes(minutes);
                desk.service.look().await;
            }

            let at = format!("{moment:?} {calls}");
            let paid = desk.number("SELECT count(*) FROM orders WHERE state = 'PAID'").await;
            assert_eq!(paid, begun, "{at}");
            assert_eq!(desk.around.world().reserved(variant), 0, "{at}");
        }
    }
}

#[tokio::test]
async fn a_refused_checkout_that_dies_at_any_step_is_undone_by_the_worker() {
    for moment in [Moment::Before, Moment::After] {
        // priced, claim, reserve, call_off, release, reopen
        for calls in 0..6 {
            let desk = Desk::open().await;
            let variant = desk.variant(1);
            let (viewer, cart) = (customer(), desk.cart(&[(variant, 2)]));
            desk.around.die_after(calls, moment);
            assert!(desk.checkout(&viewer, cart, "k").await.is_err(), "{moment:?} {calls}");
            desk.around.revive();

            desk.minutes(1);
            desk.service.look().await;

            let at = format!("{moment:?} {calls}");
            assert_eq!(desk.number("SELECT count(*) FROM orders").await, 0, "{at}");
            assert_eq!(desk.around.world().reserved(variant), 0, "{at}");
            assert!(desk.around.world().baskets[&cart].claimed_by.is_none(), "{at}");
            no_order_is_left(&desk).await;
            desk.around.world().on_hand.insert(variant, 2);
            let again = desk.checkout(&viewer, cart, "k").await.expect("no failure").expect("placed");
            assert!(!again.is_replayed, "{at}");
        }
    }
}

#[tokio::test]
async fn a_retry_goes_on_with_a_checkout_that_failed() {
    let desk = Desk::open().await;
    let variant = desk.variant(5);
    let (viewer, cart) = (customer(), desk.cart(&[(variant, 2)]));
    desk.around.die_after(2, Moment::After);
    assert!(desk.checkout(&viewer, cart, "k").await.is_err());
    desk.around.revive();

    let placed = desk.checkout(&viewer, cart, "k").await.expect("no failure").expect("placed");

    assert!(placed.is_replayed);
    assert_eq!(desk.state(placed.id).await, "PENDING_PAYMENT");
    assert_eq!(desk.around.world().reserved(variant), 2);
}

#[tokio::test]
async fn one_key_used_many_times_at_once_is_one_order_and_equal_answers() {
    let desk = Desk::open().await;
    let variant = desk.variant(50);
    let (viewer, cart) = (customer(), desk.cart(&[(variant, 2)]));
    let draft = desk.draft(cart);

    let calls = (0..20).map(|_| desk.service.checkout(&viewer, draft.clone(), "k"));
    let answers: Vec<Placed> = join_all(calls)
        .await
        .into_iter()
        .map(|answer| answer.expect("no failure").expect("placed"))
        .collect();

    let ids: HashSet<_> = answers.iter().map(|answer| answer.id).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers.iter().filter(|answer| !answer.is_replayed).count(), 1);
    let world = desk.around.world();
    assert_eq!(world.reserved(variant), 2);
    assert_eq!(world.tills.values().map(|till| till.opened).sum::<u32>(), 1);
}

#[tokio::test]
async fn two_keys_of_one_cart_are_one_order() {
    let desk = Desk::open().await;
    let variant = desk.variant(50);
    let (viewer, cart) = (customer(), desk.cart(&[(variant, 2)]));
    let draft = desk.draft(cart);

    let keys: Vec<String> = (0..8).map(|number| format!("k{number}")).collect();
    let calls = keys.iter().map(|key| desk.service.checkout(&viewer, draft.clone(), key));
    let answers = join_all(calls).await;

    let (placed, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().map(|answer| answer.expect("no failure")).partition(Result::is_ok);
    assert_eq!(placed.len(), 1);
    for refusal in refused {
        assert_eq!(codes(&refusal), [UserErrorCode::NotFound]);
    }
    assert_eq!(desk.number("SELECT count(*) FROM orders").await, 1);
    assert_eq!(desk.number("SELECT count(*) FROM idempotency_keys").await, 1);
    assert_eq!(desk.around.world().reserved(variant), 2);
}

#[tokio::test]
async fn a_total_that_the_provider_never_takes_leaves_nothing_behind() {
    let desk = Desk::open().await;
    let variant = desk.variant(5);
    let (viewer, cart) = (customer(), desk.cart(&[(variant, 2)]));
    desk.around.world().is_provider_choosy = true;

    let refused = desk.checkout(&viewer, cart, "k").await.expect("no failure");

    assert_eq!(codes(&refused), [UserErrorCode::PaymentDeclined]);
    no_order_is_left(&desk).await;
    assert_eq!(desk.around.world().reserved(variant), 0);
    assert!(desk.around.world().baskets[&cart].claimed_by.is_none());
}

#[tokio::test]
async fn the_same_key_with_another_input_is_refused_and_changes_nothing() {
    let desk = Desk::open().await;
    let variant = desk.variant(50);
    let (viewer, cart) = (customer(), desk.cart(&[(variant, 2)]));
    desk.checkout(&viewer, cart, "k").await.expect("no failure").expect("placed");
    let other = desk.cart(&[(variant, 1)]);

    let refused = desk.checkout(&viewer, other, "k").await.expect("no failure");

    assert_eq!(codes(&refused), [UserErrorCode::IdempotencyMismatch]);
    assert_eq!(desk.number("SELECT count(*) FROM orders").await, 1);
    assert_eq!(desk.around.world().reserved(variant), 2);
    assert!(desk.around.world().baskets[&other].claimed_by.is_none());
}

#[tokio::test]
async fn what_can_not_be_bought_as_it_was_seen_leaves_nothing_behind() {
    let desk = Desk::open().await;
    let variant = desk.variant(50);
    let (viewer, cart) = (customer(), desk.cart(&[(variant, 2)]));
    let good = desk.draft(cart);
    let mut dearer = good.clone();
    dearer.expected -= 1;
    let mut older = good.clone();
    older.cart_version -= 1;
    let mut foreign = good.clone();
    foreign.currency = "USD".to_owned();
    let mut nobodys = good.clone();
    nobodys.cart = None;
    let warned = desk.cart(&[(variant, 1)]);
    let reason = UserError::new(UserErrorCode::PriceChanged, "cart", "acknowledge it");
    desk.around.world().baskets.get_mut(&warned).expect("there").cart.blocking = vec![reason];
    let unaddressed = desk.cart(&[(variant, 1)]);
    desk.around.world().baskets.get_mut(&unaddressed).expect("there").cart.shipping_address = None;
    let short = desk.cart(&[(variant, 30), (variant, 21)]);

    for (draft, wanted) in [
        (dearer, vec![UserErrorCode::PriceChanged]),
        (older, vec![UserErrorCode::VersionConflict]),
        (foreign, vec![UserErrorCode::Invalid]),
        (nobodys, vec![UserErrorCode::NotFound]),
        (desk.draft(warned), vec![UserErrorCode::PriceChanged]),
        (desk.draft(unaddressed), vec![UserErrorCode::Invalid]),
        // Two lines of one variant are short together.
        (desk.draft(short), vec![UserErrorCode::OutOfStock, UserErrorCode::OutOfStock]),
    ] {
        let refused = desk.service.checkout(&viewer, draft, "k").await.expect("no failure");
        assert_eq!(codes(&refused), wanted);
        no_order_is_left(&desk).await;
        assert_eq!(desk.around.world().reserved(variant), 0);
        assert!(desk.around.world().tills.is_empty());
    }
    assert!(desk.around.world().baskets.values().all(|basket| basket.claimed_by.is_none()));
    assert!(desk.service.checkout(&viewer, good, "k").await.expect("no failure").is_ok());
}

#[tokio::test]
async fn an_order_that_nobody_pays_frees_its_units_and_codes() {
    let desk = Desk::open().await;
    let variant = desk.variant(5);
    let viewer = customer();
    let id = desk.place(&viewer, &[(variant, 2)]).await;
    desk.minutes(29);
    desk.service.look().await;
    assert_eq!(desk.state(id).await, "PENDING_PAYMENT");

    desk.minutes(2);
    desk.service.look().await;

    assert_eq!(desk.state(id).await, "EXPIRED");
    let world = desk.around.world();
    assert_eq!(world.reserved(variant), 0);
    assert!(world.tills[&id].is_off);
    assert!(world.baskets.values().all(|basket| basket.has_free_codes));
}

#[tokio::test]
async fn an_expiry_that_dies_at_any_step_is_finished_by_the_worker() {
    for moment in [Moment::Before, Moment::After] {
        for calls in 0..3 {
            let desk = Desk::open().await;
            let variant = desk.variant(5);
            let id = desk.place(&customer(), &[(variant, 2)]).await;
            desk.minutes(31);
            desk.around.die_after(calls, moment);
            desk.service.look().await;
            desk.around.revive();

            desk.minutes(1);
            desk.service.look().await;

            assert_eq!(desk.state(id).await, "EXPIRED", "{moment:?} {calls}");
            let world = desk.around.world();
            assert_eq!(world.holds[&id], Hold::Released, "{moment:?} {calls}");
            assert!(world.tills[&id].is_off, "{moment:?} {calls}");
            assert!(world.baskets.values().all(|basket| basket.has_free_codes), "{moment:?} {calls}");
        }
    }
}

#[tokio::test]
async fn a_payment_that_dies_at_any_step_is_settled_by_the_next_look() {
    for moment in [Moment::Before, Moment::After] {
        for calls in 0..2 {
            let desk = Desk::open().await;
            let variant = desk.variant(5);
            let id = desk.place(&customer(), &[(variant, 2)]).await;
            desk.around.pay(id, desk.total(id).await);
            desk.around.die_after(calls, moment);
            let _ = desk.service.settle_order(id).await;
            desk.around.revive();

            // Nobody told it: its time to pay is over.
            desk.minutes(31);
            desk.service.look().await;

            // What was taken before the crash is paid; what was not is given back.
            let world = desk.around.world().holds[&id].clone();
            match world {
                Hold::Taken(_) => assert_eq!(desk.state(id).await, "PAID", "{moment:?} {calls}"),
                _ => {
                    assert_eq!(desk.state(id).await, "EXPIRED", "{moment:?} {calls}");
                    let balance = desk.around.world().tills[&id].balance;
                    assert_eq!(balance.refunded, balance.captured, "{moment:?} {calls}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_cancellation_that_dies_at_any_step_returns_every_unit_and_all_money_once() {
    const CANCEL: &str = "mutation($id: ID!) { orderCancel(id: $id, reason: \"No\") { order { state } \
        userErrors { code } } }";
    for moment in [Moment::Before, Moment::After] {
        for calls in 0..2 {
            let desk = Desk::open().await;
            let variant = desk.variant(5);
            let viewer = customer();
            let id = desk.paid(&viewer, &[(variant, 2)]).await;
            desk.around.die_after(calls, moment);
            let cancelled = desk.payload(&viewer, CANCEL, serde_json::json!({ "id": id })).await;
            assert_eq!(cancelled["order"]["state"], "CANCELLED", "{cancelled}");
            desk.around.revive();

            desk.minutes(1);
            desk.service.look().await;
            desk.service.look().await;

            let world = desk.around.world();
            assert_eq!(world.on_hand[&variant], 5, "{moment:?} {calls}");
            let balance = world.tills[&id].balance;
            assert_eq!(balance.refunded, balance.captured, "{moment:?} {calls}");
        }
    }
}
