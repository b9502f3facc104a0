//! Units that orders are promised and sold, whoever asks at once: the port that
//! checkout uses, on both databases and in two processes.

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use kit::{
    DateTime, Id as _,
    ids::{OrderId, VariantId},
    ports::{Reserved, Shortage, Stock, Units},
};
use tests::{TestApp, execute, number, on_each_database};

/// A variant on offer with so many units.
async fn stocked(app: &TestApp, sku: &str, on_hand: i32) -> VariantId {
    let variant = super::stocked(&app.seller(0).await, sku, on_hand).await;
    variant.as_str().expect("an id").parse().expect("a variant's id")
}

fn stock(app: &gateway::App) -> Arc<dyn Stock> {
    app.platform().ports.get().expect("products run")
}

fn units(variant_id: VariantId, quantity: i32) -> Units {
    Units { variant_id, quantity }
}

fn later() -> DateTime {
    DateTime(i64::MAX / 2)
}

/// Units in stock, and those promised.
async fn counts(app: &TestApp, variant: VariantId) -> (i64, i64) {
    let of =
        |column: &str| format!("SELECT CAST({column} AS bigint) FROM variants WHERE id = '{variant}'");
    (number(app, &of("on_hand")).await, number(app, &of("reserved")).await)
}

/// How often watchers of products were told of another availability.
async fn told(app: &TestApp) -> i64 {
    let sql = "SELECT count(*) FROM events WHERE kind = 'product.changed' \
        AND CAST(payload AS text) LIKE '%AVAILABILITY%'";
    number(app, sql).await
}

/// What the ledger says orders moved altogether.
async fn ledger(app: &TestApp, variant: VariantId) -> i64 {
    let sum = "SELECT CAST(coalesce(sum(delta), 0) AS bigint) FROM stock_changes";
    number(app, &format!("{sum} WHERE variant_id = '{variant}' AND order_id IS NOT NULL")).await
}

