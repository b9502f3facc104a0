//! The module on a database of its own, for what the front door can't show:
//! rows, events, ports and statement counts.

mod accounts;
mod addresses;
mod entities;
mod keys;
mod mailed;
mod paging;
mod people;
mod second_factor;
mod sessions;

use std::{sync::Arc, time::Duration};

use async_graphql::{Request, Variables};
use kit::{
    Database, DatabaseOptions, DateTime, ManualClock, Module as _, Platform, RequestScope, Role,
    Subgraph, Viewer,
    ids::{AccountId, UserId},
    ports::{Identity, Ports},
    seed::{self, Scale},
};
use sea_orm_migration::MigratorTrait as _;
use serde_json::{Value, json};
use subscriptions::LogOptions;

use crate::{Users, UsersOptions};

const PASSWORD: &str = "correct horse battery";

struct TestModule {
    platform: Platform,
    clock: Arc<ManualClock>,
    subgraph: Arc<dyn Subgraph>,
    _folder: tempfile::TempDir,
}

impl TestModule {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let options = DatabaseOptions {
            url: format!("sqlite://{}", folder.path().join("test.db").display()),
            max_connections: 4,
            acquire_timeout: Duration::from_secs(5),
        };
        let db = Database::connect(&options).await.expect("opens");
        migrations::Migrator::up(db.write(), None).await.expect("migrates");
        let clock = Arc::new(ManualClock::new(DateTime(seed::TODAY.0 + 1_000)));
        let platform = Platform::new(db, LogOptions::default(), None).with_clock(clock.clone());
        let parts = Users::new(UsersOptions::default()).start(&platform).await.expect("starts");
        Self { platform, clock, subgraph: parts.subgraph, _folder: folder }
    }

    async fn seeded() -> Self {
        let module = Self::start().await;
        crate::seed::seed(&module.platform.db, Scale(1), &|_, _, _| ()).await.expect("seeds");
        module
    }

    async fn ask(&self, viewer: &Viewer, query: &str, variables: Value) -> Value {
        let scope = RequestScope {
            viewer: Arc::new(viewer.clone()),
            user_agent: Some("Test/1".into()),
            ..RequestScope::default()
        };
        let request = Request::new(query).variables(Variables::from_json(variables)).data(scope.clone());
        let response = kit::drive(scope.batches, self.subgraph.execute(request)).await;
        serde_json::to_value(response).expect("an answer is JSON")
    }

    async fn sign_up(&self, email: &str, handle: &str) -> Value {
        let query = "mutation($input: SignUpInput!) { accountSignUp(input: $input) { accessToken \
                     account { id } userErrors { code field message } } }";
        let input = json!({
            "email": email, "password": PASSWORD, "handle": handle, "displayName": "Ada Lovelace",
        });
        let answer = self.ask(&Viewer::default(), query, json!({ "input": input })).await;
        answer["data"]["accountSignUp"].clone()
    }

    /// The payload of a sign-in.
    async fn sign_in(&self, method: Value) -> Value {
        let query = "mutation($method: SignInMethod!) { sessionSignIn(input: { method: $method }) { \
                     accessToken refreshToken expiresAt account { email roles } \
                     mfaChallenge { id factors { id kind } } \
                     userErrors { code field } } }";
        let answer = self.ask(&Viewer::default(), query, json!({ "method": method })).await;
        answer["data"]["sessionSignIn"].clone()
    }

    /// Signs up and in; answers the viewer and the payload of the sign-in.
    async fn member(&self, handle: &str) -> (Viewer, Value) {
        let email = format!("{handle}@example.com");
        self.sign_up(&email, handle).await;
        let payload =
            self.sign_in(json!({ "password": { "email": email, "password": PASSWORD } })).await;
        let viewer = self.viewer(&payload).await.expect("a good token");
        (viewer, payload)
    }

    async fn viewer(&self, payload: &Value) -> kit::Result<Viewer> {
        let identity = self.platform.ports.get::<dyn Identity>().expect("provided");
        identity.viewer(payload["accessToken"].as_str().expect("a token")).await
    }

    /// Kind and payload of all events so far.
    async fn events(&self) -> Vec<(String, Value)> {
        let events = entities_of_log(&self.platform.db).await;
        events.into_iter().map(|event| (event.kind, event.payload)).collect()
    }

    fn statements(&self) -> u64 {
        self.platform.db.statements()
    }
}

async fn entities_of_log(db: &Database) -> Vec<::entities::events::event::Model> {
    ::entities::events::event::settled_after(db.read(), 0, 0, 100).await.expect("reads")
}

/// Somebody who may read accounts.
fn support() -> Viewer {
    Viewer {
        account: Some(seed::id::<AccountId>(198)),
        user: Some(seed::id::<UserId>(198)),
        roles: vec![Role::Support],
        ..Viewer::default()
    }
}

#[tokio::test]
async fn instances_on_one_database_share_the_signing_key() {
    let module = TestModule::start().await;
    let (viewer, payload) = module.member("ada").await;
    let first = module.platform.ports.get::<dyn kit::ports::KeySet>().expect("provided").jwks().await;
    let first = first.expect("the keys");

    let second = Platform { ports: Ports::default(), ..module.platform.clone() };
    Users::new(UsersOptions::default()).start(&second).await.expect("starts");

    let theirs = second.ports.get::<dyn kit::ports::KeySet>().expect("provided").jwks().await;
    assert_eq!(theirs.expect("the keys"), first);
    let identity = second.ports.get::<dyn Identity>().expect("provided");
    let token = payload["accessToken"].as_str().expect("a token");
    assert_eq!(identity.viewer(token).await.expect("a good token").account, viewer.account);
}

#[tokio::test]
async fn everything_in_the_schema_is_described() {
    let module = TestModule::start().await;

    let sdl = module.subgraph.sdl();

    assert_eq!(undescribed(&sdl), Vec::<String>::new());
}

/// Lines that begin a type, a field, an argument or an enum value and that no
/// description stands before.
fn undescribed(sdl: &str) -> Vec<String> {
    let definitions = sdl.split("directive @").next().unwrap_or_default();
    let mut undescribed = Vec::new();
    let (mut before, mut is_in_block) = ("", false);
    for line in definitions.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let is_fence = line == "\"\"\"";
        let is_definition = line.starts_with(|letter: char| letter.is_alphabetic());
        if is_definition && !is_in_block && !before.ends_with('"') {
            undescribed.push(line.to_owned());
        }
        is_in_block ^= is_fence;
        before = line;
    }
    undescribed
}
