//! Signing in with identity providers: their tokens as they come, their codes
//! for sessions of ours, and what accounts are made of them.

mod away;
mod bearer;
mod clerk;
mod forged;
mod linking;
mod npm;
mod oidc;
mod scripted;
mod sign_in;

use std::time::Duration;

use gateway::{Config, ProviderConfig};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use tests::{Client, TestApp};

use crate::accounts::data;

/// What accounts leave behind.
const ACCOUNTS: [&str; 5] = ["users", "accounts", "identities", "sessions", "events"];

const SIGN_IN: &str = "mutation($method: SignInMethod!) { sessionSignIn(input: { method: $method }) { \
    accessToken refreshToken account { id } mfaChallenge { id } userErrors { code field } } }";

const LINK: &str = "mutation($input: OAuthLogin!) { identityLink(input: $input) { \
    account { identities { provider label } } userErrors { code field } } }";

const UNLINK: &str = "mutation($id: ID!) { identityUnlink(id: $id) { \
    account { identities { provider } } userErrors { code field } } }";

/// A provider as most tests configure it.
fn provider(issuer: &str) -> ProviderConfig {
    ProviderConfig {
        issuer: issuer.to_owned(),
        audience: vec!["weft".to_owned()],
        client_id: "weft".to_owned(),
        redirect_uris: vec!["https://app.example/callback".to_owned()],
        ..ProviderConfig::default()
    }
}

/// Takes tokens and codes of this provider, under the name `acme`, and asks it
/// as often as need be.
fn trusting(provider: ProviderConfig) -> impl Fn(&mut Config) {
    move |config| {
        config.auth.providers.insert("acme".to_owned(), provider.clone());
        config.auth.provider_keys_pause = Duration::ZERO;
    }
}

/// The payload of signing in with a code.
async fn sign_in(client: &Client, login: Value) -> Value {
    let variables = json!({ "method": { "oauth": login } });
    data(client, SIGN_IN, variables).await["sessionSignIn"].take()
}

async fn link(client: &Client, login: Value) -> Value {
    data(client, LINK, json!({ "input": login })).await["identityLink"].take()
}

async fn unlink(client: &Client, id: &Value) -> Value {
    data(client, UNLINK, json!({ "id": id })).await["identityUnlink"].take()
}

/// A client with the access token of a payload.
fn signed_in(app: &TestApp, payload: &Value) -> Client {
    app.guest().with_token(payload["accessToken"].as_str().unwrap_or_else(|| panic!("{payload}")))
}

/// A payload that failed for this reason alone.
fn refused(code: &str, field: &[&str]) -> Value {
    json!({ "accessToken": null, "refreshToken": null, "account": null, "mfaChallenge": null,
        "userErrors": [{ "code": code, "field": field }] })
}

/// What the account of a client says of itself.
async fn me(client: &Client) -> Value {
    let query = "{ me { email emailVerified roles user { handle displayName } \
                 identities { provider label } sessions { isCurrent } } }";
    data(client, query, json!({})).await["me"].take()
}

/// The id of the account of a client.
async fn id(client: &Client) -> Value {
    data(client, "{ me { id } }", json!({})).await["me"]["id"].take()
}

/// The kinds of the events of accounts and sessions so far.
async fn kinds(app: &TestApp) -> Vec<String> {
    let db = app.app().db().read();
    let sql = "SELECT kind FROM events WHERE kind LIKE 'account.%' OR kind LIKE 'session.%' \
               OR kind LIKE 'identity.%' ORDER BY \"transaction\", sequence";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.expect("the log");
    rows.iter().map(|row| row.try_get_by_index(0).expect("a kind")).collect()
}

/// What the health page says of the users module.
async fn health(app: &TestApp) -> Value {
    let report = app.guest().get("/health/ready").await.json();
    let modules = report["modules"].as_array().expect("modules");
    modules.iter().find(|module| module["name"] == "users").expect("the module").clone()
}
