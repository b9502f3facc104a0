//! How long an answer takes does not tell whether an email is known. Only ratios
//! are looked at: machines differ.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database_with};

use super::{SIGN_IN, SIGN_UP, new, somebody};

/// Measurements of each side.
const ROUNDS: usize = 11;
/// A busy machine is given another chance.
const CHANCES: usize = 5;

/// How much longer the first takes than the second, by the medians of measurements
/// that alternate.
async fn ratio(client: &Client, operation: &str, variables: impl Fn(bool, usize) -> Value) -> f64 {
    let mut took = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        for (side, took) in took.iter_mut().enumerate() {
            let variables = variables(side == 0, round);
            let start = Instant::now();
            let answer = client.ask(operation, variables).await;
            took.push(start.elapsed());
            assert_eq!(answer.get("errors"), None, "{answer}");
        }
    }
    let [known, unknown] = took.map(|mut took: Vec<Duration>| {
        took.sort();
        took[ROUNDS / 2].as_secs_f64()
    });
    known / unknown
}

async fn takes_as_long(client: &Client, operation: &str, variables: impl Fn(bool, usize) -> Value) {
    let mut ratios = Vec::new();
    for chance in 0..CHANCES {
        let ratio =
            ratio(client, operation, |is_known, round| variables(is_known, chance * ROUNDS + round));
        let ratio = ratio.await;
        if (0.5..2.0).contains(&ratio) {
            return;
        }
        ratios.push(ratio);
    }
    panic!("a known email is told by the time: {ratios:?} in {operation}");
}

#[tokio::test]
async fn no_answers_time_tells_whether_an_email_is_known() {
    on_each_database_with(
        |config| config.limits.enabled = false,
        async |app: TestApp| {
            somebody(&app, "ada").await;
            let guest = app.guest();
            let email = |is_known, round| match is_known {
                true => "ada@example.com".to_owned(),
                false => format!("nobody-{round}@example.com"),
            };

            takes_as_long(&guest, SIGN_IN, |is_known, round| {
                let login =
                    json!({ "email": email(is_known, round), "password": "wrong horse battery" });
                json!({ "method": { "password": login } })
            })
            .await;
            takes_as_long(&guest, SIGN_UP, |is_known, round| {
                let mut input = new(&format!("new-{is_known}-{round}"));
                input["email"] = json!(email(is_known, round));
                json!({ "input": input })
            })
            .await;
            let reset = "mutation($email: String!) { passwordResetRequest(email: $email) }";
            takes_as_long(
                &guest,
                reset,
                |is_known, round| json!({ "email": email(is_known, 1_000 + round) }),
            )
            .await;
            app.stop().await;
        },
    )
    .await;
}
