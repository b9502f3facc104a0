//! Many subscribers of one stream: each event is evaluated once, each gets it
//! once and in order, and nobody gets what is another's.

use std::{sync::Arc, time::Duration};

use async_graphql::Variables;
use futures_util::{StreamExt as _, future::join_all, stream::BoxStream};
use gateway::Config;
use kit::{RequestScope, Role, Viewer, seed::id};
use schema::{Answer, Engine, GraphQLRequest};
use serde_json::{Value, json};
use tests::{Client, Happening, Socket, TestApp, on_each_database, on_each_database_with};

use crate::{
    events::{EVENTS, own_product, rename},
    instances::beside,
    transports::{Stream, asking},
};

const HAPPENINGS: &str = "subscription($topic: String!, $after: String) { happenings(topic: $topic, after: $after) { cursor number } }";

/// Nothing happens but what a test does: neither the relay nor a worker looks
/// into the database by itself.
fn quiet(config: &mut Config) {
    config.events.poll = Duration::from_secs(3_600);
    config.modules.disabled =
        ["audit", "files", "messages", "notifications", "webhooks"].map(str::to_owned).into();
}

/// A subscription of the engine itself.
struct Following(BoxStream<'static, Answer>);

impl Following {
    fn of(engine: &Engine, query: &str, variables: Value, viewer: Viewer) -> Self {
        let scope = RequestScope { viewer: Arc::new(viewer), ..RequestScope::default() };
        let variables: Variables = serde_json::from_value(variables).expect("variables");
        let request = GraphQLRequest { query: query.to_owned(), operation_name: None, variables };
        Self(engine.subscribe(request, scope))
    }

    fn topic(app: &TestApp, topic: &str, after: Option<&str>) -> Self {
        let variables = json!({ "topic": topic, "after": after });
        Self::of(app.app().engine(), HAPPENINGS, variables, Viewer::default())
    }

    async fn next(&mut self) -> Option<Value> {
        let next = tokio::time::timeout(Duration::from_secs(20), self.0.next()).await;
        let answer = next.expect("an answer within 20 s")?;
        Some(serde_json::from_slice(&answer.to_json()).expect("JSON"))
    }

    /// The next event.
    async fn event(&mut self) -> Value {
        let answer = self.next().await.expect("an event");
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"]["happenings"].clone()
    }
}

/// Polls a stream until it has joined; there is nothing for it yet.
async fn join(engine: &Engine, following: &mut Following) {
    let before = engine.followers();
    let joined = until(|| engine.followers() > before);
    tokio::select! {
        answer = following.0.next() => panic!("{}", answer.is_some()),
        () = joined => {}
    }
}

async fn until(is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.expect("it is so within 20 s");
}

async fn happen(app: &TestApp, topic: &str, numbers: impl IntoIterator<Item = i32>) {
    for number in numbers {
        Happening { topic: topic.to_owned(), number }.append(app.app().platform()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_hundred_subscribers_of_every_transport_cost_one_evaluation_an_event() {
    on_each_database_with(quiet, async |app: TestApp| {
        let seller = app.seller(4).await;
        let product = own_product(&seller).await;
        let served = app.serve().await;
        let engine = app.app().engine();
        let variables = json!({ "ids": [product] });
        let few = follow_everywhere(&app, &served, &variables, 4).await;
        // Whoever sends them: events are evaluated in tasks of their own.
        let statements = || app.app().db().statements();
        let start = statements();
        let following = tokio::spawn(join_all(few.into_iter().map(Subscriber::ten)));
        rename_ten_times(&seller, &product, "Few").await;
        following.await.expect("all of them read to the end");
        let for_few = statements() - start;
        until(|| engine.followers() == 0).await;

        let many = follow_everywhere(&app, &served, &variables, 200).await;
        let (before, start) = (engine.evaluations(), statements());
        let following = tokio::spawn(join_all(many.into_iter().map(Subscriber::ten)));
        rename_ten_times(&seller, &product, "Many").await;
        let received = following.await.expect("all of them read to the end");
        let for_many = statements() - start;

        assert_eq!(engine.evaluations() - before, 10);
        // The relay reads as often as it is woken, which several commits may do at once.
        assert!(for_many.abs_diff(for_few) < 40, "{for_few} statements for 4, {for_many} for 200");
        let first = &received[0];
        assert_eq!(first.len(), 10);
        assert!(received.iter().all(|events| events == first), "everybody gets the same");
        until(|| engine.shared_streams() == 0).await;
        drop(served);
        app.stop().await;
    })
    .await;
}

async fn rename_ten_times(seller: &tests::Client, product: &str, title: &str) {
    for number in 0..10 {
        rename(seller, product, &format!("{title} {number}")).await;
    }
}

enum Subscriber {
    Socket(Socket),
    Stream(Stream),
}

impl Subscriber {
    /// The next ten events.
    async fn ten(mut self) -> Vec<Value> {
        let mut events = Vec::new();
        while events.len() < 10 {
            let answer = match &mut self {
                Self::Socket(socket) => socket.next().await.expect("an open socket")["payload"].clone(),
                Self::Stream(stream) => stream.event().await.expect("an open stream").1,
            };
            events.push(answer["data"]["productEvents"].clone());
        }
        events
    }
}

/// Half of them over WebSocket, half over SSE; all of them follow.
async fn follow_everywhere(
    app: &TestApp,
    served: &tests::Served,
    variables: &Value,
    count: usize,
) -> Vec<Subscriber> {
    let mut subscribers = Vec::new();
    for number in 0..count {
        let body = json!({ "query": EVENTS, "variables": variables });
        subscribers.push(if number % 2 == 0 {
            let mut socket = Socket::open(served, json!({})).await;
            socket.next().await.expect("an answer");
            socket
                .send(json!({ "id": format!("{number}"), "type": "subscribe", "payload": body }))
                .await;
            Subscriber::Socket(socket)
        } else {
            let request = asking(served, &app.guest(), "text/event-stream", &body);
            Subscriber::Stream(Stream::open(request).await)
        });
    }
    until(|| app.app().engine().followers() == count).await;
    subscribers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_resumes_on_an_instance_that_is_behind_gets_nothing_twice() {
    on_each_database(async |app: TestApp| {
        // It looks for what others committed only when it commits something itself.
        let behind = beside(&app, quiet).await;
        let seller = app.seller(4).await;
        let product = own_product(&seller).await;
        let follow = |engine: &Engine, after: &Value| {
            let variables = json!({ "ids": [product], "after": after });
            Following::of(engine, EVENTS, variables, Viewer::default())
        };
        let mut here = follow(app.app().engine(), &json!(null));
        join(app.app().engine(), &mut here).await;
        rename(&seller, &product, "One").await;
        let one = here.next().await.expect("an event")["data"]["productEvents"]["cursor"].take();
        assert_ne!(json!(behind.platform().events.head().to_string()), one, "it has not looked");

        let mut there = follow(behind.engine(), &one);
        join(behind.engine(), &mut there).await;
        let elsewhere = Client::new(behind.router()).with_token(seller.token().expect("signed in"));
        rename(&elsewhere, &product, "Two").await;

        let next = there.next().await.expect("an event")["data"]["productEvents"]["cursor"].take();
        assert_ne!(next, one, "it was given on the other instance");
        let two = here.next().await.expect("an event")["data"]["productEvents"]["cursor"].take();
        assert_eq!(next, two);
        drop((here, there));
        behind.stop().await;
        app.stop().await;
    })
    .await;
}

/// Numbers that look random, the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    async fn rest(&mut self, milliseconds: u64) {
        tokio::time::sleep(Duration::from_millis(self.below(milliseconds))).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_joins_at_any_moment_gets_each_event_once_and_in_order() {
    for buffer in [1, 2, 32] {
        on_each_database_with(
            |config: &mut Config| config.graph.limits.fanout = buffer,
            async |app: TestApp| join_at_any_moment(app, buffer as u64).await,
        )
        .await;
    }
}

async fn join_at_any_moment(app: TestApp, seed: u64) {
    const LAST: i32 = 150;
    let app = Arc::new(app);
    let mut witness = Following::topic(&app, "a", None);
    join(app.app().engine(), &mut witness).await;
    let cursors = Arc::new(std::sync::Mutex::new(Vec::<String>::new()));
    let clients: Vec<_> = (0..40)
        .map(|client| {
            let (app, cursors) = (app.clone(), cursors.clone());
            tokio::spawn(async move {
                let mut dice = Dice(seed * 1_000 + client);
                dice.rest(600).await;
                let after = {
                    let known = cursors.lock().expect("no panic");
                    let has_cursor = client % 3 > 0 && !known.is_empty();
                    has_cursor.then(|| {
                        let at = usize::try_from(dice.below(known.len() as u64)).expect("small");
                        (i32::try_from(at).expect("small") + 1, known[at].clone())
                    })
                };
                let cursor = after.as_ref().map(|(_, cursor)| cursor.as_str());
                let mut following = Following::topic(&app, "a", cursor);
                let mut numbers = Vec::new();
                while numbers.last() != Some(&LAST) {
                    let number = following.event().await["number"].as_i64().expect("a number");
                    let number = i32::try_from(number).expect("small");
                    // Passing signals are negative and come as they like.
                    if number > 0 {
                        numbers.push(number);
                    }
                    if client % 4 == 0 {
                        dice.rest(15).await;
                    }
                }
                let start = after.map_or(numbers[0], |(seen, _)| seen + 1);
                assert_eq!(numbers, (start..=LAST).collect::<Vec<_>>(), "client {client}");
            })
        })
        .collect();
    let writer = {
        let app = app.clone();
        tokio::spawn(async move {
            let mut dice = Dice(seed);
            for number in 1..=LAST {
                happen(&app, "a", [number]).await;
                happen(&app, "b", [number]).await;
                Happening { topic: "a".to_owned(), number: -number }.pass(app.app().platform());
                dice.rest(8).await;
            }
        })
    };
    let mut last = Value::Null;
    while last["number"] != LAST {
        last = witness.event().await;
        if last["number"].as_i64().is_some_and(|number| number > 0) {
            let cursor = last["cursor"].as_str().expect("a cursor").to_owned();
            cursors.lock().expect("no panic").push(cursor);
        }
    }
    writer.await.expect("the writer writes");
    for client in clients {
        client.await.expect("each event once and in order");
    }
    drop(witness);
    until(|| app.app().engine().shared_streams() == 0).await;
    Arc::into_inner(app).expect("nobody else holds it").stop().await;
}

#[tokio::test]
async fn a_subscriber_who_takes_nothing_for_long_loses_nothing() {
    let app = TestApp::sqlite_with(|config| config.graph.limits.fanout = 2).await;
    let mut quick = Following::topic(&app, "a", None);
    join(app.app().engine(), &mut quick).await;
    let mut slow = Following::topic(&app, "a", None);
    join(app.app().engine(), &mut slow).await;

    happen(&app, "a", 1..=20).await;
    for number in 1..=20 {
        assert_eq!(quick.event().await["number"], number);
    }
    for number in 1..=20 {
        assert_eq!(slow.event().await["number"], number);
    }
    happen(&app, "a", [21]).await;

    assert_eq!(slow.event().await["number"], 21);
    app.stop().await;
}

#[tokio::test]
async fn an_event_that_can_not_be_shown_just_now_is_shown_a_moment_later() {
    let app = TestApp::sqlite().await;
    let mut following = Following::topic(&app, "shaky", None);
    join(app.app().engine(), &mut following).await;

    happen(&app, "shaky", [2, 9, 0]).await;

    let first = following.event().await;
    assert_eq!(first["number"], 2);
    let refused = following.next().await.expect("an answer");
    assert_eq!(refused["data"], Value::Null);
    assert_eq!(refused["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    let cursor = refused["errors"][0]["extensions"]["cursor"].as_str().expect("a cursor").to_owned();
    assert_eq!(following.event().await["number"], 0);
    let mut again = Following::topic(&app, "shaky", Some(&cursor));
    assert_eq!(again.event().await["number"], 0, "the cursor is that of the event itself");
    drop((following, again));
    app.stop().await;
}

#[tokio::test]
async fn a_cursor_may_stand_in_the_document_or_in_a_variable() {
    let app = TestApp::sqlite().await;
    let engine = app.app().engine();
    let mut first = Following::topic(&app, "a", None);
    join(app.app().engine(), &mut first).await;
    happen(&app, "a", 1..=3).await;
    let cursor = first.event().await["cursor"].as_str().expect("a cursor").to_owned();
    let literal =
        format!("subscription {{ happenings(topic: \"a\", after: \"{cursor}\") {{ number }} }}");

    let mut by_variable = Following::topic(&app, "a", Some(&cursor));
    let mut by_literal = Following::of(engine, &literal, json!({}), Viewer::default());
    for following in [&mut by_variable, &mut by_literal] {
        let numbers =
            [following.event().await, following.event().await].map(|event| event["number"].clone());
        assert_eq!(numbers, [2, 3]);
    }
    happen(&app, "a", [4]).await;

    assert_eq!(by_variable.event().await["number"], 4);
    assert_eq!(by_literal.event().await["number"], 4);
    assert_eq!(engine.shared_streams(), 2, "a cursor in a variable makes no stream of its own");
    app.stop().await;
}

#[tokio::test]
async fn a_cursor_that_can_not_be_resumed_behind_is_told_and_ends_the_subscription() {
    let app = TestApp::sqlite().await;
    let mut live = Following::topic(&app, "a", None);
    join(app.app().engine(), &mut live).await;

    for (cursor, code) in [("rubbish", "BAD_USER_INPUT"), ("AAAAAAAAAAEAAAAAAAAAAQ", "STREAM_GAP")] {
        let mut refused = Following::topic(&app, "a", Some(cursor));
        let answer = refused.next().await.expect("an answer");
        assert_eq!(answer["errors"][0]["extensions"]["code"], code, "{answer}");
        assert_eq!(refused.next().await, None, "{cursor}");
    }
    happen(&app, "a", [1]).await;

    assert_eq!(live.event().await["number"], 1, "others go on");
    app.stop().await;
}

#[tokio::test]
async fn a_stream_that_is_no_log_is_everybodys_own() {
    let app = TestApp::sqlite().await;
    let engine = app.app().engine();
    let ticks = || Following::of(engine, "subscription { tick(to: 2) }", json!({}), Viewer::default());

    let (mut one, mut other) = (ticks(), ticks());
    let (one, other) = tokio::join!(one.next(), other.next());

    assert_eq!(
        [one, other],
        [json!({ "data": { "tick": 1 } }), json!({ "data": { "tick": 1 } })].map(Some)
    );
    assert_eq!(engine.evaluations(), 2);
    assert_eq!(engine.shared_streams(), 0);
    app.stop().await;
}

fn customer(account: u32, session: u32) -> Viewer {
    Viewer {
        account: Some(id(account)),
        user: Some(id(account)),
        session: Some(id(session)),
        currency: "USD".parse().ok(),
        roles: vec![Role::Customer],
    }
}

#[tokio::test]
async fn what_depends_on_the_viewer_is_never_shared_between_accounts() {
    let app = TestApp::sqlite().await;
    let engine = app.app().engine();
    let viewers = [
        Viewer::default(),
        customer(100, 1),
        customer(100, 2),
        customer(101, 3),
        Viewer { roles: vec![Role::Customer, Role::Seller], ..customer(2, 4) },
    ];
    // The fields asked for, how many streams that makes, and what each viewer reads.
    let table: [(&str, usize); 3] = [("number currency", 3), ("asker", 4), ("asker session", 5)];

    for (fields, streams) in table {
        let query = format!("subscription {{ happenings(topic: \"{fields}\") {{ {fields} }} }}");
        let mut following = Vec::new();
        for viewer in &viewers {
            let mut one = Following::of(engine, &query, json!({}), viewer.clone());
            join(app.app().engine(), &mut one).await;
            following.push(one);
        }
        assert_eq!(engine.shared_streams(), streams, "{fields}");
        happen(&app, fields, [1]).await;
        for (one, viewer) in following.iter_mut().zip(&viewers) {
            let event = one.event().await;
            let own = json!({
                "number": 1,
                "currency": viewer.currency.map(|currency| currency.to_string()),
                "asker": viewer.account.map(|account| account.to_string()),
                "session": viewer.session.map(|session| session.to_string()),
            });
            for field in fields.split(' ') {
                assert_eq!(event[field], own[field], "{fields}: {field} of {viewer:?}");
            }
        }
        drop(following);
        until(|| engine.shared_streams() == 0).await;
    }
    app.stop().await;
}

#[tokio::test]
async fn customers_get_their_own_favourites_of_a_product_that_both_watch() {
    let app = TestApp::sqlite().await;
    let seller = app.seller(4).await;
    let product = own_product(&seller).await;
    let served = app.serve().await;
    let (fan, other) =
        (app.sign_in(&app.email(120).await).await, app.sign_in(&app.email(121).await).await);
    let favourite = "mutation($id: ID!) { favouriteSet(productId: $id, favourite: true) { product { isFavourite } } }";
    fan.ask(favourite, json!({ "id": product })).await;
    let query = "subscription($ids: [ID!]!) { productEvents(ids: $ids) { product { isFavourite } } }";
    let mut events = Vec::new();
    for client in [&fan, &other] {
        let body = json!({ "query": query, "variables": { "ids": [product] } });
        events.push(Stream::open(asking(&served, client, "text/event-stream", &body)).await);
    }
    until(|| app.app().engine().followers() == 2).await;

    rename(&seller, &product, "Another title").await;

    for (stream, is_favourite) in events.iter_mut().zip([true, false]) {
        let (_, event) = stream.event().await.expect("an event");
        assert_eq!(event["data"]["productEvents"]["product"]["isFavourite"], is_favourite);
    }
    drop((events, served));
    app.stop().await;
}
