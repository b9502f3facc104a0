//! Which account a login belongs to: further ones are linked and unlinked by
//! their owner, and an equal email alone makes nobody the same person.

use futures_util::future::join_all;
use gateway::ProviderConfig;
use kit::{
    ids::AccountId,
    ports::{MailedTokenPurpose, MailedTokens},
};
use sea_orm::{ConnectionTrait as _, Statement};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database, on_each_database_with};

use super::{
    ACCOUNTS, id, kinds, link, me, provider, scripted::Scripted, sign_in, signed_in, trusting, unlink,
};
use crate::{
    accounts::{data, rows, somebody, standing, walk},
    notifications::{eventually, mail::mails_to},
};

const EMAIL: &str = "ada@example.com";

fn trusted(issuer: &str) -> ProviderConfig {
    ProviderConfig { link_verified_emails: true, ..provider(issuer) }
}

fn with_email(is_verified: bool) -> Value {
    json!({ "sub": "u-1", "name": "Ada", "email": "Ada@Example.com", "email_verified": is_verified })
}

async fn confirm_email(app: &TestApp) {
    let db = app.app().db().write();
    let sql = format!("UPDATE accounts SET email_verified = TRUE WHERE email = '{EMAIL}'");
    db.execute_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("a statement");
}

/// The ids of the logins of a client.
async fn identities(client: &Client) -> Vec<Value> {
    let answer = data(client, "{ me { identities { id } } }", json!({})).await;
    let identities = answer["me"]["identities"].as_array().expect("a list").clone();
    identities.into_iter().map(|identity| identity["id"].clone()).collect()
}

