//! Bearer tokens of a provider: whose they are, and what they are good for.

use std::{collections::HashSet, time::Duration};

use futures_util::future::join_all;
use gateway::Config;
use kit::Backend;
use serde_json::{Value, json};
use tests::{Client, Socket, TestApp, on_each_database_with};

use super::{
    ACCOUNTS, id, kinds, me, provider,
    scripted::{Scripted, now},
    trusting,
};
use crate::accounts::{data, rows, standing, walk};

fn ada() -> Value {
    json!({ "sub": "u-1", "preferred_username": "Ada.L", "name": "Ada Lovelace", "email": "Ada@x.example",
        "email_verified": true })
}

#[tokio::test]
async fn the_first_token_of_somebody_makes_an_account_and_later_ones_find_it() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let [users, accounts, identities, sessions, _] = rows(&app, ACCOUNTS).await;
        let client = app.guest().with_token(&acme.token(ada()));

        let first = me(&client).await;
        let again = me(&app.guest().with_token(&acme.token(json!({ "sub": "u-1" })))).await;

        let expected = json!({
            "email": "ada@x.example", "emailVerified": false, "roles": ["CUSTOMER"],
            "user": { "handle": "ada-l", "displayName": "Ada Lovelace" },
            "identities": [{ "provider": "acme", "label": "Ada@x.example" }], "sessions": [],
        });
        assert_eq!((first, again), (expected.clone(), expected));
        let [users_after, accounts_after, identities_after, sessions_after, _] =
            rows(&app, ACCOUNTS).await;
        let added = [users_after - users, accounts_after - accounts, identities_after - identities];
        assert_eq!((added, sessions_after), ([1, 1, 1], sessions));
        let told = ["identity.linked", "account.created", "account.confirmation_requested"];
        assert_eq!(kinds(&app).await, told);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_token_from_before_an_erasure_makes_no_account_and_a_later_one_does() {
    let acme = Scripted::start().await;
    let soon = |config: &mut Config| {
        trusting(provider(&acme.url))(config);
        config.auth.deletion_grace = Duration::ZERO;
        config.auth.deletion_pause = Duration::from_millis(50);
    };
    on_each_database_with(soon, async |app| {
        let [_, before, ..] = rows(&app, ACCOUNTS).await;
        let expires = i64::try_from(now()).expect("in range") + 90 * 24 * 60 * 60;
        let mut claims = ada();
        claims["iat"] = json!(now() - 5);
        claims["exp"] = json!(expires);
        let old = app.guest().with_token(&acme.token(claims));
        let set = "mutation { accountDeletionSet(scheduled: true) { userErrors { code } } }";
        assert_eq!(data(&old, set, json!({})).await["accountDeletionSet"]["userErrors"], json!([]));
        let mut tries = 0;
        while rows(&app, ["accounts"]).await != [before] {
            tries += 1;
            assert!(tries < 600, "the account is erased");
            tokio::time::sleep(Duration::from_millis(25)).await;
        }

        for _ in 0..2 {
            assert_eq!(standing(&old).await, (401, json!("UNAUTHENTICATED")));
        }
        assert_eq!(rows(&app, ["accounts"]).await, [before]);
        let kept = tests::number(&app, "SELECT kept_until / 1000 FROM erased_logins").await;
        assert!(kept >= expires, "as long as that token is good");
        let mut claims = ada();
        claims["iat"] = json!(now() + 2);
        let new = app.guest().with_token(&acme.token(claims));
        assert_eq!(me(&new).await["user"]["displayName"], "Ada Lovelace", "who comes again is welcome");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_suspended_accounts_tokens_of_a_provider_are_refused() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let client = app.guest().with_token(&acme.token(ada()));
        let own = id(&client).await;
        let admin = app.sign_in("alma-admin@demo.example").await;
        let set = "mutation($id: ID!, $on: Boolean!) { accountSuspensionSet(accountId: $id, suspended: $on, \
                   reason: \"Spam.\") { userErrors { code } } }";

        for (on, expected) in [(true, 401), (false, 200)] {
            data(&admin, set, json!({ "id": own, "on": on })).await;
            assert_eq!(standing(&client).await.0, expected);
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_first_requests_at_once_through_two_gateways_all_get_one_account() {
    let acme = Scripted::start().await;
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let Some(app) = TestApp::start(backend, trusting(provider(&acme.url))).await else { continue };
        let mut config = app.config();
        trusting(provider(&acme.url))(&mut config);
        let other = gateway::App::start(config, gateway::Extra::default()).await.expect("it starts");
        let elsewhere = Client::new(other.router());
        let before = rows(&app, ["users", "accounts", "identities"]).await;
        let token = acme.token(ada());

        let ids = join_all((0..20).map(async |index| match index % 2 {
            0 => id(&app.guest().with_token(&token)).await.to_string(),
            _ => id(&elsewhere.with_token(&token)).await.to_string(),
        }))
        .await;

        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1, "{ids:?}");
        assert_ne!(ids[0], "null");
        assert_eq!(rows(&app, ["users", "accounts", "identities"]).await, before.map(|count| count + 1));
        assert_eq!(kinds(&app).await.len(), 3);
        other.stop().await;
        app.stop().await;
    }
}

#[tokio::test]
async fn accounts_of_the_same_name_get_handles_of_their_own() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let handle = async |subject: &str| {
            let token = acme.token(json!({ "sub": subject, "preferred_username": "alma-admin" }));
            me(&app.guest().with_token(&token)).await["user"]["handle"].as_str().expect("one").to_owned()
        };

        let handles = [handle("u-1").await, handle("u-2").await, handle("u-3").await];

        assert!(handles.iter().all(|handle| handle.starts_with("alma-admin-")), "{handles:?}");
        assert_eq!(handles.iter().collect::<HashSet<_>>().len(), 3, "{handles:?}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn people_who_come_at_once_under_one_name_and_email_are_people_of_their_own() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let came = join_all((0..12).map(async |number| {
            let claims = json!({ "sub": format!("u-{number}"), "name": "Ada",
                "email": "ada@x.example", "email_verified": true });
            me(&app.guest().with_token(&acme.token(claims))).await
        }))
        .await;

        let handles: HashSet<_> = came.iter().map(|one| one["user"]["handle"].to_string()).collect();
        assert_eq!(handles.len(), 12, "{handles:?}");
        assert_eq!(came.iter().filter(|one| one["email"] == "ada@x.example").count(), 1, "{came:?}");
        assert_eq!(came.iter().filter(|one| one["email"].is_null()).count(), 11, "{came:?}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_token_of_somebody_known_costs_one_statement() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let client = app.guest().with_token(&acme.token(ada()));
        client.ask("{ hello }", json!({})).await;

        let (answer, statements) = app.statements(client.ask("{ hello }", json!({}))).await;

        assert_eq!((answer["data"]["hello"].is_string(), statements), (true, 1));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_token_that_is_not_for_us_now_is_refused_and_makes_nobody() {
    let acme = Scripted::start().await;
    let mut with_parties = provider(&acme.url);
    with_parties.authorized_parties = vec!["https://app.example".to_owned()];
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let before = rows(&app, ACCOUNTS).await;
        let bad = [
            json!({ "exp": now() - 61 }),
            json!({ "exp": null }),
            json!({ "exp": "tomorrow" }),
            json!({ "nbf": now() + 90 }),
            json!({ "nbf": "soon" }),
            json!({ "iat": now() + 90 }),
            json!({ "aud": "somebody else" }),
            json!({ "aud": ["somebody", 7] }),
            json!({ "aud": null }),
            json!({ "aud": [] }),
            json!({ "aud": ["weft", "other"] }),
            json!({ "aud": ["weft", "other"], "azp": "other" }),
            json!({ "sub": "" }),
            json!({ "sub": null }),
            json!({ "sub": "x".repeat(256) }),
            json!({ "sub": "a\u{0}b" }),
            json!({ "iss": format!("{}/", acme.url) }),
        ];

        for claims in bad {
            let mut all = ada();
            for (name, value) in claims.as_object().expect("an object") {
                all[name] = value.clone();
            }
            let client = app.guest().with_token(&acme.token(all));
            assert_eq!(standing(&client).await, (401, json!("UNAUTHENTICATED")), "{claims}");
        }
        for header in [json!({ "typ": "logout+jwt" }), json!({ "crit": ["b64"], "b64": false })] {
            let client = app.guest().with_token(&acme.token_headed(&header, ada()));
            assert_eq!(standing(&client).await, (401, json!("UNAUTHENTICATED")), "{header}");
        }

        assert_eq!(rows(&app, ACCOUNTS).await, before);
        let good = [
            json!({ "exp": now() - 30 }),
            json!({ "nbf": now() + 30, "iat": now() + 30 }),
            json!({ "exp": (now() + 60) as f64 + 0.5 }),
            json!({ "aud": ["weft", "other"], "azp": "weft" }),
            json!({ "aud": ["weft"], "azp": "an app" }),
        ];
        for claims in good {
            let mut all = ada();
            for (name, value) in claims.as_object().expect("an object") {
                all[name] = value.clone();
            }
            let client = app.guest().with_token(&acme.token(all));
            assert_eq!(standing(&client).await.0, 200, "{claims}");
        }
        let header = json!({ "typ": "at+jwt" });
        let client = app.guest().with_token(&acme.token_headed(&header, ada()));
        assert_eq!(standing(&client).await.0, 200);
        app.stop().await;
    })
    .await;
    let app = TestApp::sqlite_with(trusting(with_parties)).await;
    for (party, status) in
        [(json!("https://app.example"), 200), (json!("an app"), 401), (json!(null), 401)]
    {
        let token = acme.token(json!({ "sub": "u-1", "azp": party }));
        assert_eq!(standing(&app.guest().with_token(&token)).await.0, status, "{party}");
    }
    app.stop().await;
}

