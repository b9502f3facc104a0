//! The stream of notifications: each once, in order, with an exact count.

use std::collections::BTreeSet;

use kit::{Id as _, ids::ConversationId};
use serde_json::{Value, json};
use tests::{Served, Socket, on_each_database};

use super::{Person, message, settled, tell};

const EVENTS: &str = "subscription($after: String) { notificationEvents(after: $after) { cursor at \
    unreadCount notification { id kind title count readAt } } }";

async fn open(served: &Served, person: &Person) -> Socket {
    let token = format!("Bearer {}", person.client.token().expect("signed in"));
    let mut socket = Socket::open(served, json!({ "authorization": token })).await;
    assert_eq!(socket.next().await.expect("an answer")["type"], "connection_ack");
    socket
}

async fn event(socket: &mut Socket) -> Value {
    socket.event("notificationEvents").await
}

#[tokio::test]
async fn a_stream_shows_what_is_new_and_read_and_resumes_without_gap_or_repetition() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        let served = app.serve().await;
        let send = async |sequence, conversation| {
            tell(&app, &message(conversation, sequence, &eve, &[&ada])).await;
            settled(&app).await;
        };
        let first = ConversationId::generate();
        send(1, first).await;
        // From the log's beginning on.
        let start = subscriptions::Position::default().to_string();
        let mut socket = open(&served, &ada).await;
        socket.subscribe(EVENTS, json!({ "after": start })).await;
        let welcomed = event(&mut socket).await;
        let added = event(&mut socket).await;
        assert_eq!(welcomed["notification"]["kind"], "account.welcome");
        assert_eq!(added["notification"]["title"], "Message from EVE");
        assert_eq!(added["unreadCount"], 2);

        send(2, first).await;
        let renewed = event(&mut socket).await;
        assert_eq!(renewed["notification"]["id"], added["notification"]["id"]);
        assert_eq!(renewed["notification"]["count"], 2);
        assert_eq!(renewed["unreadCount"], 2);
        drop(socket);

        // Missed: one read, one new, one read that is new again.
        assert_eq!(ada.mark(json!({ "ids": [welcomed["notification"]["id"]] })).await, 1);
        send(1, ConversationId::generate()).await;
        let mut resumed = open(&served, &ada).await;
        resumed.subscribe(EVENTS, json!({ "after": renewed["cursor"] })).await;
        let missed = [event(&mut resumed).await, event(&mut resumed).await];
        assert_eq!(ada.mark(json!({ "upTo": "2999-01-01T00:00:00.000Z" })).await, 2);
        let live = [event(&mut resumed).await, event(&mut resumed).await];

        assert_eq!(missed[0]["notification"]["id"], welcomed["notification"]["id"]);
        assert!(missed[0]["notification"]["readAt"].is_string());
        assert_eq!(missed[1]["unreadCount"], 2);
        assert!(live.iter().all(|event| event["notification"]["readAt"].is_string()), "{live:?}");
        assert_eq!(live[1]["unreadCount"], json!(ada.unread().await));
        assert_eq!(ada.unread().await, 0);
        let events = [&welcomed, &added, &renewed, &missed[0], &missed[1], &live[0], &live[1]];
        let cursors: Vec<String> = events.iter().map(|event| event["cursor"].to_string()).collect();
        assert_eq!(cursors.iter().collect::<BTreeSet<_>>().len(), 7, "each event once");
        drop(resumed);
        drop(served);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_last_event_of_many_at_once_has_the_count_that_the_feed_has() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        let served = app.serve().await;
        let start = subscriptions::Position::default().to_string();
        let mut socket = open(&served, &ada).await;
        socket.subscribe(EVENTS, json!({ "after": start })).await;
        let welcome = event(&mut socket).await["notification"]["id"].clone();

        let news = async {
            for _ in 0..6 {
                tell(&app, &message(ConversationId::generate(), 1, &eve, &[&ada])).await;
            }
            settled(&app).await;
        };
        let marks = futures_util::future::join_all(
            (0..6).map(|_| async { ada.mark(json!({ "ids": [welcome] })).await.as_i64() }),
        );
        let ((), marked) = futures_util::join!(news, marks);
        let mut last = Value::Null;
        for _ in 0..7 {
            last = event(&mut socket).await;
        }

        assert_eq!(marked.into_iter().flatten().sum::<i64>(), 1);
        assert_eq!(ada.unread().await, 6);
        assert_eq!(last["unreadCount"], 6);
        drop(socket);
        drop(served);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_stream_is_its_owners_and_a_guest_has_none() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        let served = app.serve().await;
        let start = subscriptions::Position::default().to_string();
        tell(&app, &message(ConversationId::generate(), 1, &eve, &[&ada])).await;
        settled(&app).await;

        let mut of_eve = open(&served, &eve).await;
        of_eve.subscribe(EVENTS, json!({ "after": start })).await;
        assert_eq!(event(&mut of_eve).await["notification"]["kind"], "account.welcome");
        tell(&app, &message(ConversationId::generate(), 1, &ada, &[&eve])).await;
        assert_eq!(event(&mut of_eve).await["notification"]["title"], "Message from ADA");
        let mut guest = Socket::open(&served, json!({})).await;
        guest.next().await.expect("an answer");
        guest.subscribe(EVENTS, json!({ "after": start })).await;
        let refused = guest.next().await.expect("an answer").to_string();

        assert!(refused.contains("UNAUTHENTICATED"), "{refused}");
        drop(of_eve);
        drop(served);
        app.stop().await;
    })
    .await;
}
