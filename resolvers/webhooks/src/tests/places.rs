//! Requests never go into our own network, whatever a name says when.

use super::*;

#[tokio::test]
async fn a_name_that_turned_private_after_it_was_saved_is_not_connected_to() {
    let mut listener = Listener::start().await;
    let desk = Desk::open(|options| options.attempts = 1).await;
    desk.names.set("hooks.example", &["1.1.1.1"]);
    desk.save(&format!("http://hooks.example:{}/", listener.port)).await.expect("it is public");

    desk.names.set("hooks.example", &["127.0.0.1"]);
    desk.happen(1, "prod_1").await;
    desk.work_until(|all| all[0].state == State::Dead).await;

    let delivery = desk.deliveries().await.remove(0);
    assert_eq!(delivery.last_error.as_deref(), Some("the address is private"));
    assert_eq!(delivery.last_status, None);
    assert!(listener.requests.try_recv().is_err(), "something was connected to");
}

#[tokio::test]
async fn one_private_address_among_public_ones_is_enough_to_refuse() {
    let mut listener = Listener::start().await;
    let desk = Desk::open(|options| options.attempts = 1).await;
    let url = format!("http://hooks.example:{}/", listener.port);
    desk.names.set("hooks.example", &["1.1.1.1", "::ffff:127.0.0.1"]);

    let refused = desk.save(&url).await.expect_err("one of them is private");
    let nowhere = desk.save("http://nowhere.example/").await.expect_err("there is no such host");
    desk.names.set("hooks.example", &["1.1.1.1"]);
    desk.save(&url).await.expect("it is public");
    desk.names.set("hooks.example", &["127.0.0.1", "1.1.1.1"]);
    desk.happen(1, "prod_1").await;
    desk.work_until(|all| all[0].state == State::Dead).await;

    assert!(refused.contains("the address is private"), "{refused}");
    assert!(nowhere.contains("the host can't be found"), "{nowhere}");
    assert!(listener.requests.try_recv().is_err(), "something was connected to");
}

#[tokio::test]
async fn every_delivery_asks_for_the_address_anew_and_goes_to_the_one_it_checked() {
    let mut listener = Listener::start().await;
    let allowed = |options: &mut WebhooksOptions| {
        options.allow_private = vec!["hooks.example".to_owned()];
        options.attempts = 1;
    };
    let desk = Desk::open(allowed).await;
    desk.names.set("hooks.example", &["127.0.0.1"]);
    desk.save(&format!("http://hooks.example:{}/", listener.port)).await.expect("it is allowed");

    desk.happen(1, "prod_1").await;
    desk.work_until(|all| all[0].state == State::Delivered).await;
    // Nobody listens there, and a kept connection would not notice.
    desk.names.set("hooks.example", &["127.0.0.2"]);
    desk.happen(2, "prod_1").await;
    desk.work_until(|all| all.len() == 2 && all[1].state == State::Dead).await;

    let first = listener.requests.try_recv().expect("the first one arrived");
    assert_eq!(header(&first, "host"), format!("hooks.example:{}", listener.port));
    assert!(listener.requests.try_recv().is_err(), "the second one went to the first address");
    let second = desk.deliveries().await.remove(1);
    assert_eq!(second.last_error.as_deref(), Some("can't be connected to"));
}

#[tokio::test]
async fn an_endpoint_saved_under_looser_rules_is_not_asked_under_stricter_ones() {
    let mut listener = Listener::start().await;
    let desk = Desk::open(|options| options.allow_private = vec!["127.0.0.1".to_owned()]).await;
    desk.save(&format!("http://127.0.0.1:{}/", listener.port)).await.expect("it is allowed");
    let strict = WebhooksOptions {
        attempts: 1,
        allow_http: true,
        poll: Duration::from_millis(5),
        ..WebhooksOptions::default()
    };
    let strict = Arc::new(Service::new(&desk.platform, strict).expect("it starts"));
    let desk = Desk { service: strict, ..desk };

    desk.happen(1, "prod_1").await;
    desk.work_until(|all| all[0].state == State::Dead).await;

    let delivery = desk.deliveries().await.remove(0);
    assert_eq!(delivery.last_error.as_deref(), Some("the address is private"));
    assert!(listener.requests.try_recv().is_err());
}
