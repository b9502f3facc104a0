//! What leaves by push, and which devices take it.

use std::path::Path;

use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use kit::{Id as _, ids::ConversationId};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tests::{TestApp, on_each_database};

use super::{Person, eventually, mail::delivered, message, number, settled, tell};
use crate::accounts::{data, rows};

const REGISTER: &str = "mutation($token: String!, $platform: String!) { pushDeviceRegister(token: $token, \
    platform: $platform) { registered userErrors { code field message } } }";
const UNREGISTER: &str = "mutation($token: String!) { pushDeviceUnregister(token: $token) { registered \
    userErrors { code } } }";

async fn register(person: &Person, token: &str, platform: &str) -> Value {
    let variables = json!({ "token": token, "platform": platform });
    data(&person.client, REGISTER, variables).await["pushDeviceRegister"].take()
}

fn pushes(outbox: &Path) -> Vec<Value> {
    let Ok(files) = std::fs::read_dir(outbox) else { return Vec::new() };
    let mut paths: Vec<_> = files.flatten().map(|file| file.path()).collect();
    paths.retain(|path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        name.ends_with(".json") && !name.starts_with('.')
    });
    paths.sort();
    let read = |path: &std::path::PathBuf| std::fs::read(path).expect("a push");
    paths.iter().map(|path| serde_json::from_slice(&read(path)).expect("JSON")).collect()
}

fn tokens(pushes: &[Value]) -> Vec<&str> {
    let mut tokens: Vec<&str> =
        pushes.iter().map(|push| push["token"].as_str().expect("a token")).collect();
    tokens.sort_unstable();
    tokens
}

async fn message_to(app: &TestApp, from: &Person, to: &Person) {
    tell(app, &message(ConversationId::generate(), 1, from, &[to])).await;
    delivered(app).await;
}

#[tokio::test]
async fn a_message_is_pushed_to_every_device_of_its_account_once() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        let ok = json!({ "registered": true, "userErrors": [] });
        for (token, platform) in [("phone-1", "ios"), ("tablet-1", "android"), ("phone-1", "ios")] {
            assert_eq!(register(&ada, token, platform).await, ok);
        }
        let conversation = ConversationId::generate();

        for _ in 0..2 {
            tell(&app, &message(conversation, 1, &eve, &[&ada])).await;
        }
        delivered(&app).await;

        let pushed = pushes(app.outbox());
        assert_eq!(tokens(&pushed), ["phone-1", "tablet-1"]);
        for push in &pushed {
            assert_eq!(push["title"], "Message from EVE");
            assert_eq!(push["kind"], "message.received");
            assert_eq!(push["targetId"], json!(conversation));
            assert_eq!(push["unreadCount"], 2);
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_device_belongs_to_its_newest_account_until_that_lets_it_go() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        register(&ada, "shared", "web").await;
        register(&eve, "shared", "web").await;

        message_to(&app, &eve, &ada).await;
        assert_eq!(pushes(app.outbox()), Vec::<Value>::new(), "the device is Eve's now");
        message_to(&app, &ada, &eve).await;
        assert_eq!(tokens(&pushes(app.outbox())), ["shared"]);

        let gone = json!({ "registered": false, "userErrors": [] });
        for (person, token, left) in
            [(&ada, "shared", 1), (&eve, "\u{0}", 1), (&eve, "shared", 0), (&eve, "shared", 0)]
        {
            let answer = data(&person.client, UNREGISTER, json!({ "token": token })).await;
            assert_eq!(answer["pushDeviceUnregister"], gone);
            assert_eq!(rows(&app, ["push_devices"]).await, [left]);
        }
        message_to(&app, &ada, &eve).await;
        assert_eq!(pushes(app.outbox()).len(), 1);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_is_no_device_is_refused_and_the_oldest_of_many_gives_way() {
    on_each_database(async |app| {
        let ada = Person::new(&app, "ada").await;
        let refused = |field: &str, message: &str| {
            let error = json!({ "code": "INVALID", "field": [field], "message": message });
            json!({ "registered": false, "userErrors": [error] })
        };
        let token = "a token has 1 to 4096 visible ASCII characters";
        let platform = "a platform has 1 to 32 characters out of a-z, 0-9 and -";

        for bad in ["", "two words", "t\u{0}", "tökén", &"t".repeat(4_097)] {
            assert_eq!(register(&ada, bad, "ios").await, refused("token", token));
        }
        for bad in ["", "iOS", "i os", &"p".repeat(33)] {
            assert_eq!(register(&ada, "t", bad).await, refused("platform", platform));
        }
        let variables = json!({ "token": "t", "platform": "ios" });
        for mutation in [REGISTER, UNREGISTER] {
            let guest = app.guest().ask(mutation, variables.clone()).await;
            assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        }
        assert_eq!(rows(&app, ["push_devices"]).await, [0]);

        for index in 0..22 {
            register(&ada, &format!("device-{index:02}"), "web").await;
        }
        let newest = "push_devices WHERE token >= 'device-02'";
        assert_eq!(rows(&app, ["push_devices", newest]).await, [20, 20]);
        app.stop().await;
    })
    .await;
}

/// What a push gateway was asked, and what it answers next.
#[derive(Clone, Default)]
struct Gateway {
    taken: Arc<Mutex<Vec<Value>>>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
}

async fn take(State(gateway): State<Gateway>, Json(push): Json<Value>) -> StatusCode {
    gateway.taken.lock().expect("a lock").push(push);
    gateway.answers.lock().expect("a lock").pop().unwrap_or(StatusCode::OK)
}

#[tokio::test]
async fn a_push_gateway_is_asked_again_and_says_which_devices_are_gone() {
    let gateway = Gateway::default();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/push", listener.local_addr().expect("an address"));
    let router = Router::new().route("/push", post(take)).with_state(gateway.clone());
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let app = TestApp::sqlite_with(|config| config.push.url = url).await;
    let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
    register(&ada, "phone", "ios").await;

    *gateway.answers.lock().expect("a lock") =
        vec![StatusCode::OK, StatusCode::TOO_MANY_REQUESTS, StatusCode::BAD_GATEWAY];
    message_to(&app, &eve, &ada).await;
    let tried = gateway.taken.lock().expect("a lock").clone();
    assert_eq!(tried.len(), 3);
    assert!(tried.iter().all(|push| push["id"] == tried[0]["id"]), "the same push each time");
    assert_eq!(
        rows(&app, ["notification_deliveries WHERE channel = 'PUSH' AND state = 'SENT'"]).await,
        [1]
    );

    *gateway.answers.lock().expect("a lock") = vec![StatusCode::BAD_REQUEST];
    message_to(&app, &eve, &ada).await;
    assert_eq!(
        rows(&app, ["notification_deliveries WHERE channel = 'PUSH' AND state = 'DEAD'"]).await,
        [1]
    );

    *gateway.answers.lock().expect("a lock") = vec![StatusCode::GONE];
    tell(&app, &message(ConversationId::generate(), 1, &eve, &[&ada])).await;
    settled(&app).await;
    let devices = "SELECT count(*) FROM push_devices";
    eventually("the device is forgotten", async || number(&app, devices).await == 0).await;
    server.abort();
    app.stop().await;
}
