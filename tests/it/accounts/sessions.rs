//! Sessions: how they go on, and how they end.

use futures_util::future::join_all;
use kit::{Id as _, ids::SessionId};
use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database};

use super::{
    PASSWORD, PEOPLE, data, is_refused, new, refresh, refused, rows, sign_in, sign_up, somebody,
    standing,
};

const REVOKE: &str = "mutation($id: ID) { sessionRevoke(id: $id) { account { email sessions { id \
    isCurrent } } userErrors { code field message } } }";

const BAD_TOKEN: &str = "this refresh token is not good: sign in again";

/// A signed-in device of Ada: its client and its refresh token.
async fn device(app: &TestApp) -> (Client, Value) {
    let payload = sign_in(&app.guest(), "ada@example.com", PASSWORD).await;
    let token = payload["accessToken"].as_str().unwrap_or_else(|| panic!("{payload}"));
    (app.guest().with_token(token), payload["refreshToken"].clone())
}

/// The session of this client.
async fn session(client: &Client) -> Value {
    let answer = data(client, "{ me { sessions { id isCurrent } } }", json!({})).await;
    let sessions = answer["me"]["sessions"].as_array().expect("sessions");
    sessions.iter().find(|session| session["isCurrent"] == true).expect("one is current")["id"].clone()
}

async fn revoke(client: &Client, id: Value) -> Value {
    data(client, REVOKE, json!({ "id": id })).await["sessionRevoke"].take()
}

