//! The transports of streams through the front door: the protocols' own suites,
//! close codes, tokens that end, caps, slow clients, and the end of the process.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use gateway::Config;
use serde_json::{Value, json};
use tests::{Client, Served, TestApp};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _},
};

use crate::{
    events::{EVENTS, own_product, rename},
    suites::{installed, run, telling_costs},
};

const TICK: &str = "subscription { tick }";

/// What a socket says next.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    Message(Value),
    Closed(u16, String),
    /// Without a close frame.
    Dropped,
}

/// A WebSocket that is told each frame.
pub(crate) struct Raw(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Raw {
    async fn connect(served: &Served, protocols: Option<&str>) -> Result<Self, Error> {
        let url = format!("{}/graphql", served.url.replacen("http", "ws", 1));
        let mut request = url.into_client_request().expect("a request");
        if let Some(protocols) = protocols {
            let protocols = protocols.parse().expect("a header value");
            request.headers_mut().insert("sec-websocket-protocol", protocols);
        }
        connect_async(request).await.map(|(socket, _)| Self(socket))
    }

    async fn open(served: &Served) -> Self {
        Self::connect(served, Some("graphql-transport-ws")).await.expect("the gateway takes sockets")
    }

    /// An acknowledged connection of this client.
    pub(crate) async fn of(served: &Served, client: &Client) -> Self {
        let mut socket = Self::open(served).await;
        let payload = client.token().map(|token| json!({ "authorization": format!("Bearer {token}") }));
        socket.send(&json!({ "type": "connection_init", "payload": payload })).await;
        assert_eq!(socket.next().await, message(json!({ "type": "connection_ack" })));
        socket
    }

    async fn say(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.expect("the socket is open");
    }

    pub(crate) async fn send(&mut self, message: &Value) {
        self.say(&message.to_string()).await;
    }

    async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(&json!({ "id": id, "type": "subscribe", "payload": { "query": query } })).await;
    }

    pub(crate) async fn next(&mut self) -> Said {
        loop {
            let next = tokio::time::timeout(Duration::from_secs(20), self.0.next()).await;
            match next.expect("the server says something within 20 s") {
                Some(Ok(Message::Text(text))) => {
                    return message(serde_json::from_str(&text).expect("JSON"));
                }
                Some(Ok(Message::Close(Some(frame)))) => {
                    return Said::Closed(frame.code.into(), frame.reason.to_string());
                }
                None | Some(Err(_) | Ok(Message::Close(None))) => return Said::Dropped,
                Some(Ok(_)) => {}
            }
        }
    }

    /// What comes after the events that are under way.
    async fn after_events(&mut self) -> Said {
        loop {
            match self.next().await {
                Said::Message(event) if event["type"] == "next" => {}
                other => return other,
            }
        }
    }
}

pub(crate) fn message(json: Value) -> Said {
    Said::Message(json)
}

fn closed(code: u16, reason: &str) -> Said {
    Said::Closed(code, reason.to_owned())
}

/// A response of events or parts, read as it comes.
pub(crate) struct Stream(reqwest::Response, String);

impl Stream {
    pub(crate) async fn open(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        Self(response, String::new())
    }

    /// The text up to and with the next `mark`; all that is left when the
    /// stream ends before.
    pub(crate) async fn until(&mut self, mark: &str) -> String {
        loop {
            if let Some(at) = self.1.find(mark) {
                let rest = self.1.split_off(at + mark.len());
                return std::mem::replace(&mut self.1, rest);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(20), self.0.chunk()).await;
            match chunk.expect("the server says something within 20 s").expect("a whole stream") {
                Some(chunk) => self.1.push_str(std::str::from_utf8(&chunk).expect("text")),
                None => return std::mem::take(&mut self.1),
            }
        }
    }

    /// The next event and its data; `None` at the end. Comments are left out.
    pub(crate) async fn event(&mut self) -> Option<(String, Value)> {
        loop {
            let text = self.until("\n\n").await;
            if text.is_empty() {
                return None;
            }
            if text.starts_with(':') {
                continue;
            }
            let (event, data) = text.split_once('\n').expect("two lines");
            let event = event.strip_prefix("event: ").expect("the event's name").to_owned();
            let data = data.strip_prefix("data: ").expect("the event's data").trim();
            return Some((event, serde_json::from_str(data).unwrap_or(Value::Null)));
        }
    }
}

