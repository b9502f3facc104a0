//! The README's walk through an account, exactly as it stands there.

use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database};
use totp_rs::Totp;

use crate::{accounts::standing, schema};

/// The authenticator app that reads an `otpauth` address.
pub(crate) fn app_of(secret: &Value) -> Totp {
    Totp::from_url(secret.as_str().expect("an address")).expect("an app can read it")
}

/// The app's code of now, or of the next half minute: the gateway takes both.
pub(crate) fn code(app: &Totp, is_next: bool) -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    app.generate(now.as_secs() + if is_next { 30 } else { 0 }).to_string()
}

/// The payload of an operation's one field.
async fn payload(client: &Client, operation: &str, variables: Value) -> Value {
    let mut answer = client.ask(operation, variables).await;
    assert_eq!(answer.get("errors"), None, "{operation}\n{answer}");
    let data = answer["data"].as_object_mut().expect("data");
    data.values_mut().next().expect("a field").take()
}

#[tokio::test]
async fn the_readmes_walk_through_an_account_works_as_pasted() {
    on_each_database(async |app: TestApp| {
        let operations = schema::operations(&schema::readme().account);
        let [sign_up, sign_in, enrol, confirm, second, refresh, me] = operations.as_slice() else {
            panic!("the walk has other steps: {operations:#?}");
        };
        let guest = app.guest();
        let done = json!([]);

        assert_eq!(payload(&guest, sign_up, json!({})).await["userErrors"], done);
        let signed_in = payload(&guest, sign_in, json!({})).await;
        assert_eq!((&signed_in["userErrors"], &signed_in["mfaChallenge"]), (&done, &Value::Null));
        let ada = guest.with_token(signed_in["accessToken"].as_str().expect("a token"));

        let enrolled = payload(&ada, enrol, json!({})).await;
        assert_eq!(enrolled["recoveryCodes"].as_array().map(Vec::len), Some(10), "{enrolled}");
        let totp = app_of(&enrolled["secret"]);
        let first = json!({ "factor": enrolled["factor"]["id"], "code": code(&totp, false) });
        let confirmed = payload(&ada, confirm, first).await;
        assert_eq!(confirmed["userErrors"], done, "{confirmed}");
        assert_eq!(confirmed["account"]["mfaFactors"][0]["isConfirmed"], true);

        let waits = payload(&guest, sign_in, json!({})).await;
        assert_eq!((&waits["accessToken"], &waits["userErrors"]), (&Value::Null, &done));
        let answer = json!({ "challenge": waits["mfaChallenge"]["id"], "code": code(&totp, true) });
        let signed_in = payload(&guest, second, answer).await;
        assert_eq!(signed_in["account"], json!({ "email": "ada@example.com" }), "{signed_in}");
        let ada = guest.with_token(signed_in["accessToken"].as_str().expect("a token"));
        assert_eq!(payload(&ada, me, json!({})).await, json!({ "email": "ada@example.com" }));

        let stolen = json!({ "refreshToken": signed_in["refreshToken"] });
        let refreshed = payload(&guest, refresh, stolen.clone()).await;
        assert_eq!(refreshed["userErrors"], done, "{refreshed}");
        let again = payload(&guest, refresh, stolen).await;
        assert_eq!(
            (&again["userErrors"][0]["code"], &again["accessToken"]),
            (&json!("BAD_CREDENTIALS"), &Value::Null)
        );
        let successor = json!({ "refreshToken": refreshed["refreshToken"] });
        let successor = payload(&guest, refresh, successor).await;
        assert_eq!(successor["userErrors"][0]["code"], "BAD_CREDENTIALS", "the family is out");
        let refreshed = guest.with_token(refreshed["accessToken"].as_str().expect("a token"));
        for token in [&ada, &refreshed] {
            assert_eq!(standing(token).await, (401, json!("UNAUTHENTICATED")));
        }
        app.stop().await;
    })
    .await;
}
