//! Refunds: never above what was captured, each key once, and the whole rest when
//! an order is off.

use std::sync::atomic::Ordering;

use futures_util::future::join_all;
use kit::ports::Refunded;
use tests::{execute, number, on_each_database_with};

use super::{Till, confirm, quick};

#[tokio::test(flavor = "multi_thread")]
async fn parallel_refunds_never_give_back_more_than_was_captured() {
    on_each_database_with(quick, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;
        confirm(&buyer, open.id, "tok_success", "a").await;

        let keys: Vec<String> = (0..10).map(|key| format!("refund-{key}")).collect();
        let refunds = keys.iter().map(|key| till.port.refund(open.order, key, 300, "broken"));
        let refunds: Vec<Refunded> =
            join_all(refunds).await.into_iter().map(|refund| refund.expect("answered")).collect();

        let given = refunds.iter().filter(|refund| matches!(refund, Refunded::Accepted(_))).count();
        assert_eq!(given, 6, "{refunds:?}");
        assert!(refunds.contains(&Refunded::Exceeds(200)), "{refunds:?}");
        till.until(open.id, "refunded = 1800 AND state = 'PARTIALLY_REFUNDED'").await;
        till.given_back(6).await;
        assert_eq!(till.booked(open.id, "refund").await, 6);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_is_given_once_for_each_key() {
    on_each_database_with(quick, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;
        confirm(&buyer, open.id, "tok_success", "a").await;

        let refunds = (0..6).map(|_| till.port.refund(open.order, "same", 500, "broken"));
        let refunds: Vec<Refunded> =
            join_all(refunds).await.into_iter().map(|refund| refund.expect("answered")).collect();

        assert!(refunds.iter().all(|refund| refund == &refunds[0]), "{refunds:?}");
        assert!(matches!(refunds[0], Refunded::Accepted(_)), "{refunds:?}");
        assert!(till.holds(open.id, "refunded = 500").await);
        till.given_back(1).await;
        assert_eq!(till.booked(open.id, "refund").await, 1);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_is_off_gives_back_the_rest_once() {
    on_each_database_with(quick, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;
        confirm(&buyer, open.id, "tok_success", "a").await;
        till.port.refund(open.order, "part", 500, "broken").await.expect("accepted");

        join_all((0..4).map(|_| till.port.call_off(open.order, "cancelled"))).await;

        till.until(open.id, "state = 'REFUNDED' AND refunded = 2000").await;
        let balance = till.port.balance(open.order).await.expect("readable");
        assert_eq!((balance.captured, balance.refunded), (2_000, 2_000));
        till.given_back(2).await;
        assert_eq!(till.booked(open.id, "refund").await, 2);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refund_waits_for_a_provider_that_is_away() {
    on_each_database_with(quick, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;
        confirm(&buyer, open.id, "tok_success", "a").await;
        execute(&till.app, "INSERT INTO sandbox_switches (name) VALUES ('away')").await;

        let refunded = till.port.refund(open.order, "key", 500, "broken").await.expect("recorded");

        assert!(matches!(refunded, Refunded::Accepted(_)), "{refunded:?}");
        let balance = till.port.balance(open.order).await.expect("readable");
        assert_eq!((balance.captured, balance.refunded), (2_000, 500));
        assert_eq!(till.booked(open.id, "refund").await, 0);
        execute(&till.app, "DELETE FROM sandbox_switches").await;
        till.given_back(1).await;
        assert_eq!(till.booked(open.id, "refund").await, 1);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_given_back_of_what_was_not_taken() {
    on_each_database_with(quick, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;
        till.orders.is_closed.store(true, Ordering::SeqCst);

        let refunded = till.port.refund(open.order, "key", 1, "broken").await.expect("answered");

        assert_eq!(refunded, Refunded::Exceeds(0));
        assert_eq!(number(&till.app, "SELECT count(*) FROM payment_refunds").await, 0);
        till.stop().await;
    })
    .await;
}
