//! Hours and days: retries, leases, and endpoints that fail for long.

use super::*;

const HOUR: i64 = 60 * 60 * 1_000;

/// Nobody listens at the endpoint.
async fn failing(change: impl FnOnce(&mut WebhooksOptions)) -> (Desk, WebhookEndpointId) {
    let desk = Desk::open(|options| {
        options.allow_private = vec!["127.0.0.1".to_owned()];
        change(options);
    })
    .await;
    // Below the ports that anybody gets without asking for them.
    let id = desk.save("http://127.0.0.1:1/").await.expect("it is allowed");
    (desk, id)
}

impl Desk {
    /// The same rules in a process that has just started: no breaker remembers
    /// anything.
    fn restarted(self) -> Self {
        let service = Service::new(&self.platform, self.service.options.clone());
        Self { service: Arc::new(service.expect("it starts")), ..self }
    }
}

#[tokio::test]
async fn attempts_come_ever_later_and_end_after_about_three_days() {
    let (mut desk, _) = failing(|options| options.disable_after = Duration::from_secs(1 << 30)).await;
    desk.happen(1, "prod_1").await;
    let start = desk.clock.now();

    let mut pauses = Vec::new();
    let mut last = start;
    loop {
        let attempts = i32::try_from(pauses.len()).expect("few") + 1;
        desk.work_until(|all| all[0].attempts == attempts).await;
        let delivery = desk.deliveries().await.remove(0);
        if delivery.state == State::Dead {
            break;
        }
        assert_eq!(delivery.state, State::Retrying);
        pauses.push(delivery.next_attempt_at.0 - desk.clock.now().0);
        desk.clock.advance(delivery.next_attempt_at.0 - desk.clock.now().0);
        last = desk.clock.now();
        desk = desk.restarted();
    }

    assert_eq!(pauses.len(), 18, "19 attempts");
    for (number, pause) in pauses.iter().enumerate() {
        let exact = (5_000_i64 << number).min(12 * HOUR);
        assert!((exact * 4 / 5..=exact * 6 / 5).contains(pause), "{number}: {pause}");
    }
    let hours = (last.0 - start.0) / HOUR;
    assert!((57..=86).contains(&hours), "{hours} hours");
}

#[tokio::test]
async fn an_endpoint_that_failed_for_three_days_is_switched_off_and_not_before() {
    let (desk, id) = failing(|options| options.retry_pause = Duration::from_secs(60 * 60)).await;
    desk.happen(1, "prod_1").await;
    desk.work_until(|all| all[0].attempts == 1).await;
    let first = desk.endpoint(id).await;

    desk.clock.advance(71 * HOUR);
    desk.work_until(|all| all[0].attempts == 2).await;
    let before = desk.endpoint(id).await;
    desk.clock.advance(24 * HOUR);
    desk.work_until(|all| all[0].attempts == 3).await;

    assert_eq!((first.is_enabled, first.failing_since), (true, Some(TODAY)));
    assert_eq!((before.is_enabled, before.failing_since), (true, Some(TODAY)));
    assert!(!desk.endpoint(id).await.is_enabled);
    desk.happen(2, "prod_1").await;
    assert_eq!(desk.deliveries().await.len(), 1, "nothing more is meant for it");
}

#[tokio::test]
async fn one_success_and_an_endpoint_has_failed_never() {
    let (desk, id) = failing(|_| {}).await;
    desk.happen(1, "prod_1").await;
    desk.work_until(|all| all[0].attempts == 1).await;
    let listener = Listener::start().await;
    let url = format!("http://127.0.0.1:{}/", listener.port);
    let wish = Wish { url, kinds: vec!["*".to_owned()], is_enabled: None };
    desk.service.change(id, wish).await.expect("it answers").expect("it is changed");

    desk.clock.advance(HOUR);
    desk.work_until(|all| all[0].state == State::Delivered).await;

    assert_eq!(desk.endpoint(id).await.failing_since, None);
}