#[tokio::test]
async fn a_refresh_rotates_the_tokens_and_the_session_goes_on() {
    on_each_database(async |app| {
        sign_up(&app.guest(), new("ada")).await;
        let (before, token) = device(&app).await;

        let refreshed = refresh(&app.guest(), &token).await;

        assert_eq!(refreshed["userErrors"], json!([]));
        assert_eq!(refreshed["account"]["email"], "ada@example.com");
        assert_ne!(refreshed["refreshToken"], token);
        let after = app.guest().with_token(refreshed["accessToken"].as_str().expect("a token"));
        assert_eq!(session(&after).await, session(&before).await);
        assert_eq!(rows(&app, ["sessions"]).await, [1]);
        assert_eq!(refresh(&app.guest(), &refreshed["refreshToken"]).await["userErrors"], json!([]));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_used_refresh_token_ends_its_session_for_everybody_who_has_it() {
    on_each_database(async |app| {
        sign_up(&app.guest(), new("ada")).await;
        let (elsewhere, _) = device(&app).await;
        let (stolen, used) = device(&app).await;
        let refreshed = refresh(&app.guest(), &used).await;
        let thief = app.guest().with_token(refreshed["accessToken"].as_str().expect("a token"));
        assert_eq!(standing(&thief).await.0, 200);

        let again = refresh(&app.guest(), &used).await;

        let expected = refused("BAD_CREDENTIALS", json!(["method", "refreshToken"]), BAD_TOKEN);
        assert_eq!(again, expected);
        assert!(is_refused(standing(&thief).await) && is_refused(standing(&stolen).await));
        assert_eq!(refresh(&app.guest(), &refreshed["refreshToken"]).await, expected);
        assert_eq!(standing(&elsewhere).await.0, 200, "another session of the account goes on");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_refreshes_at_once_with_one_token_one_wins_and_the_session_ends() {
    on_each_database(async |app| {
        sign_up(&app.guest(), new("ada")).await;
        let (ada, token) = device(&app).await;
        let guest = app.guest();

        let payloads = join_all((0..8).map(|_| refresh(&guest, &token))).await;

        let winners: Vec<&Value> =
            payloads.iter().filter(|payload| payload["accessToken"].is_string()).collect();
        assert_eq!(winners.len(), 1, "{payloads:?}");
        let losers =
            payloads.iter().filter(|payload| payload["userErrors"][0]["code"] == "BAD_CREDENTIALS");
        assert_eq!(losers.count(), 7, "{payloads:?}");
        let winner = guest.with_token(winners[0]["accessToken"].as_str().expect("a token"));
        assert!(is_refused(standing(&winner).await) && is_refused(standing(&ada).await));
        assert_eq!(
            refresh(&guest, &winners[0]["refreshToken"]).await["userErrors"][0]["code"],
            "BAD_CREDENTIALS"
        );
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_unknown_refresh_token_is_refused() {
    on_each_database(async |app| {
        let before = rows(&app, PEOPLE).await;
        let expected = refused("BAD_CREDENTIALS", json!(["method", "refreshToken"]), BAD_TOKEN);

        for token in ["", "nonsense", "a\0b", &"x".repeat(10_000)] {
            assert_eq!(refresh(&app.guest(), &json!(token)).await, expected);
        }

        assert_eq!(rows(&app, PEOPLE).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_and_its_tokens_with_it() {
    on_each_database(async |app| {
        sign_up(&app.guest(), new("ada")).await;
        let ((here, _), (there, refresh_token)) = (device(&app).await, device(&app).await);
        let (own, other) = (session(&here).await, session(&there).await);

        let payload = revoke(&here, other.clone()).await;

        let account =
            json!({ "email": "ada@example.com", "sessions": [{ "id": own, "isCurrent": true }] });
        assert_eq!(payload, json!({ "account": account, "userErrors": [] }));
        assert!(is_refused(standing(&there).await));
        assert_eq!(
            refresh(&app.guest(), &refresh_token).await["userErrors"][0]["code"],
            "BAD_CREDENTIALS"
        );
        let gone = json!({ "code": "NOT_FOUND", "field": ["id"], "message": "session not found" });
        assert_eq!(
            revoke(&here, other).await,
            json!({ "account": null, "userErrors": [gone] }),
            "it ended before"
        );
        assert_eq!(standing(&here).await.0, 200);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn signing_out_ends_ones_own_session() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let own = session(&ada).await;

        let payload = revoke(&ada, own).await;

        let account = json!({ "email": "ada@example.com", "sessions": [] });
        assert_eq!(payload, json!({ "account": account, "userErrors": [] }));
        assert!(is_refused(standing(&ada).await));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn all_other_sessions_of_an_account_end_at_once_and_nobody_elses() {
    on_each_database(async |app| {
        sign_up(&app.guest(), new("ada")).await;
        let eve = somebody(&app, "eve").await;
        let (here, first, second) = (device(&app).await.0, device(&app).await.0, device(&app).await.0);
        let own = session(&here).await;

        let payload = revoke(&here, Value::Null).await;
        let again = revoke(&here, Value::Null).await;

        let account =
            json!({ "email": "ada@example.com", "sessions": [{ "id": own, "isCurrent": true }] });
        assert_eq!(payload, json!({ "account": account, "userErrors": [] }));
        assert_eq!(again, payload);
        assert!(is_refused(standing(&first).await) && is_refused(standing(&second).await));
        assert_eq!((standing(&here).await.0, standing(&eve).await.0), (200, 200));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn somebody_elses_session_is_not_found_and_goes_on() {
    on_each_database(async |app| {
        let (ada, eve) = (somebody(&app, "ada").await, somebody(&app, "eve").await);
        let admin = app.sign_in("alma-admin@demo.example").await;
        let adas = session(&ada).await;
        let before = rows(&app, PEOPLE).await;
        let gone = json!({ "code": "NOT_FOUND", "field": ["id"], "message": "session not found" });
        let expected = json!({ "account": null, "userErrors": [gone] });

        assert_eq!(revoke(&eve, adas.clone()).await, expected);
        assert_eq!(revoke(&admin, adas).await, expected);
        assert_eq!(revoke(&eve, json!(SessionId::generate())).await, expected);

        assert_eq!(standing(&ada).await.0, 200);
        assert_eq!(rows(&app, PEOPLE).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_id_of_another_kind_is_no_session() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let before = rows(&app, PEOPLE).await;

        for id in ["", "nonsense", "sess_nonsense", "acct_01ARZ3NDEKTSV4RRFFQ69G5FAV"] {
            let answer = ada.ask(REVOKE, json!({ "id": id })).await;
            let refused = &answer["data"]["sessionRevoke"]["userErrors"][0];
            assert_eq!(refused["code"], "NOT_FOUND", "{id}: {answer}");
        }

        assert_eq!(standing(&ada).await.0, 200);
        assert_eq!(rows(&app, PEOPLE).await, before);
        app.stop().await;
    })
    .await;
}