#[tokio::test]
async fn of_many_orders_at_once_exactly_as_many_as_there_are_units_hold_one() {
    on_each_database(async |app| {
        let variant = stocked(&app, "LAMP", 7).await;
        let (second, _) = app.beside().await;
        let ports = [stock(app.app()), stock(&second)];

        let reserved = join_all((0..30).map(|number| {
            let port = ports[number % 2].clone();
            async move { port.reserve(OrderId::generate(), &[units(variant, 1)], later()).await }
        }))
        .await;

        let short = Reserved::Short(vec![Shortage { variant_id: variant, available: 0 }]);
        let of = |wanted: &Reserved| {
            reserved.iter().filter(|one| one.as_ref().expect("an answer") == wanted).count()
        };
        assert_eq!((of(&Reserved::Held), of(&short)), (7, 23), "{reserved:?}");
        assert_eq!(counts(&app, variant).await, (7, 7));
        assert_eq!(number(&app, "SELECT count(*) FROM reservations").await, 7);
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn two_lines_of_one_variant_are_checked_on_their_sum() {
    on_each_database(async |app| {
        let variant = stocked(&app, "LAMP", 3).await;
        let port = stock(app.app());

        let twice = [units(variant, 2), units(variant, 2)];
        let refused = port.reserve(OrderId::generate(), &twice, later()).await.expect("an answer");
        let before = counts(&app, variant).await;
        let fits = [units(variant, 2), units(variant, 1)];
        let held = port.reserve(OrderId::generate(), &fits, later()).await.expect("an answer");

        assert_eq!(refused, Reserved::Short(vec![Shortage { variant_id: variant, available: 3 }]));
        assert_eq!(before, (3, 0), "a refusal changes nothing");
        assert_eq!(held, Reserved::Held);
        assert_eq!(counts(&app, variant).await, (3, 3));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_holds_all_its_units_or_none() {
    on_each_database(async |app| {
        let (lamp, desk) = (stocked(&app, "LAMP", 5).await, stocked(&app, "DESK", 1).await);
        let port = stock(app.app());
        let order = OrderId::generate();

        let wanted = [units(lamp, 2), units(desk, 2)];
        let refused = port.reserve(order, &wanted, later()).await.expect("an answer");
        let after_refusal = (counts(&app, lamp).await, counts(&app, desk).await);
        let again = port.reserve(order, &[units(lamp, 2)], later()).await.expect("an answer");

        assert_eq!(refused, Reserved::Short(vec![Shortage { variant_id: desk, available: 1 }]));
        assert_eq!(after_refusal, ((5, 0), (1, 0)));
        assert_eq!(again, Reserved::Held, "a refusal leaves nothing behind");
        let unknown = VariantId::generate();
        let unknown_units = [units(unknown, 1)];
        assert_eq!(
            port.reserve(OrderId::generate(), &unknown_units, later()).await.expect("an answer"),
            Reserved::Short(vec![Shortage { variant_id: unknown, available: 0 }])
        );
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn every_call_may_be_repeated() {
    on_each_database(async |app| {
        let variant = stocked(&app, "LAMP", 9).await;
        let port = stock(app.app());
        let (paid, cancelled) = (OrderId::generate(), OrderId::generate());
        let wanted = [units(variant, 3)];

        for order in [paid, paid, cancelled, cancelled] {
            assert_eq!(port.reserve(order, &wanted, later()).await.expect("an answer"), Reserved::Held);
        }
        assert_eq!(counts(&app, variant).await, (9, 6));
        for _ in 0..2 {
            assert!(port.take(paid).await.expect("an answer"));
            assert!(!port.release(paid).await.expect("an answer"), "it was sold");
            assert!(port.release(cancelled).await.expect("an answer"));
            assert!(!port.take(cancelled).await.expect("an answer"), "it was freed");
        }
        assert_eq!(counts(&app, variant).await, (6, 0));
        for order in [paid, cancelled] {
            assert_eq!(port.reserve(order, &wanted, later()).await.expect("an answer"), Reserved::Ended);
        }
        for key in ["one", "one", "two", "two"] {
            port.restock(paid, key, &[units(variant, 1)]).await.expect("an answer");
            port.restock(cancelled, key, &[units(variant, 1)]).await.expect("an answer");
        }
        assert_eq!(counts(&app, variant).await, (8, 0));
        assert_eq!(ledger(&app, variant).await, -1, "3 were sold and 2 came back");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_order_that_was_released_before_it_held_anything_gets_nothing() {
    on_each_database(async |app| {
        let variant = stocked(&app, "LAMP", 5).await;
        let port = stock(app.app());
        let order = OrderId::generate();

        let released = port.release(order).await.expect("an answer");
        let late = port.reserve(order, &[units(variant, 1)], later()).await.expect("an answer");

        assert!(released);
        assert_eq!(late, Reserved::Ended);
        assert!(!port.take(order).await.expect("an answer"));
        assert!(!port.take(OrderId::generate()).await.expect("an answer"), "nobody knows it");
        assert_eq!(counts(&app, variant).await, (5, 0));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_payment_and_expiry_at_once_exactly_one_wins() {
    on_each_database(async |app| {
        let variant = stocked(&app, "LAMP", 20).await;
        let (second, _) = app.beside().await;
        let (first, second_port) = (stock(app.app()), stock(&second));
        let orders: Vec<OrderId> = (0..20).map(|_| OrderId::generate()).collect();
        for order in &orders {
            first.reserve(*order, &[units(variant, 1)], later()).await.expect("an answer");
        }

        let ended = join_all(orders.iter().map(|order| {
            let (first, second) = (&first, &second_port);
            async move { tokio::join!(first.take(*order), second.release(*order)) }
        }))
        .await;

        let mut taken = 0;
        for (take, release) in ended {
            let (take, release) = (take.expect("an answer"), release.expect("an answer"));
            assert!(take != release, "one wins, never both");
            taken += i64::from(take);
        }
        assert_eq!(counts(&app, variant).await, (20 - taken, 0));
        assert_eq!(ledger(&app, variant).await, -taken);
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn orders_that_want_the_same_variants_in_any_order_do_not_wait_in_a_circle() {
    on_each_database(async |app| {
        let (lamp, desk) = (stocked(&app, "LAMP", 20).await, stocked(&app, "DESK", 20).await);
        let port = stock(app.app());

        let reserved = join_all((0..40).map(|number| {
            let wanted = match number % 2 {
                0 => [units(lamp, 1), units(desk, 1)],
                _ => [units(desk, 1), units(lamp, 1)],
            };
            let port = port.clone();
            async move { port.reserve(OrderId::generate(), &wanted, later()).await }
        }))
        .await;

        let held = |one: &&kit::Result<Reserved>| one.as_ref().is_ok_and(|one| *one == Reserved::Held);
        assert_eq!(reserved.iter().filter(held).count(), 20, "{reserved:?}");
        assert_eq!((counts(&app, lamp).await, counts(&app, desk).await), ((20, 20), (20, 20)));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_comes_back_is_exactly_what_was_taken_and_once() {
    on_each_database(async |app| {
        let (lamp, desk) = (stocked(&app, "LAMP", 9).await, stocked(&app, "DESK", 9).await);
        let (second, _) = app.beside().await;
        let ports = [stock(app.app()), stock(&second)];
        let order = OrderId::generate();
        ports[0].reserve(order, &[units(lamp, 3)], later()).await.expect("an answer");
        ports[0].restock(order, "too early", &[units(lamp, 3)]).await.expect("an answer");
        assert_eq!(counts(&app, lamp).await, (9, 3), "it took nothing yet");
        ports[0].take(order).await.expect("an answer");

        let returned = [units(lamp, 2), units(desk, 4)];
        let same_key = (0..10).map(|number| ports[number % 2].restock(order, "refund", &returned));
        for outcome in join_all(same_key).await {
            outcome.expect("an answer");
        }
        let after_one = (counts(&app, lamp).await, counts(&app, desk).await);
        let keys: Vec<String> = (0..10).map(|number| format!("refund {number}")).collect();
        let many_keys = keys.iter().map(|key| ports[0].restock(order, key, &returned));
        for outcome in join_all(many_keys).await {
            outcome.expect("an answer");
        }

        assert_eq!(after_one, ((8, 0), (9, 0)), "once, and nothing it never took");
        assert_eq!((counts(&app, lamp).await, counts(&app, desk).await), ((9, 0), (9, 0)));
        assert_eq!(ledger(&app, lamp).await, 0);
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_a_crashed_checkout_held_is_free_again_and_freed_once_by_two_processes() {
    on_each_database(async |app| {
        let variant = stocked(&app, "LAMP", 6).await;
        let (second, _) = app.beside().await;
        let port = stock(app.app());
        let now = app.app().platform().clock.now();
        let (over, open) = (OrderId::generate(), OrderId::generate());
        port.reserve(open, &[units(variant, 2)], later()).await.expect("an answer");
        port.reserve(over, &[units(variant, 4)], now).await.expect("an answer");
        let freed = format!(
            "SELECT count(*) FROM reservations WHERE order_id = '{over}' \
            AND state = 'RELEASED'"
        );

        let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
        while number(&app, &freed).await == 0 {
            assert!(tokio::time::Instant::now() < deadline, "nobody freed it");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }

        assert_eq!(counts(&app, variant).await, (6, 2));
        assert!(!port.take(over).await.expect("an answer"));
        assert!(port.take(open).await.expect("an answer"));
        assert_eq!(counts(&app, variant).await, (4, 0));
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn watchers_are_told_when_shoppers_see_another_availability_and_only_then() {
    on_each_database(async |app| {
        let variant = stocked(&app, "LAMP", 8).await;
        let port = stock(app.app());
        let before = told(&app).await;
        let order = OrderId::generate();

        port.reserve(order, &[units(variant, 2)], later()).await.expect("an answer");
        port.take(order).await.expect("an answer");
        let still_enough = told(&app).await - before;
        let order = OrderId::generate();
        port.reserve(order, &[units(variant, 3)], later()).await.expect("an answer");
        let few = told(&app).await - before;
        port.take(order).await.expect("an answer");
        let sold = told(&app).await - before;
        port.restock(order, "returned", &[units(variant, 3)]).await.expect("an answer");
        let enough_again = told(&app).await - before;

        assert_eq!((still_enough, few, sold, enough_again), (0, 1, 1, 2));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_can_be_ordered_without_end_is_promised_but_never_below_nothing_in_stock() {
    on_each_database(async |app| {
        let variant = stocked(&app, "LAMP", 2).await;
        execute(&app, "UPDATE variants SET is_backorderable = TRUE WHERE sku = 'LAMP'").await;
        let port = stock(app.app());
        let order = OrderId::generate();

        let held = port.reserve(order, &[units(variant, 5)], later()).await.expect("an answer");
        let promised = counts(&app, variant).await;
        port.take(order).await.expect("an answer");
        let sold = counts(&app, variant).await;
        port.restock(order, "cancelled", &[units(variant, 5)]).await.expect("an answer");

        assert_eq!(held, Reserved::Held);
        assert_eq!((promised, sold), ((2, 5), (0, 0)));
        assert_eq!(counts(&app, variant).await, (2, 0), "what had left the stock");
        app.stop().await;
    })
    .await;
}
