//! Suspended accounts through the front door: out at once, everywhere, by whatever
//! means, until somebody takes it back.

use std::time::Duration;

use gateway::Config;
use serde_json::{Value, json};
use tests::{Client, Socket, TestApp, execute, number, on_each_database, on_each_database_with};

use super::{PASSWORD, data, is_refused, refresh, rows, sign_in, somebody, standing};
use crate::instances::beside;

const SET: &str = "mutation($id: ID!, $suspended: Boolean!, $reason: String) { accountSuspensionSet( \
    accountId: $id, suspended: $suspended, reason: $reason) { account { id suspensionReason version } \
    userErrors { code field } } }";

async fn admin(app: &TestApp) -> Client {
    app.sign_in("alma-admin@demo.example").await
}

async fn id(client: &Client) -> Value {
    data(client, "{ me { id } }", json!({})).await["me"]["id"].take()
}

async fn set(admin: &Client, id: &Value, suspended: bool, reason: Option<&str>) -> Value {
    let variables = json!({ "id": id, "suspended": suspended, "reason": reason });
    data(admin, SET, variables).await["accountSuspensionSet"].take()
}

async fn suspend(admin: &Client, id: &Value) {
    let suspended = set(admin, id, true, Some(" Spam. ")).await;
    assert_eq!(suspended["account"]["suspensionReason"], "Spam.", "{suspended}");
}

fn code(payload: &Value) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or("OK")
}

fn vigilant(config: &mut Config) {
    config.realtime.token_check = Duration::from_millis(200);
}

#[tokio::test]
async fn a_suspended_account_is_out_on_every_gateway_until_that_is_taken_back() {
    on_each_database_with(vigilant, async |app| {
        let second = beside(&app, vigilant).await;
        let admin = admin(&app).await;
        let ada = somebody(&app, "ada").await;
        let own = id(&ada).await;
        let signed_in = sign_in(&app.guest(), "ada@example.com", PASSWORD).await;
        let elsewhere = Client::new(second.router()).with_token(ada.token().expect("a token"));
        assert_eq!(standing(&elsewhere).await.0, 200);
        let served = app.serve().await;
        let follow = "subscription { notificationEvents { cursor } }";
        let mut socket = Socket::subscribed(&served, &ada, follow, json!({})).await;

        suspend(&admin, &own).await;

        assert!(is_refused(standing(&ada).await));
        while let Some(message) = socket.next().await {
            assert_eq!(message["type"], "next", "{message}");
        }
        for _ in 0..600 {
            if is_refused(standing(&elsewhere).await) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert!(is_refused(standing(&elsewhere).await), "on the other gateway, too");
        let token = &signed_in["refreshToken"];
        assert_eq!(code(&refresh(&app.guest(), token).await), "BAD_CREDENTIALS");
        let right = sign_in(&app.guest(), "ada@example.com", PASSWORD).await;
        assert_eq!((code(&right), &right["account"]), ("SUSPENDED", &json!(null)));
        let wrong = sign_in(&app.guest(), "ada@example.com", "wrong horse battery").await;
        assert_eq!(code(&wrong), "BAD_CREDENTIALS", "who does not know the password learns nothing");

        let back = set(&admin, &own, false, None).await;
        assert_eq!(back["account"]["suspensionReason"], json!(null), "{back}");
        assert!(is_refused(standing(&ada).await), "its old sessions stay ended");
        let again = app.guest().sign_in("ada@example.com", PASSWORD).await;
        assert_eq!(id(&again).await, own);
        drop(served);
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_suspension_shows_behind_the_last_step_only() {
    on_each_database(async |app| {
        let admin = admin(&app).await;
        let (ada, mut passkey, _) = crate::passkeys::holder(&app, "ada").await;
        let own = id(&ada).await;
        let under_way = crate::passkeys::first_step(&app, "ada").await;
        let alone = crate::passkeys::ask(&app.guest(), "SIGN_IN").await;

        suspend(&admin, &own).await;

        let given = passkey.get(&under_way["passkeyOptions"]).to_string();
        let gone = crate::passkeys::answer(&app, &under_way, &given).await;
        assert_eq!(code(&gone), "EXPIRED", "a first step from before is worth nothing");
        let challenge = crate::passkeys::first_step(&app, "ada").await;
        let wrong = crate::passkeys::answer(&app, &challenge, "000000").await;
        assert_eq!(code(&wrong), "BAD_CREDENTIALS");
        let given = passkey.get(&challenge["passkeyOptions"]).to_string();
        assert_eq!(code(&crate::passkeys::answer(&app, &challenge, &given).await), "SUSPENDED");
        let signed_in = crate::passkeys::sign_in_with(&app.guest(), &passkey.get(&alone)).await;
        assert_eq!(code(&signed_in), "SUSPENDED");
        let theirs =
            format!("SELECT count(*) FROM sessions WHERE revoked_at IS NULL AND account_id = {own}");
        assert_eq!(number(&app, &theirs.replace('"', "'")).await, 0);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn suspending_is_told_without_the_reason_and_once() {
    on_each_database(async |app| {
        let admin = admin(&app).await;
        let own = id(&somebody(&app, "ada").await).await;
        let told = "SELECT count(*) FROM events WHERE kind = 'account.suspension_set'";

        suspend(&admin, &own).await;
        let again = set(&admin, &own, true, Some("Another.")).await;

        assert_eq!(again["account"]["suspensionReason"], "Spam.", "it stays as it is");
        assert_eq!(number(&app, told).await, 1);
        let words = "SELECT count(*) FROM events WHERE CAST(payload AS TEXT) LIKE '%Spam%'";
        assert_eq!(number(&app, words).await, 0);
        for _ in 0..2 {
            assert_eq!(set(&admin, &own, false, None).await["userErrors"], json!([]));
        }
        assert_eq!(number(&app, told).await, 2);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_suspends_themselves_or_without_a_reason_or_somebody_who_is_not_there() {
    on_each_database(async |app| {
        let admin = admin(&app).await;
        let (ada, own) = (id(&somebody(&app, "ada").await).await, id(&admin).await);
        let before = rows(&app, super::PEOPLE).await;
        let long = "x".repeat(501);

        let himself = set(&admin, &own, true, Some("Enough.")).await;
        assert_eq!(
            himself["userErrors"],
            json!([{ "code": "FORBIDDEN_TRANSITION", "field": ["accountId"] }])
        );
        for reason in [None, Some(""), Some(" "), Some("a\u{7}"), Some(long.as_str())] {
            let refused = set(&admin, &ada, true, reason).await;
            assert_eq!(
                refused["userErrors"],
                json!([{ "code": "INVALID", "field": ["reason"] }]),
                "{reason:?}"
            );
        }
        for nobody in [json!("acct_01KCXKZQQ2WA0CPSVDR8PGTVQ5"), json!("rubbish")] {
            let refused = set(&admin, &nobody, true, Some("Spam.")).await;
            assert_eq!(refused["userErrors"], json!([{ "code": "NOT_FOUND", "field": ["accountId"] }]));
        }

        assert_eq!(rows(&app, super::PEOPLE).await, before);
        assert_eq!(
            number(&app, "SELECT count(*) FROM accounts WHERE suspended_at IS NOT NULL").await,
            0
        );
        execute(&app, "DELETE FROM sessions").await;
        app.stop().await;
    })
    .await;
}
