//! Long work tells how far it is, to whom it belongs.

use std::time::Duration;

use axum::{body::Body, http::Request};
use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database};

/// All that a subscription answers until its end, over Server-Sent Events.
async fn to_the_end(client: &Client, query: &str, variables: Value) -> Vec<Value> {
    let body = json!({ "query": query, "variables": variables }).to_string();
    let request = Request::post("/graphql")
        .header("content-type", "application/json")
        .header("accept", "text/event-stream")
        .body(Body::from(body));
    let answer = client.send(request.expect("a request")).await;
    let text = String::from_utf8(answer.body).expect("text");
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

const FOLLOW: &str = "subscription($id: ID!, $after: String) { workEvents(id: $id, after: $after) { \
                      cursor state done failed total } }";

#[tokio::test]
async fn a_job_is_followed_from_its_start_to_its_end_and_resumed_in_between() {
    on_each_database(async |app: TestApp| {
        let client = app.sign_in(&app.email(50).await).await;
        let before = app.app().platform().events.head().to_string();
        let started = client.ask("mutation { work(steps: 4) }", json!({})).await;
        let job = &started["data"]["work"];

        let told = to_the_end(&client, FOLLOW, json!({ "id": job, "after": before })).await;
        let events: Vec<&Value> = told.iter().map(|answer| &answer["data"]["workEvents"]).collect();
        let states: Vec<&Value> = events.iter().map(|event| &event["state"]).collect();
        assert_eq!(states[..2], [&json!("QUEUED"), &json!("RUNNING")], "{told:?}");
        let last = events.last().expect("an end");
        assert_eq!(
            (&last["state"], &last["done"], &last["failed"], &last["total"]),
            (&json!("SUCCEEDED"), &json!(4), &json!(1), &json!(4))
        );
        let resumed = json!({ "id": job, "after": events[0]["cursor"] });
        assert_eq!(to_the_end(&client, FOLLOW, resumed).await, told[1..]);

        let stranger = app.sign_in(&app.email(51).await).await;
        let variables = json!({ "id": job, "after": before });
        let waiting = to_the_end(&stranger, FOLLOW, variables);
        let told = tokio::time::timeout(Duration::from_millis(400), waiting).await;
        assert!(told.is_err(), "a stranger was told {told:?}");
        app.stop().await;
    })
    .await;
}
