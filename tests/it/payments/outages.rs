//! A provider that is away: answers come in time, nothing is lost, and what was
//! begun is ended later.

use std::time::{Duration, Instant};

use gateway::Config;
use kit::{Id as _, ids::OrderId, ports::Opened};
use tests::{execute, on_each_database_with};

use super::{Till, account, codes, confirm, quick, wish};

fn failing_fast(config: &mut Config) {
    quick(config);
    config.payments.retries = 0;
    config.payments.pause = Duration::from_millis(300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_opened_while_the_provider_is_away_is_opened_later() {
    on_each_database_with(failing_fast, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let account = account(&buyer).await;
        execute(&till.app, "INSERT INTO sandbox_switches (name) VALUES ('away')").await;

        let order = OrderId::generate();
        let opened = till.port.open(wish(order, Some(account), None)).await.expect("recorded");

        let Opened::Later(id) = opened else { panic!("{opened:?}") };
        assert!(till.holds(id, "provider_ref IS NULL AND state = 'REQUIRES_ACTION'").await);
        execute(&till.app, "DELETE FROM sandbox_switches").await;
        till.until(id, "provider_ref IS NOT NULL").await;
        let paid = confirm(&buyer, id, "tok_success", "key").await;
        assert_eq!(codes(&paid), Vec::<&str>::new());
        assert_eq!(till.charges(id).await, 1);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confirmation_is_answered_in_time_and_the_breaker_opens() {
    let patient = |config: &mut Config| {
        failing_fast(config);
        config.payments.pause = Duration::from_secs(5);
        config.payments.events_poll = Duration::from_secs(3_600);
    };
    on_each_database_with(patient, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;
        let started = Instant::now();

        execute(&till.app, "INSERT INTO sandbox_switches (name) VALUES ('away')").await;
        for key in 0..8 {
            let away = confirm(&buyer, open.id, "tok_success", &format!("key-{key}")).await;
            assert_eq!(codes(&away), ["PAYMENT_UNAVAILABLE"]);
        }
        execute(&till.app, "DELETE FROM sandbox_switches").await;
        // The breaker is open: nobody asks whether the provider is back.
        let refused = confirm(&buyer, open.id, "tok_success", "good").await;

        assert_eq!(codes(&refused), ["PAYMENT_UNAVAILABLE"]);
        assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
        assert_eq!(till.charges(open.id).await, 0);
        let paid = async {
            while codes(&confirm(&buyer, open.id, "tok_success", "good").await) != Vec::<&str>::new() {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(30), paid).await.expect("the breaker closes");
        assert_eq!(till.charges(open.id).await, 1);
        till.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_was_cut_short_is_ended_by_another_instance() {
    on_each_database_with(failing_fast, async |app| {
        let till = Till::new(app);
        let buyer = till.buyer().await;
        let open = till.open_for(&buyer).await;
        execute(&till.app, "INSERT INTO sandbox_switches (name) VALUES ('away')").await;
        till.port.call_off(open.order, "expired").await.expect("recorded");
        // As after a kill: somebody had it, and is gone.
        let held = format!(
            "UPDATE payments SET lease = 'gone', leased_until = 1, due_at = 1 WHERE id = '{}'",
            open.id
        );
        execute(&till.app, &held).await;
        let mut config = till.app.config();
        failing_fast(&mut config);

        let beside = gateway::App::start(config, gateway::Extra::default()).await.expect("it starts");
        execute(&till.app, "DELETE FROM sandbox_switches").await;

        till.until(open.id, "state = 'VOIDED'").await;
        assert_eq!(till.charges(open.id).await, 0);
        beside.stop().await;
        till.stop().await;
    })
    .await;
}