#[tokio::test]
async fn a_provider_without_an_audience_signs_people_in_and_its_tokens_are_not_taken() {
    let acme = Scripted::start().await;
    let mut codes_only = provider(&acme.url);
    codes_only.audience = Vec::new();
    let app = TestApp::sqlite_with(trusting(codes_only)).await;

    for claims in [json!({ "sub": "u-1" }), json!({ "sub": "u-1", "aud": null, "azp": "weft" })] {
        let client = app.guest().with_token(&acme.token(claims));
        assert_eq!(standing(&client).await, (401, json!("UNAUTHENTICATED")));
    }

    app.stop().await;
}

#[tokio::test]
async fn who_came_by_token_has_no_session_and_may_do_everything_else() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let client = app.guest().with_token(&acme.token(ada()));
        let session = super::sign_in(&app.guest(), acme.login(json!({ "sub": "u-1" }))).await;
        let device = super::signed_in(&app, &session);
        assert_eq!(me(&client).await["sessions"], json!([{ "isCurrent": false }]));

        let revoke = "mutation { sessionRevoke { account { sessions { id } } userErrors { code } } }";
        let revoked = data(&client, revoke, json!({})).await["sessionRevoke"].take();

        assert_eq!(revoked, json!({ "account": { "sessions": [] }, "userErrors": [] }));
        assert_eq!(standing(&device).await.0, 401);
        assert_eq!(standing(&client).await.0, 200, "the provider ends its own sessions");
        let update = "mutation { accountUpdate(input: { displayName: \"Countess\" }) { \
                      account { user { displayName } } userErrors { code } } }";
        let updated = data(&client, update, json!({})).await["accountUpdate"].take();
        assert_eq!(updated["account"]["user"]["displayName"], "Countess", "{updated}");
        // A factor of ours is for sessions of ours; changing it asks for a code.
        let enroll = "mutation { mfaEnroll(kind: TOTP) { factor { id } secret userErrors { code } } }";
        let enrolled = data(&client, enroll, json!({})).await["mfaEnroll"].take();
        let code = walk::code(&walk::app_of(&enrolled["secret"]), false);
        let set = "mutation($id: ID!, $code: String!) { mfaFactorSet(id: $id, code: $code) { \
                   account { mfaFactors { isConfirmed } } userErrors { code } } }";
        let variables = json!({ "id": enrolled["factor"]["id"], "code": code });
        let confirmed = data(&client, set, variables).await["mfaFactorSet"].take();
        assert_eq!(confirmed["account"]["mfaFactors"], json!([{ "isConfirmed": true }]), "{confirmed}");
        let again = super::sign_in(&app.guest(), acme.login(json!({ "sub": "u-1" }))).await;
        assert!(again["mfaChallenge"]["id"].is_string() && again["accessToken"].is_null(), "{again}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_account_without_email_and_password_has_a_second_step_and_an_end() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let login = async || super::sign_in(&app.guest(), acme.login(json!({ "sub": "u-1" }))).await;
        let client = super::signed_in(&app, &login().await);
        let enroll = "mutation { mfaEnroll(kind: TOTP) { factor { id } secret recoveryCodes } }";
        let enrolled = data(&client, enroll, json!({})).await["mfaEnroll"].take();
        let totp = walk::app_of(&enrolled["secret"]);
        let set = "mutation($id: ID!, $code: String!) { mfaFactorSet(id: $id, code: $code) { userErrors { code } } }";
        let variables = json!({ "id": enrolled["factor"]["id"], "code": walk::code(&totp, false) });
        data(&client, set, variables).await;

        let challenge = login().await["mfaChallenge"]["id"].take();
        let answer = async |code: &str| {
            let answer = "mutation($id: ID!, $code: String!) { sessionSignIn(input: { method: { mfa: { \
                challengeId: $id, response: $code } } }) { accessToken userErrors { code } } }";
            let variables = json!({ "id": challenge, "code": code });
            data(&app.guest(), answer, variables).await["sessionSignIn"].take()
        };
        assert_eq!(answer("000000x").await["userErrors"], json!([{ "code": "BAD_CREDENTIALS" }]));
        assert!(answer(&walk::code(&totp, true)).await["accessToken"].is_string());

        let end = async |code: &Value| {
            let end = "mutation($code: String) { accountDeletionSet(scheduled: true, code: $code) { \
                account { deletionScheduledAt } userErrors { code } } }";
            data(&client, end, json!({ "code": code })).await["accountDeletionSet"].take()
        };
        assert_eq!(end(&Value::Null).await["account"], Value::Null, "a factor guards it");
        let ended = end(&enrolled["recoveryCodes"][0]).await;
        assert!(ended["account"]["deletionScheduledAt"].is_string(), "{ended}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn roles_are_those_of_the_account_whatever_a_token_says() {
    let acme = Scripted::start().await;
    let app = TestApp::sqlite_with(trusting(provider(&acme.url))).await;
    let token = acme.token(json!({ "sub": "u-1", "roles": ["ADMIN"], "role": "ADMIN", "usr": "x" }));
    let client = app.guest().with_token(&token);
    let users = "{ users(first: 1) { nodes { id } } }";
    let account = id(&client).await;
    assert_eq!(client.ask(users, json!({})).await["errors"][0]["extensions"]["code"], "FORBIDDEN");

    let set = "mutation($id: ID!) { accountRolesSet(accountId: $id, roles: [SUPPORT]) { userErrors { code } } }";
    let admin = app.sign_in("alma-admin@demo.example").await;
    data(&admin, set, json!({ "id": account })).await;

    assert_eq!(client.ask(users, json!({})).await.get("errors"), None);
    app.stop().await;
}

#[tokio::test]
async fn a_stream_ends_when_its_token_does() {
    let acme = Scripted::start().await;
    let app = TestApp::sqlite_with(|config: &mut Config| {
        trusting(provider(&acme.url))(config);
        config.auth.clock_skew = Duration::ZERO;
    })
    .await;
    let served = app.serve().await;
    let end = now() + 5;
    let client = app.guest().with_token(&acme.token(json!({ "sub": "u-1", "exp": end })));

    let query = "subscription { notificationEvents { cursor } }";
    let mut socket = Socket::subscribed(&served, &client, query, json!({})).await;

    // What is told before its end is not the matter here.
    while let Some(message) = socket.next().await {
        assert_eq!(message["type"], "next", "{message}");
    }
    assert!(now() >= end, "it ended before its token did");
    drop(served);
    app.stop().await;
}
