//! Guesses at passwords and codes get slower for each account, over all instances,
//! and tell nothing while they are refused.

use std::time::Duration;

use futures_util::future::join_all;
use gateway::{BudgetConfig, Config};
use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database_with, redis::Redis};

use super::{PASSWORD, new, refresh, sign_up, somebody};
use crate::instances::beside;

const SIGN_IN: &str = "mutation($method: SignInMethod!) { sessionSignIn(input: { method: $method }) { \
    accessToken refreshToken mfaChallenge { id } account { id } userErrors { __typename code field \
    message ... on RateLimitedError { retryAfterMs } } } }";

/// A bucket that is as good as never full again once it was used.
const fn only(points: u32) -> BudgetConfig {
    BudgetConfig { points, restore: 0.001 }
}

fn three_guesses(config: &mut Config) {
    config.limits.attempts.email = only(1_000);
    config.limits.attempts.address = only(1_000);
    config.limits.guesses.account = only(3);
    config.limits.guesses.address = only(1_000);
}

/// The payload of a sign-in; the wait, which differs by the moment, is told apart.
async fn sign_in(client: &Client, method: Value) -> (Value, Option<i64>) {
    let mut answer = client.ask(SIGN_IN, json!({ "method": method })).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    let mut payload = answer["data"]["sessionSignIn"].take();
    let error = payload["userErrors"].get_mut(0).and_then(Value::as_object_mut);
    let wait = error.and_then(|error| error.remove("retryAfterMs")?.as_i64());
    (payload, wait)
}

async fn guess(client: &Client, email: &str, password: &str) -> (Value, Option<i64>) {
    sign_in(client, json!({ "password": { "email": email, "password": password } })).await
}

fn code((payload, _): &(Value, Option<i64>)) -> &str {
    payload["userErrors"][0]["code"].as_str().unwrap_or("OK")
}