/// A request for a stream.
pub(crate) fn asking(
    served: &Served,
    client: &Client,
    accept: &str,
    body: &Value,
) -> reqwest::RequestBuilder {
    let request = reqwest::Client::new()
        .post(format!("{}/graphql", served.url))
        .header("accept", accept)
        .header("content-type", "application/json")
        .body(body.to_string());
    match client.token() {
        Some(token) => request.bearer_auth(token),
        None => request,
    }
}

async fn pass(suite: &str) {
    let Some(folder) = installed().await else { return };
    let app = telling_costs().await;
    let served = app.serve().await;

    run(folder, suite, &format!("{}/graphql", served.url), None).await;

    drop(served);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphql_ws_passes_its_suite() {
    pass("graphql-ws.mjs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphql_sse_passes_its_suite() {
    pass("graphql-sse.mjs").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn multipart_subscriptions_pass_their_suite() {
    pass("multipart-subscription.mjs").await;
}

#[tokio::test]
async fn a_client_that_breaks_the_protocol_is_told_how() {
    const INIT: &str = r#"{"type":"connection_init"}"#;
    const TICKS: &str = r#"{"id":"a","type":"subscribe","payload":{"query":"subscription { tick }"}}"#;
    const BAD_TOKEN: &str = r#"{"type":"connection_init","payload":{"authorization":"Bearer rubbish"}}"#;
    let app = TestApp::sqlite_with(|config: &mut Config| {
        config.realtime.init_timeout = Duration::from_millis(500);
    })
    .await;
    let served = app.serve().await;
    let large = " ".repeat(300_000);
    let table: [(&[&str], Said); 9] = [
        (&["hello"], closed(4_400, "Invalid message received")),
        (&[INIT, r#"{"type":"start"}"#], closed(4_400, "Invalid message received")),
        (&[TICKS], closed(4_401, "Unauthorized")),
        (&[BAD_TOKEN], closed(4_403, "the token is not valid, sign in again")),
        (
            &[r#"{"type":"connection_init","payload":{"authorization":"Basic YTpi"}}"#],
            closed(4_403, "send the token as `Authorization: Bearer <token>`"),
        ),
        (&[], closed(4_408, "Connection initialisation timeout")),
        (&[INIT, TICKS, TICKS], closed(4_409, "Subscriber for a already exists")),
        (&[INIT, INIT], closed(4_429, "Too many initialisation requests")),
        (&[INIT, &large], closed(1_009, "Message too big")),
    ];

    for (frames, end) in table {
        let mut socket = Raw::open(&served).await;
        for frame in frames {
            socket.say(frame).await;
        }
        let mut said = socket.after_events().await;
        if said == message(json!({ "type": "connection_ack" })) {
            said = socket.after_events().await;
        }
        assert_eq!(said, end, "{:?}", frames.first());
    }
    let mut without_protocol = Raw::connect(&served, None).await.expect("an upgrade");
    let end = closed(4_406, "Subprotocol not acceptable: use graphql-transport-ws");
    assert_eq!(without_protocol.next().await, end);

    drop(served);
    app.stop().await;
}

#[tokio::test]
async fn a_stream_of_events_resumes_behind_a_cursor() {
    let app = TestApp::sqlite().await;
    let served = app.serve().await;
    let seller = app.seller(4).await;
    let product = own_product(&seller).await;
    let watch = |after: Value| {
        let body = json!({ "query": EVENTS, "variables": { "ids": [product], "after": after } });
        asking(&served, &app.guest(), "text/event-stream", &body)
    };
    let title = |event: &Value| event["data"]["productEvents"]["product"]["title"].clone();
    let mut stream = Stream::open(watch(Value::Null)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;

    rename(&seller, &product, "First title").await;
    let (_, first) = stream.event().await.expect("an event");
    drop(stream);
    rename(&seller, &product, "Second title").await;
    let cursor = &first["data"]["productEvents"]["cursor"];
    let mut resumed = Stream::open(watch(cursor.clone())).await;
    let (_, missed) = resumed.event().await.expect("an event");
    rename(&seller, &product, "Third title").await;
    let (_, live) = resumed.event().await.expect("an event");

    // Each event shows the product as of now.
    assert_eq!(title(&first), "First title");
    assert_eq!([title(&missed), title(&live)], ["Second title", "Third title"]);
    drop((resumed, served));
    app.stop().await;
}

#[tokio::test]
async fn a_socket_ends_with_its_token_and_lives_on_with_a_fresh_one() {
    let app = TestApp::sqlite_with(|config: &mut Config| {
        config.auth.access_token_lifetime = Duration::from_secs(3);
    })
    .await;
    let served = app.serve().await;
    let email = app.email(4).await;
    let client = app.sign_in(&email).await;
    let mut renewed = Raw::of(&served, &client).await;
    let mut left = Raw::of(&served, &client).await;
    let events = asking(&served, &client, "text/event-stream", &json!({ "query": TICK }));
    let mut events = Stream::open(events).await;

    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let fresh = app.sign_in(&email).await;
    let authorization = format!("Bearer {}", fresh.token().expect("a token"));
    renewed.send(&json!({ "type": "ping", "payload": { "authorization": authorization } })).await;
    let pong = renewed.next().await;
    let end = left.next().await;
    renewed.subscribe("me", "{ me { id } }").await;
    let answer = renewed.next().await;

    assert_eq!(pong, message(json!({ "type": "pong" })), "the token is not sent back");
    assert_eq!(end, closed(4_403, "token expired"));
    let Said::Message(answer) = answer else { panic!("{answer:?}") };
    assert!(answer["payload"]["data"]["me"]["id"].is_string(), "{answer}");
    let mut last = Value::Null;
    while let Some((event, data)) = events.event().await {
        if event == "next" {
            last = data;
        }
    }
    let error = json!({ "message": "token expired", "extensions": { "code": "UNAUTHENTICATED" } });
    assert_eq!(last, json!({ "errors": [error] }));
    drop(served);
    app.stop().await;
}

#[tokio::test]
async fn a_socket_ends_when_its_session_does_or_the_viewer_changes() {
    let app = TestApp::sqlite_with(|config: &mut Config| {
        config.realtime.token_check = Duration::from_millis(200);
    })
    .await;
    let served = app.serve().await;
    let email = app.email(4).await;
    let (first, second) = (app.sign_in(&email).await, app.sign_in(&email).await);
    let other = app.seller(5).await;
    let mut socket = Raw::of(&served, &first).await;
    let mut changing = Raw::of(&served, &second).await;

    let revoked = second.ask("mutation { sessionRevoke { userErrors { message } } }", json!({})).await;
    let authorization = format!("Bearer {}", other.token().expect("a token"));
    changing.send(&json!({ "type": "ping", "payload": { "authorization": authorization } })).await;

    assert_eq!(revoked, json!({ "data": { "sessionRevoke": { "userErrors": [] } } }));
    assert_eq!(socket.next().await, closed(4_403, "token revoked"));
    assert_eq!(changing.next().await, closed(4_403, "another viewer"));
    drop(served);
    app.stop().await;
}

#[tokio::test]
async fn the_end_of_the_process_sends_clients_elsewhere() {
    let app = TestApp::sqlite().await;
    let served = app.serve().await;
    let guest = app.guest();
    let body = json!({ "query": TICK });
    let mut idle = Raw::of(&served, &guest).await;
    let mut busy = Raw::of(&served, &guest).await;
    busy.subscribe("a", TICK).await;
    let mut events = Stream::open(asking(&served, &guest, "text/event-stream", &body)).await;
    let accept = "multipart/mixed;subscriptionSpec=1.0, application/json";
    let mut parts = Stream::open(asking(&served, &guest, accept, &body)).await;
    events.event().await.expect("it runs");

    app.stop().await;

    assert_eq!(idle.next().await, closed(1_001, "the gateway stops: reconnect"));
    assert_eq!(busy.after_events().await, closed(1_001, "the gateway stops: reconnect"));
    // A stream that is not complete is opened again by its client.
    while let Some((event, _)) = events.event().await {
        assert_eq!(event, "next");
    }
    let parts = parts.until("--graphql--").await;
    let last = parts.lines().rfind(|line| line.starts_with('{')).expect("a part");
    let error = json!({ "message": "the gateway stops: subscribe again", "extensions": { "code": "UNAVAILABLE" } });
    let last: Value = serde_json::from_str(last).expect("JSON");
    assert_eq!(last, json!({ "payload": null, "errors": [error] }));
    drop(served);
}

#[tokio::test]
async fn sockets_and_their_operations_are_counted() {
    let app = TestApp::sqlite_with(|config: &mut Config| {
        config.realtime.connections = 2;
        config.realtime.operations = 1;
    })
    .await;
    let served = app.serve().await;
    let guest = app.guest();
    let body = json!({ "query": TICK });
    let mut socket = Raw::of(&served, &guest).await;
    let events = Stream::open(asking(&served, &guest, "text/event-stream", &body)).await;

    socket.subscribe("a", TICK).await;
    socket.subscribe("b", TICK).await;
    let refused = socket.after_events().await;
    let third = Raw::connect(&served, Some("graphql-transport-ws")).await;
    let fourth = asking(&served, &guest, "text/event-stream", &body).send().await.expect("an answer");
    let query = guest.ask("{ hello }", json!({})).await;

    let error = json!({
        "message": "1 operations run on this socket already",
        "extensions": { "code": "RATE_LIMITED" },
    });
    assert_eq!(refused, message(json!({ "id": "b", "type": "error", "payload": [error] })));
    let Err(Error::Http(third)) = third else { panic!("a third stream opens") };
    assert_eq!(third.status(), 503);
    assert_eq!(fourth.status(), 503);
    assert_eq!(query, json!({ "data": { "hello": "Hello, world!" } }), "only streams are counted");
    drop(events);
    tokio::time::timeout(Duration::from_secs(20), async {
        while Raw::connect(&served, Some("graphql-transport-ws")).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("a stream that ends makes place for another");
    drop((socket, served));
    app.stop().await;
}

#[tokio::test]
async fn a_slow_client_is_told_where_to_go_on() {
    let app = TestApp::sqlite_with(|config: &mut Config| {
        config.realtime.buffer = 2;
        config.realtime.patience = Duration::from_millis(100);
    })
    .await;
    let served = app.serve().await;
    let seller = app.seller(4).await;
    let product = own_product(&seller).await;
    let url = format!("{}/graphql", served.url);
    let http = reqwest::Client::new();
    let token = http.put(&url).send().await.expect("an answer").text().await.expect("a token");
    let body = json!({
        "query": EVENTS,
        "variables": { "ids": [product] },
        "extensions": { "operationId": "slow" },
    });
    let guest = app.guest();
    let start = asking(&served, &guest, "*/*", &body).header("x-graphql-event-stream-token", &token);
    assert_eq!(start.send().await.expect("an answer").status(), 202);
    tokio::time::sleep(Duration::from_millis(300)).await;

    // Nobody reads the stream while these happen.
    for title in ["One", "Two", "Three", "Four"] {
        rename(&seller, &product, title).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    let mut stream = Stream::open(http.get(format!("{url}?token={token}"))).await;
    let mut events = Vec::new();
    while let Some((event, data)) = stream.event().await {
        assert_eq!(data["id"], "slow");
        if event == "complete" {
            break;
        }
        events.push(data["payload"].clone());
    }

    let error = events.pop().expect("an error");
    let cursors: Vec<_> =
        events.iter().map(|event| event["data"]["productEvents"]["cursor"].clone()).collect();
    assert_eq!(cursors.len(), 3, "the buffer, and the one that waited: {events:?}");
    assert_eq!(error["errors"][0]["extensions"]["code"], "SLOW_CONSUMER");
    assert_eq!(error["errors"][0]["extensions"]["cursor"], cursors[2]);
    drop((stream, served));
    app.stop().await;
}
