//! Two instances on one database: Redis tells each of the other's events, and
//! while it is away they find them by looking.

use std::time::Duration;

use futures_util::StreamExt as _;
use gateway::{App, Config, Extra};
use kit::facts::{ConversationTyping, ProductArchived};
use kit::{DateTime, Id as _};
use serde_json::json;
use subscriptions::{Event, EventLog, Following, Kinds, NewEvent};
use tests::{TestApp, on_each_database_with, redis::Redis};

/// Another instance on the database of this one.
async fn beside(app: &TestApp, configure: impl FnOnce(&mut Config)) -> App {
    let mut config = app.config();
    configure(&mut config);
    App::start(config, Extra::default()).await.expect("a second instance")
}

fn archived() -> NewEvent {
    let product_id = kit::seed::id(0);
    let fact = ProductArchived { product_id, seller_id: kit::seed::id(0), changed: Vec::new() };
    NewEvent::new(&fact, DateTime(0))
}

async fn archive(app: &App) {
    let written = app.db().transaction(|transaction| {
        Box::pin(async move { Ok(EventLog::append(transaction, archived()).await?) })
    });
    written.await.expect("an event");
}

fn typing() -> NewEvent {
    let fact = ConversationTyping {
        conversation_id: kit::ids::ConversationId::generate(),
        user_id: kit::seed::id(0),
        until: DateTime(0),
    };
    NewEvent::new(&fact, DateTime(0))
}

type Events =
    futures_util::stream::BoxStream<'static, Result<std::sync::Arc<Event>, subscriptions::LogError>>;

async fn follow(app: &App) -> Events {
    let kinds = Kinds::of(["product.*", "conversation.typing"]);
    app.platform().events.follow(Following::new(kinds)).await.expect("a stream")
}

async fn next(events: &mut Events) -> String {
    let next = tokio::time::timeout(Duration::from_secs(20), events.next()).await;
    next.expect("in time").expect("goes on").expect("an event").kind.clone()
}

/// What the front door says of Redis.
async fn health(app: &TestApp) -> String {
    let report = app.guest().get("/health/ready").await.json();
    report["redis"]["status"].as_str().unwrap_or("not configured").to_owned()
}

async fn until_health_is(app: &TestApp, wanted: &str) {
    for _ in 0..400 {
        if health(app).await == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("redis never was {wanted}");
}

#[tokio::test]
async fn redis_tells_an_instance_of_events_and_signals_that_another_wrote() {
    let Some(redis) = Redis::start().await else { return };
    let url = redis.url();
    let configure = |config: &mut Config| {
        config.redis.url = url.as_str().into();
        // Without Redis nothing would arrive while this test lasts.
        config.events.poll = Duration::from_secs(3_600);
    };
    on_each_database_with(configure, async |first: TestApp| {
        let second = beside(&first, configure).await;
        until_health_is(&first, "up").await;
        let mut events = follow(first.app()).await;

        archive(&second).await;
        assert_eq!(next(&mut events).await, "product.archived");
        second.platform().events.pass(typing());
        assert_eq!(next(&mut events).await, "conversation.typing");

        second.stop().await;
        first.stop().await;
    })
    .await;
}

#[tokio::test]
async fn without_redis_instances_poll_and_lose_nothing() {
    let Some(mut redis) = Redis::start().await else { return };
    let url = redis.url();
    let configure = |config: &mut Config| {
        config.redis.url = url.as_str().into();
        config.events.poll = Duration::from_millis(50);
    };
    let first = TestApp::sqlite_with(configure).await;
    let second = beside(&first, configure).await;
    until_health_is(&first, "up").await;
    let mut events = follow(first.app()).await;

    redis.kill();
    archive(&second).await;
    assert_eq!(next(&mut events).await, "product.archived");
    until_health_is(&first, "degraded").await;
    let answer = first.guest().ask("{ hello }", json!({})).await;
    assert_eq!(answer, json!({ "data": { "hello": "Hello, world!" } }));

    redis.restart().await;
    until_health_is(&first, "up").await;
    // A signal is not stored: only the bus can have brought it. One that was sent
    // while the other side still connects is lost, as signals may be.
    let signals = tokio::spawn({
        let log = second.platform().events.clone();
        async move {
            loop {
                log.pass(typing());
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    });
    assert_eq!(next(&mut events).await, "conversation.typing");
    signals.abort();
    second.stop().await;
    first.stop().await;
}

#[tokio::test]
async fn an_instance_without_redis_says_nothing_of_it_and_a_bad_address_is_refused_without_its_password()
{
    let app = TestApp::sqlite().await;
    assert_eq!(health(&app).await, "not configured");

    let mut config = app.config();
    config.redis.url = "amqp://:hunter2@nowhere".into();
    let refused = App::start(config, Extra::default()).await.err().expect("refused").to_string();

    assert!(refused.contains("redis.url") && !refused.contains("hunter2"), "{refused}");
    app.stop().await;
}
