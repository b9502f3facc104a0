//! Hooks before and after authentication, as whoever embeds the gateway adds
//! them.

use std::sync::{Arc, Mutex};

use kit::{Attempt, Authenticated, AuthenticationHook, AuthenticationMethod, Backend, HookError};
use serde_json::{Value, json};
use tests::{Socket, TestApp};

use crate::accounts::{PASSWORD, rows, somebody};

/// Lets nobody in whose browser is called so.
struct NoRobots;

#[async_trait::async_trait]
impl AuthenticationHook for NoRobots {
    fn name(&self) -> &'static str {
        "no-robots"
    }

    async fn before(&self, attempt: &Attempt) -> Result<(), HookError> {
        match attempt.user_agent.as_deref() {
            Some("robot") => Err(HookError::Refused("robots stay outside".to_owned())),
            Some("riddle") => Err(HookError::Failed("nobody knows".into())),
            _ => Ok(()),
        }
    }
}

type Heard = (AuthenticationMethod, Result<(), &'static str>);

/// Remembers what it hears.
#[derive(Default)]
struct Records(Mutex<Vec<Heard>>);

#[async_trait::async_trait]
impl AuthenticationHook for Records {
    fn name(&self) -> &'static str {
        "records"
    }

    async fn after(&self, outcome: &Authenticated) -> Result<(), HookError> {
        let heard = (outcome.attempt.method, outcome.result.map(drop));
        self.0.lock().expect("no poison").push(heard);
        Ok(())
    }
}

impl Records {
    fn taken(&self) -> Vec<Heard> {
        std::mem::take(&mut self.0.lock().expect("no poison"))
    }
}

async fn with_hooks() -> (TestApp, Arc<Records>) {
    let records = Arc::new(Records::default());
    let hooks: Vec<Arc<dyn AuthenticationHook>> = vec![Arc::new(NoRobots), records.clone()];
    let app = TestApp::start_hooked(Backend::Sqlite, |_| {}, hooks).await;
    (app.expect("SQLite is always there"), records)
}

fn login(password: &str) -> Value {
    let query = "mutation($password: String!) { sessionSignIn(input: { method: { password: { email: \
        \"ada@example.com\", password: $password } } }) { accessToken userErrors { code message } } }";
    json!({ "query": query, "variables": { "password": password } })
}

#[tokio::test]
async fn a_hook_refuses_sign_ins_and_tokens_and_another_hears_of_everything() {
    let (app, records) = with_hooks().await;
    let ada = somebody(&app, "ada").await;
    let robot = |client: &tests::Client| client.named("robot");
    records.taken();
    let before = rows(&app, ["sessions", "events"]).await;

    let sign_in = robot(&app.guest()).post(login(PASSWORD)).await.json();
    let token = robot(&ada).post(json!({ "query": "{ me { id } }" })).await;
    let riddle = ada.named("riddle").post(json!({ "query": "{ me { id } }" })).await;

    assert_eq!(
        sign_in["data"]["sessionSignIn"],
        json!({ "accessToken": null, "userErrors": [{ "code": "BAD_CREDENTIALS", "message": "robots stay \
            outside" }] })
    );
    let code = |answer: &tests::Answer| {
        let error = answer.json()["errors"][0].clone();
        (answer.status.as_u16(), error["extensions"]["code"].clone(), error["message"].clone())
    };
    assert_eq!(code(&token), (401, json!("UNAUTHENTICATED"), json!("robots stay outside")));
    let away = "authentication is unavailable, try again later";
    assert_eq!(
        code(&riddle),
        (503, json!("UNAVAILABLE"), json!(away)),
        "who can't decide lets nobody in"
    );
    assert_eq!(rows(&app, ["sessions", "events"]).await, before, "nothing was tried");
    assert_eq!(
        records.taken(),
        [
            (AuthenticationMethod::Password, Err("REFUSED")),
            (AuthenticationMethod::BearerToken, Err("UNAUTHENTICATED")),
            (AuthenticationMethod::BearerToken, Err("UNAVAILABLE")),
        ]
    );

    app.guest().post(login("wrong")).await;
    app.guest().post(login(PASSWORD)).await;
    ada.ask("{ me { id } }", json!({})).await;
    app.guest().with_token("rubbish").ask("{ me { id } }", json!({})).await;

    assert_eq!(
        records.taken(),
        [
            (AuthenticationMethod::Password, Err("BAD_CREDENTIALS")),
            (AuthenticationMethod::Password, Ok(())),
            (AuthenticationMethod::BearerToken, Ok(())),
            (AuthenticationMethod::BearerToken, Err("UNAUTHENTICATED")),
        ]
    );
    app.stop().await;
}

#[tokio::test]
async fn a_hook_stands_at_the_door_of_sockets_too() {
    let (app, records) = with_hooks().await;
    let ada = somebody(&app, "ada").await;
    let served = app.serve().await;
    records.taken();

    let token = format!("Bearer {}", ada.token().expect("a token"));
    let mut socket = Socket::open(&served, json!({ "authorization": token })).await;

    assert_eq!(socket.next().await.expect("an answer")["type"], "connection_ack");
    assert_eq!(records.taken(), [(AuthenticationMethod::BearerToken, Ok(()))]);
    drop((socket, served));
    app.stop().await;
}
