//! The port by which checkout takes carts: a cart goes to one order, and a limited
//! code is used no more often than its limit.

use futures_util::future::join_all;
use kit::{
    Id as _,
    ids::{AccountId, CartId, OrderId},
    ports::Claimed,
};
use serde_json::{Value, json};
use tests::{number, on_each_database};

use super::{
    add, by_token,
    discounts::{code, set_codes},
    done, guest_cart, offered, own, port, priced, read, ship, update,
};
use crate::accounts::somebody;

#[tokio::test]
async fn a_cart_goes_to_one_of_fifty_orders_and_opens_again_when_that_fails() {
    on_each_database(async |app| {
        let (second, _) = app.beside().await;
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = guest_cart(&guest).await;
        add(&guest, &by_token(&cart), &lamp, 2).await;
        ship(&guest, &by_token(&cart)).await;
        let known = priced(&app, &cart["token"]).await;
        assert_eq!((known.total, known.blocking.len()), (690, 0));

        let orders: Vec<OrderId> = (0..50).map(|_| OrderId::generate()).collect();
        let claims = orders.iter().enumerate().map(|(index, order)| {
            let carts = if index % 2 == 0 { port(app.app()) } else { port(&second) };
            async move { carts.claim(*order, known.id, known.version).await.expect("answered") }
        });
        let claims = join_all(claims).await;

        let ours: Vec<usize> = (0..50).filter(|index| claims[*index] == Claimed::Ours).collect();
        assert_eq!(ours.len(), 1, "{claims:?}");
        assert!(claims.iter().all(|claim| matches!(claim, Claimed::Ours | Claimed::Gone)));
        let order = orders[ours[0]];
        let carts = port(app.app());
        let again = carts.claim(order, known.id, known.version).await.expect("answered");
        assert_eq!(again, Claimed::Ours, "it may be repeated");
        assert_eq!(read(&guest, &cart["token"]).await, Value::Null, "nobody changes it any more");
        for _ in 0..2 {
            carts.reopen(order).await.expect("opened");
        }
        assert_eq!(read(&guest, &cart["token"]).await["totalQuantity"], 2);
        let late = carts.claim(OrderId::generate(), known.id, known.version).await.expect("answered");
        assert_eq!(late, Claimed::Changed(known.version + 1));
        let none = carts.claim(OrderId::generate(), CartId::generate(), 1).await.expect("answered");
        assert_eq!(none, Claimed::Gone);
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_limited_code_is_used_at_most_its_limit_by_fifty_orders_at_once() {
    on_each_database(async |app| {
        let (second, _) = app.beside().await;
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        code(
            &app,
            json!({ "code": "THREE", "kind": "PERCENTAGE", "basisPoints": 1000, "usageLimit": 3 }),
        )
        .await;
        let mut claims = Vec::new();
        for index in 0..50 {
            let cart = guest_cart(&guest).await;
            add(&guest, &by_token(&cart), &lamp, 1).await;
            done(set_codes(&guest, &by_token(&cart), &["three"]).await);
            let known = priced(&app, &cart["token"]).await;
            let carts = if index % 2 == 0 { port(app.app()) } else { port(&second) };
            claims.push((carts, OrderId::generate(), known));
        }

        let outcomes = join_all(claims.iter().map(async |(carts, order, known)| {
            carts.claim(*order, known.id, known.version).await.expect("answered")
        }))
        .await;

        let count = |wanted: &Claimed| outcomes.iter().filter(|outcome| *outcome == wanted).count();
        assert_eq!(count(&Claimed::Ours), 3);
        assert_eq!(count(&Claimed::CodeUsedUp("THREE".to_owned())), 47);
        let uses = "SELECT CAST(uses AS bigint) FROM discounts WHERE code = 'THREE'";
        assert_eq!(number(&app, uses).await, 3);
        let ordered = "SELECT count(*) FROM carts WHERE state = 'ORDERED'";
        assert_eq!(number(&app, ordered).await, 3, "who lost has the cart still");
        let winner = outcomes.iter().position(|outcome| *outcome == Claimed::Ours).expect("three");
        for _ in 0..2 {
            claims[winner].0.free_codes(claims[winner].1).await.expect("freed");
        }
        assert_eq!(number(&app, uses).await, 2, "an order gives its use back once");
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_code_for_once_an_account_is_used_once_by_each() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let lamp = offered(&app, "LAMP", 100).await;
        let once = json!({ "code": "ONCE", "kind": "PERCENTAGE", "basisPoints": 1000,
            "oncePerAccount": true });
        code(&app, once).await;
        add(&ada, &Value::Null, &lamp, 1).await;
        let cart = done(set_codes(&ada, &Value::Null, &["ONCE"]).await);
        let id: CartId = cart["id"].as_str().expect("an id").parse().expect("a cart's id");
        let version = i32::try_from(cart["version"].as_i64().expect("a version")).expect("small");
        let carts = port(app.app());
        let first = carts.claim(OrderId::generate(), id, version).await.expect("answered");
        assert_eq!(first, Claimed::Ours);

        add(&ada, &Value::Null, &lamp, 1).await;
        let again = set_codes(&ada, &Value::Null, &["ONCE"]).await;

        assert_eq!(again["userErrors"][0]["code"], "LIMIT_EXCEEDED");
        let guests = guest_cart(&app.guest()).await;
        let of_guest = done(set_codes(&app.guest(), &by_token(&guests), &["ONCE"]).await);
        assert_eq!(of_guest["discountCodes"][0]["applicable"], false);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_comes_back_from_a_failed_order_joins_the_cart_that_was_opened_meanwhile() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = add(&ada, &Value::Null, &lamp, 2).await;
        let id: CartId = cart["id"].as_str().expect("an id").parse().expect("a cart's id");
        let order = OrderId::generate();
        let carts = port(app.app());
        carts.claim(order, id, 1).await.expect("answered");
        let newer = add(&ada, &Value::Null, &lamp, 3).await;
        assert_ne!(newer["id"], cart["id"]);

        for _ in 0..2 {
            carts.reopen(order).await.expect("opened");
        }

        let open = own(&ada).await;
        assert_eq!((&open["id"], &open["totalQuantity"]), (&newer["id"], &json!(5)));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_cart_that_is_changed_after_it_was_priced_is_not_claimed() {
    on_each_database(async |app| {
        let guest = app.guest();
        let lamp = offered(&app, "LAMP", 100).await;
        let cart = guest_cart(&guest).await;
        add(&guest, &by_token(&cart), &lamp, 1).await;
        let known = priced(&app, &cart["token"]).await;
        let input = json!({ "cart": by_token(&cart), "add": [{ "variantId": lamp }] });
        done(update(&guest, input).await);

        let claim = port(app.app()).claim(OrderId::generate(), known.id, known.version).await;

        assert_eq!(claim.expect("answered"), Claimed::Changed(known.version + 1));
        assert_eq!(read(&guest, &cart["token"]).await["totalQuantity"], 2);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_erased_accounts_carts_are_gone_and_its_uses_belong_to_nobody() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let lamp = offered(&app, "LAMP", 100).await;
        add(&ada, &Value::Null, &lamp, 1).await;
        let me = crate::accounts::data(&ada, "{ me { id } }", json!({})).await;
        let account: AccountId = me["me"]["id"].as_str().expect("an id").parse().expect("an account's");

        let fact =
            kit::facts::AccountErased { account, user: kit::ids::UserId::generate(), seller: None };
        let written = app.app().db().transaction(move |transaction| {
            let event = subscriptions::NewEvent::new(&fact, kit::DateTime(0));
            Box::pin(async move { Ok(subscriptions::EventLog::append(transaction, event).await?) })
        });
        written.await.expect("an event");

        while number(&app, "SELECT count(*) FROM carts").await > 0 {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(number(&app, "SELECT count(*) FROM cart_lines").await, 0);
        app.stop().await;
    })
    .await;
}
