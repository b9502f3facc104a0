//! Codes of a provider, exchanged for sessions of ours.

use serde_json::{Value, json};
use tests::{TestApp, on_each_database_with};

use super::{
    ACCOUNTS, id, kinds, me, provider, refused,
    scripted::{Scripted, now},
    sign_in, signed_in, trusting,
};
use crate::accounts::{data, rows, standing};

#[tokio::test]
async fn a_code_starts_a_session_of_an_account_that_is_made_at_the_first_use() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let claims = json!({ "sub": "u-1", "name": "Ada Lovelace" });

        let payload = sign_in(&app.guest(), acme.login(claims.clone())).await;

        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        let client = signed_in(&app, &payload);
        let account = me(&client).await;
        assert_eq!(account["user"], json!({ "handle": "ada-lovelace", "displayName": "Ada Lovelace" }));
        assert_eq!(account["email"], Value::Null);
        assert_eq!(account["sessions"], json!([{ "isCurrent": true }]));
        assert_eq!(kinds(&app).await, ["identity.linked", "account.created", "session.started"]);
        let by_token = app.guest().with_token(&acme.token(claims.clone()));
        assert_eq!(id(&by_token).await, id(&client).await, "a token is of the same person");
        let again = sign_in(&app.guest(), acme.login(claims)).await;
        assert_eq!(again["account"], payload["account"]);
        let method = json!({ "refreshToken": payload["refreshToken"] });
        let refreshed = data(&app.guest(), super::SIGN_IN, json!({ "method": method })).await;
        assert_eq!(refreshed["sessionSignIn"]["account"], payload["account"], "{refreshed}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_code_that_is_wrong_used_or_not_ones_own_leaves_nothing_behind() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let used = acme.login(json!({ "sub": "u-1" }));
        sign_in(&app.guest(), used.clone()).await;
        let before = rows(&app, ACCOUNTS).await;
        let login = |field: &str, value: Value| {
            let mut login = acme.login(json!({ "sub": "u-2" }));
            login[field] = value;
            login
        };
        let wrong = ["method", "oauth", "code"];
        let table = [
            (used, refused("BAD_CREDENTIALS", &wrong)),
            (login("code", json!("made up")), refused("BAD_CREDENTIALS", &wrong)),
            (login("codeVerifier", json!("x".repeat(43))), refused("BAD_CREDENTIALS", &wrong)),
            (login("nonce", json!("another")), refused("BAD_CREDENTIALS", &wrong)),
            (login("code", json!("")), refused("INVALID", &wrong)),
            (login("code", json!("x".repeat(5_000))), refused("INVALID", &wrong)),
            (login("code", json!("a\nb")), refused("INVALID", &wrong)),
            (
                login("codeVerifier", json!("short")),
                refused("INVALID", &["method", "oauth", "codeVerifier"]),
            ),
            (
                login("redirectUri", json!("https://evil.example/")),
                refused("INVALID", &["method", "oauth", "redirectUri"]),
            ),
            (login("provider", json!("")), refused("NOT_FOUND", &["method", "oauth", "provider"])),
        ];

        for (login, expected) in table {
            assert_eq!(sign_in(&app.guest(), login.clone()).await, expected, "{login}");
        }

        assert_eq!(rows(&app, ACCOUNTS).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_id_token_that_is_not_for_this_sign_in_is_refused() {
    let acme = Scripted::start().await;
    let mut two = provider(&acme.url);
    // What is good for bearer tokens is not for ID tokens.
    two.audience = vec!["api".to_owned()];
    let app = TestApp::sqlite_with(trusting(two)).await;
    let before = rows(&app, ACCOUNTS).await;
    let bad = [
        json!({ "sub": "u-1", "aud": "api" }),
        json!({ "sub": "u-1", "aud": ["weft", "api"] }),
        json!({ "sub": "u-1", "aud": ["weft", "api"], "azp": "api" }),
        json!({ "sub": "u-1", "azp": "other" }),
        json!({ "sub": "u-1", "iss": "https://other.example" }),
        json!({ "sub": "u-1", "exp": now() - 61 }),
        json!({ "sub": "u-1", "iat": null }),
        json!({ "sub": "u-1", "nonce": "of another sign-in" }),
        json!({ "sub": null }),
    ];

    for claims in bad {
        let payload = sign_in(&app.guest(), acme.login(claims.clone())).await;
        assert_eq!(payload, refused("BAD_CREDENTIALS", &["method", "oauth", "code"]), "{claims}");
    }
    assert_eq!(rows(&app, ACCOUNTS).await, before);

    let mut login =
        acme.login(json!({ "sub": "u-1", "nonce": "n-1", "aud": ["weft", "api"], "azp": "weft" }));
    login["nonce"] = json!("n-1");
    login["redirectUri"] = json!("https://app.example/callback");
    let payload = sign_in(&app.guest(), login).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    app.stop().await;
}

#[tokio::test]
async fn who_signs_in_elsewhere_has_no_password_until_one_is_set() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let claims = json!({ "sub": "u-1", "email": "ada@x.example", "email_verified": true });
        sign_in(&app.guest(), acme.login(claims)).await;

        for password in ["", "correct horse battery", "$argon2id$"] {
            let method = json!({ "password": { "email": "ada@x.example", "password": password } });
            let answer = data(&app.guest(), super::SIGN_IN, json!({ "method": method })).await;
            assert_eq!(answer["sessionSignIn"]["userErrors"][0]["code"], "BAD_CREDENTIALS", "{answer}");
        }
        // Somebody else may not take the email by signing up with it, either.
        let sign_up = "mutation { accountSignUp(input: { email: \"Ada@x.example\", password: \
                       \"correct horse battery\", handle: \"thief\", displayName: \"T\" }) { userErrors { code } } }";
        let before = rows(&app, ACCOUNTS).await;
        data(&app.guest(), sign_up, json!({})).await;
        assert_eq!(rows(&app, ACCOUNTS).await, before);

        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn providers_are_told_with_what_a_client_needs_to_send_people_there() {
    let acme = Scripted::start().await;
    let mut named = provider(&acme.url);
    named.label = "Acme".to_owned();
    named.client_secret = "a secret".into();
    let app = TestApp::sqlite_with(trusting(named)).await;

    let query =
        "{ signInProviders { name label issuer authorizationEndpoint clientId scopes redirectUris } }";
    let told = data(&app.guest(), query, json!({})).await;

    let url = &acme.url;
    let expected = json!([{
        "name": "acme", "label": "Acme", "issuer": url,
        "authorizationEndpoint": format!("{url}/authorize"), "clientId": "weft",
        "scopes": ["openid", "profile", "email"], "redirectUris": ["https://app.example/callback"],
    }]);
    assert_eq!(told["signInProviders"], expected);
    app.stop().await;
}

#[tokio::test]
async fn tokens_of_ours_and_of_nobody_go_their_present_way() {
    let acme = Scripted::start().await;
    let app = TestApp::sqlite_with(trusting(provider(&acme.url))).await;
    let ours = app.sign_in("alma-admin@demo.example").await;
    let nobodys =
        app.guest().with_token(&acme.token(json!({ "sub": "u-1", "iss": "https://nobody.example" })));

    assert_eq!(standing(&ours).await.0, 200);
    assert_eq!(standing(&nobodys).await, (401, json!("UNAUTHENTICATED")));
    assert_eq!(standing(&app.guest().with_token("rubbish")).await, (401, json!("UNAUTHENTICATED")));
    app.stop().await;
}