#[tokio::test]
async fn of_many_guesses_at_once_through_two_gateways_a_few_are_looked_at() {
    let Some(redis) = Redis::start().await else { return };
    let url = redis.url();
    let configure = |config: &mut Config| {
        three_guesses(config);
        config.limits.guesses.account = only(7);
        config.redis.url = url.as_str().into();
    };
    on_each_database_with(configure, async |app: TestApp| {
        let second = beside(&app, configure).await;
        let gateways = [app.guest(), Client::new(second.router())];
        somebody(&app, "ada").await;
        for gateway in &gateways {
            let mut tries = 0;
            while gateway.get("/health/ready").await.json()["limits"]["status"] != "up" {
                tries += 1;
                assert!(tries < 1_000, "the gateway reaches Redis");
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        }

        for email in ["ada@example.com", "nobody@example.com"] {
            let guesses = (0..50).map(|index| guess(&gateways[index % 2], email, "wrong horse battery"));
            let answers = join_all(guesses).await;
            let looked_at = answers.iter().filter(|answer| code(answer) == "BAD_CREDENTIALS").count();
            let refused = answers.iter().filter(|answer| code(answer) == "RATE_LIMITED");
            assert!((1..=7).contains(&looked_at), "{looked_at} guesses at {email} got through");
            assert_eq!(
                refused.filter(|(_, wait)| wait.is_some_and(|wait| wait > 0)).count(),
                50 - looked_at
            );
            for gateway in &gateways {
                assert_eq!(code(&guess(gateway, email, PASSWORD).await), "RATE_LIMITED");
            }
        }
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_is_told_to_wait_learns_nothing_and_who_is_signed_in_goes_on() {
    on_each_database_with(three_guesses, async |app: TestApp| {
        let guest = app.guest();
        let signed_up = sign_up(&guest, new("ada")).await;
        assert_eq!(signed_up["userErrors"], json!([]));
        let (first, _) = guess(&guest, "ada@example.com", PASSWORD).await;
        let device = guest.with_token(first["accessToken"].as_str().expect("a token"));

        let mut told = Vec::new();
        for email in ["ada@example.com", "nobody@example.com"] {
            let mut answers = Vec::new();
            for spelling in [email.to_owned(), email.to_uppercase(), format!(" {email} ")] {
                answers.push(guess(&guest, &spelling, "wrong horse battery").await.0);
            }
            // The fourth is right for one of them.
            let (refused, wait) = guess(&guest, email, PASSWORD).await;
            assert!(wait.is_some_and(|wait| (1..=1_000_000).contains(&wait)), "{wait:?}");
            answers.push(refused);
            told.push(answers);
        }
        assert_eq!(told[0], told[1], "an email that is known reads like one that is not");
        assert_eq!(told[0][2]["userErrors"][0]["code"], "BAD_CREDENTIALS");
        let limited = json!({ "accessToken": null, "refreshToken": null, "mfaChallenge": null, "account": null,
            "userErrors": [{ "__typename": "RateLimitedError", "code": "RATE_LIMITED", "field": null,
            "message": "too many tries: wait for `retryAfterMs`" }] });
        assert_eq!(told[0][3], limited);

        // Nobody is locked out of a session, nor by guesses at somebody else.
        let (again, _) = guess(&device, "ada@example.com", PASSWORD).await;
        assert!(again["accessToken"].is_string(), "{again}");
        let refreshed = refresh(&guest, &first["refreshToken"]).await;
        assert!(refreshed["accessToken"].is_string(), "{refreshed}");
        somebody(&app, "eve").await;
        assert_eq!(super::standing(&device).await.0, 200);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn guesses_go_on_after_the_wait_and_right_ones_are_not_counted() {
    let configure = |config: &mut Config| {
        three_guesses(config);
        config.limits.guesses.account = BudgetConfig { points: 2, restore: 0.5 };
    };
    let app = TestApp::sqlite_with(configure).await;
    somebody(&app, "ada").await;
    let guest = app.guest();

    for _ in 0..6 {
        assert_eq!(code(&guess(&guest, "ada@example.com", PASSWORD).await), "OK");
    }
    // At once, so that nothing is restored between them.
    let wrong = (0..8).map(|_| guess(&guest, "ada@example.com", "wrong horse battery"));
    let outcomes = join_all(wrong).await;
    let refused: Vec<_> = outcomes.iter().filter(|outcome| code(outcome) == "RATE_LIMITED").collect();
    assert!(!refused.is_empty() && refused.len() < outcomes.len(), "{outcomes:?}");
    let waits = refused.iter().map(|outcome| outcome.1.expect("how long"));
    let wait = u64::try_from(waits.max().expect("one was refused")).expect("a while");
    tokio::time::sleep(Duration::from_millis(wait + 20)).await;
    assert_eq!(code(&guess(&guest, "ada@example.com", PASSWORD).await), "OK");
    app.stop().await;
}

#[tokio::test]
async fn codes_of_the_second_step_are_guesses_too() {
    on_each_database_with(three_guesses, async |app: TestApp| {
        let ada = somebody(&app, "ada").await;
        let enrol = "mutation { mfaEnroll(kind: TOTP) { factor { id } secret recoveryCodes } }";
        let enrolled = super::data(&ada, enrol, json!({})).await["mfaEnroll"].take();
        let confirm = "mutation($id: ID!, $code: String!) { mfaFactorSet(id: $id, code: $code) { \
            userErrors { code } } }";
        let code_of_now = super::walk::code(&super::walk::app_of(&enrolled["secret"]), false);
        let variables = json!({ "id": enrolled["factor"]["id"], "code": code_of_now });
        super::data(&ada, confirm, variables).await;
        let guest = app.guest();
        let challenge = async || {
            let (payload, _) = guess(&guest, "ada@example.com", PASSWORD).await;
            payload["mfaChallenge"]["id"].clone()
        };
        let answer = async |challenge: &Value, response: &Value| {
            let mfa = json!({ "mfa": { "challengeId": challenge, "response": response } });
            sign_in(&guest, mfa).await
        };

        let (first, second) = (challenge().await, challenge().await);
        for (challenge, wrong) in [(&first, "000000"), (&second, "abcd-efgh-jkmn"), (&second, "111111")]
        {
            assert_eq!(code(&answer(challenge, &json!(wrong)).await), "BAD_CREDENTIALS");
        }
        // A recovery code is as good as ever, and not looked at.
        let right = &enrolled["recoveryCodes"][0];
        assert_eq!(code(&answer(&first, right).await), "RATE_LIMITED");
        assert_eq!(code(&guess(&guest, "ada@example.com", PASSWORD).await), "RATE_LIMITED");
        let unused =
            "mutation($code: String!) { mfaRecoveryCodesRenew(code: $code) { userErrors { code } } }";
        let renewed = super::data(&ada, unused, json!({ "code": right })).await;
        assert_eq!(renewed["mfaRecoveryCodesRenew"]["userErrors"], json!([]), "it was not used up");
        app.stop().await;
    })
    .await;
}
