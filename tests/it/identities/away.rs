//! A provider that goes away, changes its keys, or is asked by many at once.

use std::time::Duration;

use futures_util::future::join_all;
use gateway::Config;
use serde_json::json;
use tests::{TestApp, on_each_database_with};

use super::{ACCOUNTS, health, provider, refused, scripted::Scripted, sign_in, trusting};
use crate::accounts::{data, rows, standing};

#[tokio::test]
async fn tokens_of_known_keys_are_good_while_the_provider_is_away_and_others_can_not_be_told() {
    let acme = Scripted::start().await;
    let configure = |config: &mut Config| {
        trusting(provider(&acme.url))(config);
        config.auth.provider_keys_max_age = Duration::ZERO;
        config.modules.health_interval = Duration::from_millis(50);
    };
    on_each_database_with(configure, async |app| {
        let known = app.guest().with_token(&acme.token(json!({ "sub": "u-1" })));
        assert_eq!(standing(&known).await.0, 200);
        let before = rows(&app, ACCOUNTS).await;
        acme.go_away(true);

        assert_eq!(standing(&known).await.0, 200);
        let unknown = app.guest().with_token(&acme.token_of_another_key("new", json!({ "sub": "u-2" })));
        assert_eq!(standing(&unknown).await, (503, json!("UNAVAILABLE")));
        let login = acme.login(json!({ "sub": "u-2" }));
        let mutation = "mutation($method: SignInMethod!) { sessionSignIn(input: { method: $method }) { \
                        userErrors { code } } }";
        let answer = app.guest().ask(mutation, json!({ "method": { "oauth": login } })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
        assert_eq!(
            answer["errors"][0]["message"],
            "identity provider acme is unavailable, try again later"
        );
        assert_eq!(rows(&app, ACCOUNTS).await, before);
        until_health_is(&app, "degraded").await;
        assert_eq!(health(&app).await["reason"], "no answer from identity provider acme");

        acme.go_away(false);
        until_health_is(&app, "up").await;
        assert_eq!(standing(&unknown).await, (401, json!("UNAUTHENTICATED")));
        app.stop().await;
    })
    .await;
}

async fn until_health_is(app: &TestApp, wanted: &str) {
    for _ in 0..800 {
        if health(app).await["status"] == wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the module never was {wanted}: {}", health(app).await);
}

#[tokio::test]
async fn a_provider_that_was_away_once_is_looked_at_again_however_fresh_its_keys_are() {
    let acme = Scripted::start().await;
    let app = TestApp::sqlite_with(|config: &mut Config| {
        trusting(provider(&acme.url))(config);
        config.modules.health_interval = Duration::from_millis(50);
    })
    .await;
    acme.go_away(true);
    let unknown = app.guest().with_token(&acme.token_of_another_key("new", json!({ "sub": "u-1" })));
    assert_eq!(standing(&unknown).await, (503, json!("UNAVAILABLE")));
    until_health_is(&app, "degraded").await;

    acme.go_away(false);

    until_health_is(&app, "up").await;
    app.stop().await;
}

#[tokio::test]
async fn a_gateway_starts_without_its_provider_and_finds_it_later() {
    let acme = Scripted::start().await;
    acme.go_away(true);
    let app = TestApp::sqlite_with(trusting(provider(&acme.url))).await;
    let client = app.guest().with_token(&acme.token(json!({ "sub": "u-1" })));
    let doors = "{ signInProviders { name authorizationEndpoint } }";

    let without = data(&app.guest(), doors, json!({})).await;
    assert_eq!(without["signInProviders"], json!([{ "name": "acme", "authorizationEndpoint": null }]));
    assert_eq!(standing(&client).await, (503, json!("UNAVAILABLE")));
    assert_eq!(standing(&app.guest()).await.0, 200);
    acme.go_away(false);

    assert_eq!(standing(&client).await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn another_key_is_found_without_a_restart_and_the_old_one_is_good_no_more() {
    let acme = Scripted::start().await;
    let app = TestApp::sqlite_with(|config: &mut Config| {
        trusting(provider(&acme.url))(config);
        config.auth.provider_keys_max_age = Duration::from_secs(3_600);
    })
    .await;
    let old = app.guest().with_token(&acme.token(json!({ "sub": "u-1" })));
    assert_eq!(standing(&old).await.0, 200);

    acme.rotate();
    assert_eq!(standing(&old).await.0, 200, "nobody has asked the provider since");
    let new = app.guest().with_token(&acme.token(json!({ "sub": "u-1" })));

    assert_eq!(standing(&new).await.0, 200);
    assert_eq!(standing(&old).await, (401, json!("UNAUTHENTICATED")));
    app.stop().await;
}

#[tokio::test]
async fn keys_that_are_old_are_asked_for_anew() {
    let acme = Scripted::start().await;
    let app = TestApp::sqlite_with(|config: &mut Config| {
        trusting(provider(&acme.url))(config);
        config.auth.provider_keys_max_age = Duration::ZERO;
    })
    .await;
    let old = app.guest().with_token(&acme.token(json!({ "sub": "u-1" })));
    assert_eq!(standing(&old).await.0, 200);

    acme.rotate();

    assert_eq!(standing(&old).await, (401, json!("UNAUTHENTICATED")));
    app.stop().await;
}

#[tokio::test]
async fn unknown_keys_make_nobody_ask_the_provider_again_and_again() {
    let acme = Scripted::start().await;
    let app = TestApp::sqlite_with(|config: &mut Config| {
        trusting(provider(&acme.url))(config);
        config.auth.provider_keys_pause = Duration::from_secs(3_600);
    })
    .await;
    assert_eq!(acme.asked(), 1, "at the start");

    for key in 0..30 {
        let token = acme.token_of_another_key(&format!("key {key}"), json!({ "sub": "u-1" }));
        let client = app.guest().with_token(&token);
        assert_eq!(standing(&client).await, (401, json!("UNAUTHENTICATED")));
    }

    assert_eq!(acme.asked(), 1);
    let good = app.guest().with_token(&acme.token(json!({ "sub": "u-1" })));
    assert_eq!(standing(&good).await.0, 200);
    app.stop().await;
}

#[tokio::test]
async fn many_at_once_ask_the_provider_once() {
    let acme = Scripted::start().await;
    let app = TestApp::sqlite_with(|config: &mut Config| {
        trusting(provider(&acme.url))(config);
        config.auth.provider_keys_max_age = Duration::from_secs(3_600);
    })
    .await;
    acme.rotate();
    let token = acme.token(json!({ "sub": "u-1" }));

    let all = join_all((0..20).map(async |_| standing(&app.guest().with_token(&token)).await.0)).await;

    assert_eq!(all, [200; 20]);
    assert_eq!(acme.asked(), 2, "at the start, and for the new key");
    app.stop().await;
}

#[tokio::test]
async fn a_client_that_the_provider_does_not_know_is_our_mistake() {
    let acme = Scripted::start().await;
    let mut unknown = provider(&acme.url);
    unknown.client_id = "nobody".to_owned();
    let app = TestApp::sqlite_with(trusting(unknown)).await;

    let mutation = "mutation($method: SignInMethod!) { sessionSignIn(input: { method: $method }) { \
                    userErrors { code } } }";
    let login = acme.login(json!({ "sub": "u-1" }));
    let answer = app.guest().ask(mutation, json!({ "method": { "oauth": login } })).await;

    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAVAILABLE", "{answer}");
    app.stop().await;
}

#[tokio::test]
async fn a_provider_of_another_name_or_without_codes_is_unknown() {
    let acme = Scripted::start().await;
    let mut tokens_only = provider(&acme.url);
    tokens_only.client_id = String::new();
    let app = TestApp::sqlite_with(trusting(tokens_only)).await;
    let mut login = acme.login(json!({ "sub": "u-1" }));

    let without_codes = sign_in(&app.guest(), login.clone()).await;
    login["provider"] = json!("other");
    let of_another_name = sign_in(&app.guest(), login).await;

    let expected = refused("NOT_FOUND", &["method", "oauth", "provider"]);
    assert_eq!((without_codes, of_another_name), (expected.clone(), expected));
    assert_eq!(
        data(&app.guest(), "{ signInProviders { name } }", json!({})).await["signInProviders"],
        json!([])
    );
    app.stop().await;
}
