//! Accounts through the front door: signing up and in, sessions, profiles, and
//! who may see and do what.

pub(crate) mod access;
mod directory;
mod guards;
mod guesses;
mod keys;
mod matrix;
mod owned;
mod privacy;
mod profile;
mod sessions;
mod sign_up;
mod suspension;
mod timing;
pub(crate) mod walk;

use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use tests::{Client, TestApp};

pub(crate) const PASSWORD: &str = "correct horse battery";

const SIGN_UP: &str = "mutation($input: SignUpInput!) { accountSignUp(input: $input) { accessToken \
    refreshToken expiresAt account { id } userErrors { code field message } } }";

const SIGN_IN: &str = "mutation($method: SignInMethod!) { sessionSignIn(input: { method: $method }) { \
    accessToken refreshToken expiresAt account { id email } userErrors { code field message } } }";

/// The data of an answer without errors.
pub(crate) async fn data(client: &Client, query: &str, variables: Value) -> Value {
    let mut answer = client.ask(query, variables).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"].take()
}

/// How many rows each of these tables has: where a refusal leaves them alone,
/// nothing changed. Every change but that of a favourite writes an event; those
/// of notifications, which follow some time later, are left out, and so is what only
/// the audit log is told of.
pub(crate) async fn rows<const N: usize>(app: &TestApp, tables: [&str; N]) -> [i64; N] {
    let db = app.app().db().read();
    let mut counts = [0; N];
    for (count, table) in counts.iter_mut().zip(tables) {
        let sql = match table {
            "events" => "SELECT count(*) FROM events WHERE kind NOT LIKE 'notification.%' \
                 AND kind NOT LIKE '%.refused' AND kind <> 'act.done'"
                .to_owned(),
            table => format!("SELECT count(*) FROM {table}"),
        };
        let statement = Statement::from_string(db.get_database_backend(), sql);
        let row = db.query_one_raw(statement).await.expect("the table is there").expect("a row");
        *count = row.try_get_by_index(0).expect("a number");
    }
    counts
}

const PEOPLE: [&str; 4] = ["users", "accounts", "sessions", "events"];

pub(crate) fn new(name: &str) -> Value {
    let (email, display_name) = (format!("{name}@example.com"), name.to_uppercase());
    json!({ "email": email, "password": PASSWORD, "handle": name, "displayName": display_name })
}

/// The payload of a sign-up.
async fn sign_up(client: &Client, input: Value) -> Value {
    data(client, SIGN_UP, json!({ "input": input })).await["accountSignUp"].take()
}

/// The payload of a sign-in with a password.
async fn sign_in(client: &Client, email: &str, password: &str) -> Value {
    let method = json!({ "password": { "email": email, "password": password } });
    data(client, SIGN_IN, json!({ "method": method })).await["sessionSignIn"].take()
}

/// The payload of a sign-in with a refresh token.
async fn refresh(client: &Client, token: &Value) -> Value {
    let method = json!({ "refreshToken": token });
    data(client, SIGN_IN, json!({ "method": method })).await["sessionSignIn"].take()
}

/// Somebody new, signed in.
pub(crate) async fn somebody(app: &TestApp, name: &str) -> Client {
    let signed_up = sign_up(&app.guest(), new(name)).await;
    assert_eq!(signed_up["userErrors"], json!([]), "{signed_up}");
    app.guest().sign_in(&format!("{name}@example.com"), PASSWORD).await
}

/// A payload of signing up or in that failed for this reason alone.
fn refused(code: &str, field: Value, message: &str) -> Value {
    refused_for(json!([{ "code": code, "field": field, "message": message }]))
}

fn refused_for(user_errors: Value) -> Value {
    json!({ "accessToken": null, "refreshToken": null, "expiresAt": null, "account": null,
        "userErrors": user_errors })
}

/// The status and code that the client's token is answered with.
pub(crate) async fn standing(client: &Client) -> (u16, Value) {
    let answer = client.post(json!({ "query": "{ me { id } }" })).await;
    (answer.status.as_u16(), answer.json()["errors"][0]["extensions"]["code"].clone())
}

fn is_refused((status, code): (u16, Value)) -> bool {
    (status, code) == (401, json!("UNAUTHENTICATED"))
}
