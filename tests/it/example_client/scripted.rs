//! A gateway that answers by a script, for what a real one does too seldom to
//! wait for: each subscription plays the script to its next end.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{
        State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade},
    },
    response::Response,
    routing::post,
};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// What the gateway does next. All but `Event` end the subscription.
pub(super) enum Step {
    Event(&'static str),
    /// An event whose fields could not be read.
    Unreadable(Value),
    Error(Value),
    Complete,
    Close(u16, &'static str),
    /// Without a close frame.
    Drop,
}

/// The running script.
pub(super) struct Scripted {
    pub(super) url: String,
    script: Arc<Mutex<Script>>,
    server: JoinHandle<()>,
}

struct Script {
    steps: VecDeque<Step>,
    tokens: u32,
    /// The token and the cursor of each subscription.
    seen: Vec<(String, Value)>,
}

type Shared = State<Arc<Mutex<Script>>>;

impl Drop for Scripted {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Scripted {
    /// On a free port.
    pub(super) async fn serve(steps: VecDeque<Step>) -> Self {
        let script = Arc::new(Mutex::new(Script { steps, tokens: 0, seen: Vec::new() }));
        let router = Router::new().route("/graphql", post(answer).get(open)).with_state(script.clone());
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the listener listens");
        });
        Self { url, script, server }
    }

    /// The token and the cursor of each subscription so far.
    pub(super) fn seen(&self) -> Vec<(String, Value)> {
        self.script.lock().expect("nobody panics").seen.clone()
    }
}

/// Signs in, or answers a snapshot.
async fn answer(State(script): Shared, Json(request): Json<Value>) -> Json<Value> {
    let is_sign_in = request["query"].as_str().is_some_and(|query| query.contains("sessionSignIn"));
    if !is_sign_in {
        return Json(json!({ "data": { "nodes": [{ "id": "prod_1", "title": "A", "version": 1 }] } }));
    }
    let mut script = script.lock().expect("nobody panics");
    let method = &request["variables"]["input"]["method"];
    let is_known = match script.tokens {
        0 => method["password"]["email"] == "ada@demo.example",
        number => method["refreshToken"] == format!("refresh-{number}"),
    };
    assert!(is_known, "{request}");
    script.tokens += 1;
    let number = script.tokens;
    Json(json!({ "data": { "sessionSignIn": {
        "accessToken": format!("access-{number}"),
        "refreshToken": format!("refresh-{number}"),
        "expiresAt": "2099-01-01T00:00:00.000Z",
        "userErrors": [],
    } } }))
}

async fn open(State(script): Shared, upgrade: WebSocketUpgrade) -> Response {
    upgrade.protocols(["graphql-transport-ws"]).on_upgrade(move |socket| play(socket, script))
}

async fn play(mut socket: WebSocket, script: Arc<Mutex<Script>>) {
    let mut token = String::new();
    while let Some(Ok(message)) = socket.recv().await {
        let Message::Text(text) = message else { continue };
        let message: Value = serde_json::from_str(&text).expect("JSON");
        match message["type"].as_str() {
            Some("connection_init") => {
                token = message["payload"]["authorization"].as_str().unwrap_or_default().to_owned();
                say(&mut socket, &json!({ "type": "connection_ack" })).await;
            }
            Some("subscribe") => {
                let after = message["payload"]["variables"]["after"].clone();
                script.lock().expect("nobody panics").seen.push((token.clone(), after));
                if !subscription(&mut socket, &message["id"], &script).await {
                    return;
                }
            }
            _ => {}
        }
    }
}

/// Plays to the end of a subscription; whether the connection is still there.
async fn subscription(socket: &mut WebSocket, id: &Value, script: &Mutex<Script>) -> bool {
    loop {
        let step = script.lock().expect("nobody panics").steps.pop_front();
        let mut say = async |kind: &str, payload: Value| {
            say(socket, &json!({ "id": id, "type": kind, "payload": payload })).await;
        };
        match step {
            Some(Step::Event(cursor)) => {
                let event = json!({ "cursor": cursor, "changed": [], "product": null });
                say("next", json!({ "data": { "productEvents": event } })).await;
            }
            Some(Step::Unreadable(errors)) => {
                say("next", json!({ "data": null, "errors": errors })).await;
                return true;
            }
            Some(Step::Error(errors)) => {
                say("error", errors).await;
                return true;
            }
            Some(Step::Complete) => {
                say("complete", Value::Null).await;
                return true;
            }
            Some(Step::Close(code, reason)) => {
                let frame = CloseFrame { code, reason: reason.into() };
                let _ = socket.send(Message::Close(Some(frame))).await;
                return true;
            }
            Some(Step::Drop) | None => return false,
        }
    }
}

async fn say(socket: &mut WebSocket, message: &Value) {
    // A client that has left misses nothing.
    let _ = socket.send(Message::text(message.to_string())).await;
}