#[tokio::test]
async fn what_a_killed_process_was_sending_is_sent_by_another_one_later() {
    let mut listener = Listener::start().await;
    let desk = Desk::open(|options| options.allow_private = vec!["127.0.0.1".to_owned()]).await;
    let id = desk.save(&format!("http://127.0.0.1:{}/", listener.port)).await.expect("allowed");
    desk.happen(1, "prod_1").await;
    desk.happen(2, "prod_2").await;
    let (db, now) = (desk.platform.db.write(), desk.clock.now());

    // The process takes it and is never heard of again.
    let claimed = delivery::claim(db, id, 1, "killed", now, now.plus(60_000)).await.expect("it claims");
    desk.work_until(|all| all[1].state == State::Delivered).await;
    let meanwhile = desk.deliveries().await[0].clone();
    desk.clock.advance(60_000);
    desk.work_until(|all| all[0].state == State::Delivered).await;
    let attempt = delivery::Attempt {
        state: State::Retrying,
        status: Some(500),
        error: None,
        next_attempt_at: now,
    };
    let is_noted = delivery::finish(db, &claimed[0], &attempt, now).await.expect("it answers");

    assert_eq!((claimed.len(), claimed[0].log_sequence), (1, 1));
    assert_eq!((meanwhile.state, meanwhile.attempts), (State::Pending, 0));
    assert!(!is_noted, "its word does not count any more");
    assert_eq!(desk.deliveries().await[0].state, State::Delivered);
    assert!(listener.requests.try_recv().is_ok() && listener.requests.try_recv().is_ok());
    assert!(listener.requests.try_recv().is_err(), "each was sent once");
}

#[tokio::test]
async fn an_event_that_is_told_twice_is_delivered_once() {
    let (desk, _) = failing(|_| {}).await;

    desk.happen(1, "prod_1").await;
    desk.happen(1, "prod_1").await;

    assert_eq!(desk.deliveries().await.len(), 1);
}

#[tokio::test]
async fn an_endpoint_that_keeps_failing_is_left_alone_and_that_is_no_attempt() {
    let (desk, _) = failing(|options| options.attempts = 1).await;
    for sequence in 1..=60 {
        desk.happen(sequence, &format!("prod_{sequence}")).await;
    }

    // What is left alone is due half a minute later.
    let later = desk.clock.now().plus(30_000);
    desk.work_until(|all| {
        all.iter().all(|delivery| delivery.state == State::Dead || delivery.next_attempt_at == later)
    })
    .await;

    let all = desk.deliveries().await;
    let (dead, resting): (Vec<_>, Vec<_>) =
        all.iter().partition(|delivery| delivery.state == State::Dead);
    assert!((20..60).contains(&dead.len()), "{} were tried", dead.len());
    assert!(resting.iter().all(|delivery| delivery.attempts == 0 && delivery.state == State::Pending));
}

#[tokio::test]
async fn an_old_secret_signs_for_a_day_after_each_rotation() {
    let mut listener = Listener::start().await;
    let desk = Desk::open(|options| options.allow_private = vec!["127.0.0.1".to_owned()]).await;
    let id = desk.save(&format!("http://127.0.0.1:{}/", listener.port)).await.expect("allowed");
    let mut signatures = Vec::new();
    let mut sent = 0;
    let mut send = async |desk: &Desk| {
        sent += 1;
        desk.happen(sent, "prod_1").await;
        desk.work_until(|all| all.iter().all(|delivery| delivery.state == State::Delivered)).await;
        let headers = listener.requests.try_recv().expect("it arrived");
        signatures.push(header(&headers, "webhook-signature").split(' ').count());
    };
    let rotate = async || desk.service.rotate(id).await.expect("it answers").expect("rotated");

    rotate().await;
    desk.clock.advance(12 * HOUR);
    rotate().await;
    send(&desk).await;
    desk.clock.advance(12 * HOUR);
    send(&desk).await;
    desk.clock.advance(12 * HOUR);
    send(&desk).await;

    assert_eq!(signatures, [3, 2, 1]);
}

#[tokio::test]
async fn finished_deliveries_are_kept_for_a_while() {
    let listener = Listener::start().await;
    let desk = Desk::open(|options| options.allow_private = vec!["127.0.0.1".to_owned()]).await;
    desk.save(&format!("http://127.0.0.1:{}/", listener.port)).await.expect("allowed");
    desk.happen(1, "prod_1").await;
    desk.work_until(|all| all[0].state == State::Delivered).await;

    desk.clock.advance(29 * 24 * HOUR);
    desk.work_until(|_| true).await;
    let kept = desk.deliveries().await.len();
    desk.clock.advance(2 * 24 * HOUR);
    desk.work_until(<[_]>::is_empty).await;

    assert_eq!(kept, 1);
}