#[tokio::test]
async fn an_equal_email_links_only_where_both_sides_have_confirmed_it_and_the_provider_is_trusted() {
    let acme = Scripted::start().await;
    // Trusted, confirmed there, confirmed here: whether it is the same account.
    let table = [
        (true, true, true, true),
        (true, true, false, false),
        (true, false, true, false),
        (false, true, true, false),
    ];
    for (is_trusted, is_confirmed_there, is_confirmed_here, is_same) in table {
        let config = if is_trusted { trusted(&acme.url) } else { provider(&acme.url) };
        on_each_database_with(trusting(config), async |app| {
            let ada = somebody(&app, "ada").await;
            if is_confirmed_here {
                confirm_email(&app).await;
            }

            let client = app.guest().with_token(&acme.token(with_email(is_confirmed_there)));

            let case = format!("{is_trusted} {is_confirmed_there} {is_confirmed_here}");
            assert_eq!(id(&client).await == id(&ada).await, is_same, "{case}");
            let found = me(&client).await;
            let email = if is_same { json!(EMAIL) } else { Value::Null };
            assert_eq!(found["email"], email, "{case}");
            assert_eq!(me(&ada).await["email"], EMAIL);
            assert_eq!(
                me(&ada).await["identities"].as_array().map(Vec::len),
                Some(usize::from(is_same))
            );
            app.stop().await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_trusted_provider_confirms_the_email_of_a_new_account_and_another_does_not() {
    let acme = Scripted::start().await;
    for (config, is_verified) in [(trusted(&acme.url), true), (provider(&acme.url), false)] {
        let app = TestApp::sqlite_with(trusting(config)).await;
        let client = app.guest().with_token(&acme.token(with_email(true)));

        let found = me(&client).await;

        assert_eq!((&found["email"], &found["emailVerified"]), (&json!(EMAIL), &json!(is_verified)));
        app.stop().await;
    }
}

#[tokio::test]
async fn neither_an_email_nor_a_stolen_session_gets_past_a_second_factor() {
    let acme = Scripted::start().await;
    let app = TestApp::sqlite_with(trusting(trusted(&acme.url))).await;
    let ada = somebody(&app, "ada").await;
    confirm_email(&app).await;
    let enroll = "mutation { mfaEnroll(kind: TOTP) { factor { id } secret recoveryCodes } }";
    let enrolled = data(&ada, enroll, json!({})).await["mfaEnroll"].take();
    let set = "mutation($id: ID!, $code: String!) { mfaFactorSet(id: $id, code: $code) { userErrors { code } } }";
    let variables = json!({ "id": enrolled["factor"]["id"], "code": walk::code(&walk::app_of(&enrolled["secret"]), false) });
    assert_eq!(data(&ada, set, variables).await["mfaFactorSet"]["userErrors"], json!([]));

    let client = app.guest().with_token(&acme.token(with_email(true)));

    assert_ne!(id(&client).await, id(&ada).await);
    assert_eq!(me(&ada).await["identities"], json!([]));
    let link = async |code: Value| {
        let link = "mutation($input: OAuthLogin!, $code: String) { identityLink(input: $input, code: \
            $code) { account { identities { provider } } userErrors { code field } } }";
        let login = acme.login(json!({ "sub": "u-2" }));
        data(&ada, link, json!({ "input": login, "code": code })).await["identityLink"].take()
    };
    for (code, refusal) in [(Value::Null, "INVALID"), (json!("000000"), "BAD_CREDENTIALS")] {
        let refused = link(code).await;
        assert_eq!(refused["userErrors"], json!([{ "code": refusal, "field": ["code"] }]));
    }
    assert_eq!(me(&ada).await["identities"], json!([]));
    let linked = link(enrolled["recoveryCodes"][0].clone()).await;
    assert_eq!(linked["account"]["identities"], json!([{ "provider": "acme" }]));
    app.stop().await;
}

#[tokio::test]
async fn a_further_login_is_linked_once_and_signs_in_to_the_account() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let ada = somebody(&app, "ada").await;
        let claims = json!({ "sub": "u-1", "email": "ada@acme.example" });

        let linked = link(&ada, acme.login(claims.clone())).await;
        let again = link(&ada, acme.login(claims.clone())).await;
        let mailed = || {
            let mails = mails_to(app.outbox(), EMAIL);
            mails.iter().filter(|mail| mail.contains("Another login signs in")).count()
        };
        eventually("one mail tells of it", async || mailed() == 1).await;

        let expected = json!({
            "account": { "identities": [{ "provider": "acme", "label": "ada@acme.example" }] },
            "userErrors": [],
        });
        assert_eq!((linked, again), (expected.clone(), expected));
        let payload = sign_in(&app.guest(), acme.login(claims.clone())).await;
        assert_eq!(payload["account"]["id"], id(&ada).await);
        let by_token = app.guest().with_token(&acme.token(claims));
        assert_eq!(id(&by_token).await, id(&ada).await);
        assert_eq!(me(&ada).await["email"], EMAIL, "an account keeps its own");
        let linked = kinds(&app).await.iter().filter(|kind| *kind == "identity.linked").count();
        assert_eq!(linked, 1);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_login_of_somebody_else_and_a_bad_code_are_not_linked() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let (ada, bob) = (somebody(&app, "ada").await, somebody(&app, "bob").await);
        link(&ada, acme.login(json!({ "sub": "u-1" }))).await;
        let before = rows(&app, ACCOUNTS).await;
        let refused = |code: &str, field: &str| {
            json!({ "account": null, "userErrors": [{ "code": code, "field": [field] }] })
        };
        let with = |field: &str, value: &str| {
            let mut login = acme.login(json!({ "sub": "u-2" }));
            login[field] = json!(value);
            login
        };
        let taken = acme.login(json!({ "sub": "u-1" }));

        assert_eq!(link(&bob, taken).await, refused("TAKEN", "code"));
        assert_eq!(link(&bob, with("code", "made up")).await, refused("BAD_CREDENTIALS", "code"));
        assert_eq!(link(&bob, with("code", "")).await, refused("INVALID", "code"));
        assert_eq!(link(&bob, with("codeVerifier", "short")).await, refused("INVALID", "codeVerifier"));
        assert_eq!(link(&bob, with("redirectUri", "x:y")).await, refused("INVALID", "redirectUri"));
        assert_eq!(link(&bob, with("provider", "other")).await, refused("NOT_FOUND", "provider"));
        let guest = app.guest().ask(super::LINK, json!({ "input": with("provider", "acme") })).await;
        assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{guest}");

        assert_eq!(rows(&app, ACCOUNTS).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_account_has_at_most_twenty_logins() {
    let acme = Scripted::start().await;
    let patient = |config: &mut gateway::Config| {
        trusting(provider(&acme.url))(config);
        config.limits.enabled = false;
    };
    on_each_database_with(patient, async |app| {
        let ada = somebody(&app, "ada").await;
        for number in 0..20 {
            let linked = link(&ada, acme.login(json!({ "sub": format!("u-{number}") }))).await;
            assert_eq!(linked["userErrors"], json!([]), "{number}");
        }
        let before = rows(&app, ACCOUNTS).await;

        let refused = link(&ada, acme.login(json!({ "sub": "u-20" }))).await;

        assert_eq!(refused["userErrors"][0]["code"], "LIMIT_EXCEEDED", "{refused}");
        assert_eq!(rows(&app, ACCOUNTS).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_login_that_two_link_at_once_is_of_one_of_them() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let clients = [somebody(&app, "ada").await, somebody(&app, "bob").await];

        let all = join_all((0..10).map(async |index| {
            link(&clients[index % 2], acme.login(json!({ "sub": "u-1" }))).await["account"].is_null()
        }))
        .await;

        assert_eq!(all.iter().filter(|is_refused| **is_refused).count(), 5, "{all:?}");
        assert_eq!(rows(&app, ["identities"]).await, [1]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_last_way_to_sign_in_stays_whatever_runs_at_once() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let payload = sign_in(&app.guest(), acme.login(json!({ "sub": "u-1" }))).await;
        let client = signed_in(&app, &payload);
        let only = identities(&client).await;
        let last = json!({ "account": null, "userErrors": [{ "code": "FORBIDDEN_TRANSITION", "field": ["id"] }] });
        let before = rows(&app, ACCOUNTS).await;
        assert_eq!(unlink(&client, &only[0]).await, last);
        assert_eq!(rows(&app, ACCOUNTS).await, before);
        link(&client, acme.login(json!({ "sub": "u-2" }))).await;

        let both = identities(&client).await;
        let outcomes = join_all(both.iter().map(|id| unlink(&client, id))).await;

        assert_eq!(outcomes.iter().filter(|outcome| **outcome == last).count(), 1, "{outcomes:?}");
        assert_eq!(identities(&client).await.len(), 1);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_unlinked_login_is_somebody_new_and_the_password_remains() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        let ada = somebody(&app, "ada").await;
        link(&ada, acme.login(json!({ "sub": "u-1" }))).await;
        let bob = somebody(&app, "bob").await;
        let login = identities(&ada).await.remove(0);
        let nothing =
            json!({ "account": null, "userErrors": [{ "code": "NOT_FOUND", "field": ["id"] }] });
        assert_eq!(unlink(&bob, &login).await, nothing, "a stranger's is not found");
        assert_eq!(unlink(&ada, &json!("idn_nonsense")).await, nothing);

        let unlinked = unlink(&ada, &login).await;

        assert_eq!(unlinked, json!({ "account": { "identities": [] }, "userErrors": [] }));
        assert_eq!(unlink(&ada, &login).await, nothing);
        assert_eq!(kinds(&app).await.last().map(String::as_str), Some("identity.unlinked"));
        let client = app.guest().with_token(&acme.token(json!({ "sub": "u-1" })));
        assert_ne!(id(&client).await, id(&ada).await);
        assert_eq!(standing(&app.guest().sign_in(EMAIL, crate::accounts::PASSWORD).await).await.0, 200);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_login_of_a_provider_that_is_gone_is_no_way_to_sign_in() {
    let acme = Scripted::start().await;
    let app = TestApp::sqlite_with(trusting(provider(&acme.url))).await;
    let payload = sign_in(&app.guest(), acme.login(json!({ "sub": "u-1" }))).await;
    let client = signed_in(&app, &payload);
    link(&client, acme.login(json!({ "sub": "u-2" }))).await;
    let db = app.app().db().write();
    let sql = "UPDATE identities SET provider = 'gone' WHERE subject = 'u-1'";
    db.execute_raw(Statement::from_string(db.get_database_backend(), sql)).await.expect("a statement");

    let both = identities(&client).await;

    assert_eq!(unlink(&client, &both[1]).await["userErrors"][0]["code"], "FORBIDDEN_TRANSITION");
    assert_eq!(unlink(&client, &both[0]).await["userErrors"], json!([]));
    app.stop().await;
}

#[tokio::test]
async fn whoever_linked_a_login_before_the_email_was_confirmed_loses_it_to_the_owner_of_the_email() {
    let acme = Scripted::start().await;
    on_each_database_with(trusting(provider(&acme.url)), async |app| {
        // Somebody says at the provider that Ada's address is theirs.
        let thief = app.guest().with_token(&acme.token(with_email(true)));
        let account: AccountId =
            id(&thief).await.as_str().expect("an id").parse().expect("an account's");
        let tokens = app.app().platform().ports.get::<dyn MailedTokens>().expect("a port");
        let mailed = tokens.issue(account, MailedTokenPurpose::ResetPassword).await;
        let mailed = mailed.expect("answers").expect("a token");

        let reset = "mutation($token: String!) { passwordReset(token: $token, password: \
                     \"correct horse battery\") { account { identities { id } } userErrors { code } } }";
        let variables = json!({ "token": mailed.expose_secret() });
        let payload = data(&app.guest(), reset, variables).await["passwordReset"].take();

        assert_eq!(payload, json!({ "account": { "identities": [] }, "userErrors": [] }));
        assert_ne!(id(&thief).await.as_str(), Some(account.to_string().as_str()));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn logins_of_many_accounts_cost_one_statement() {
    on_each_database(async |app| {
        let admin = app.sign_in("alma-admin@demo.example").await;
        let query = "{ me { identities { id provider label } } }";
        let plain = "{ me { id } }";
        admin.ask(plain, json!({})).await;

        let (_, without) = app.statements(admin.ask(plain, json!({}))).await;
        let (_, with) = app.statements(admin.ask(query, json!({}))).await;

        assert_eq!(with - without, 1);
        app.stop().await;
    })
    .await;
}
