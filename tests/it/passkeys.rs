//! Passkeys through the front door: as a second step, signing in alone, and in
//! place of a code.

mod authenticator;
mod chromium;
mod refusals;
mod ways;

use serde_json::{Value, json};
use tests::{Client, TestApp};

use self::authenticator::Authenticator;
use crate::accounts::{PASSWORD, data, somebody};

/// What passkeys leave behind.
const TABLES: [&str; 4] = ["mfa_factors", "passkey_challenges", "sessions", "events"];

const ENROLL: &str = "mutation($code: String) { mfaEnroll(kind: WEBAUTHN, code: $code) { factor { id kind \
    isConfirmed } secret recoveryCodes userErrors { code field } } }";

const SET: &str = "mutation($id: ID!, $code: String!, $remove: Boolean!) { mfaFactorSet(id: $id, code: \
    $code, remove: $remove) { account { mfaFactors { kind isConfirmed } } userErrors { code field } } }";

const ASK: &str = "mutation($purpose: PasskeyPurpose!) { passkeyChallenge(purpose: $purpose) { options \
    expiresAt userErrors { code field } } }";

const SIGN_IN: &str = "mutation($method: SignInMethod!) { sessionSignIn(input: { method: $method }) { \
    accessToken refreshToken account { id } mfaChallenge { id factors { kind } passkeyOptions } userErrors { \
    code field message } } }";

/// A factor as it is begun, and the options of `navigator.credentials.create()`.
struct Begun {
    id: Value,
    options: Value,
    recovery_codes: Value,
}

async fn begin(client: &Client, code: Option<&str>) -> Begun {
    let enrolled = data(client, ENROLL, json!({ "code": code })).await["mfaEnroll"].take();
    assert_eq!(enrolled["userErrors"], json!([]), "{enrolled}");
    let options = enrolled["secret"].as_str().expect("options");
    Begun {
        id: enrolled["factor"]["id"].clone(),
        options: serde_json::from_str(options).expect("options are JSON"),
        recovery_codes: enrolled["recoveryCodes"].clone(),
    }
}

async fn set(client: &Client, id: &Value, code: &str, remove: bool) -> Value {
    let variables = json!({ "id": id, "code": code, "remove": remove });
    data(client, SET, variables).await["mfaFactorSet"].take()
}

/// Enrols a passkey as the first factor; answers its id.
async fn enroll(client: &Client, passkey: &mut Authenticator) -> Value {
    let begun = begin(client, None).await;
    let attestation = passkey.create(&begun.options).to_string();
    let set = set(client, &begun.id, &attestation, false).await;
    assert_eq!(
        set["account"]["mfaFactors"],
        json!([{ "kind": "WEBAUTHN", "isConfirmed": true }]),
        "{set}"
    );
    begun.id
}

/// Somebody new who has a passkey.
pub(crate) async fn holder(app: &TestApp, name: &str) -> (Client, Authenticator, Value) {
    let client = somebody(app, name).await;
    let mut passkey = Authenticator::new();
    let id = enroll(&client, &mut passkey).await;
    (client, passkey, id)
}

/// The options of `navigator.credentials.get()`.
pub(crate) async fn ask(client: &Client, purpose: &str) -> Value {
    let asked = data(client, ASK, json!({ "purpose": purpose })).await["passkeyChallenge"].take();
    assert_eq!(asked["userErrors"], json!([]), "{asked}");
    asked["options"].clone()
}

/// The payload of a sign-in.
async fn sign_in(client: &Client, method: Value) -> Value {
    data(client, SIGN_IN, json!({ "method": method })).await["sessionSignIn"].take()
}

pub(crate) async fn sign_in_with(client: &Client, assertion: &Value) -> Value {
    sign_in(client, json!({ "passkey": assertion })).await
}

/// The challenge after a right password.
pub(crate) async fn first_step(app: &TestApp, name: &str) -> Value {
    let login = json!({ "email": format!("{name}@example.com"), "password": PASSWORD });
    let payload = sign_in(&app.guest(), json!({ "password": login })).await;
    assert_eq!(payload["accessToken"], json!(null), "{payload}");
    payload["mfaChallenge"].clone()
}

pub(crate) async fn answer(app: &TestApp, challenge: &Value, response: &str) -> Value {
    let answer = json!({ "challengeId": challenge["id"], "response": response });
    sign_in(&app.guest(), json!({ "mfa": answer })).await
}

/// The id of the account that a payload signs in to.
async fn account(app: &TestApp, payload: &Value) -> Value {
    let token = payload["accessToken"].as_str().unwrap_or_else(|| panic!("{payload}"));
    id(&app.guest().with_token(token)).await
}

async fn id(client: &Client) -> Value {
    data(client, "{ me { id } }", json!({})).await["me"]["id"].take()
}

/// The user errors of a refusal for this reason alone, messages left out.
fn codes(payload: &Value) -> Vec<(&str, String)> {
    let errors = payload["userErrors"].as_array().expect("user errors");
    let field = |error: &Value| {
        let parts = error["field"].as_array().into_iter().flatten().filter_map(Value::as_str);
        parts.collect::<Vec<_>>().join(".")
    };
    errors.iter().map(|error| (error["code"].as_str().expect("a code"), field(error))).collect()
}

fn wrong(field: &str) -> Vec<(&'static str, String)> {
    vec![("BAD_CREDENTIALS", field.to_owned())]
}
