//! Mailed tokens: good once, for their purpose, for a while; asking for one
//! tells nobody who has an account.

use kit::Viewer;
use kit::ports::{MailedTokenPurpose, MailedTokens};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::{PASSWORD, TestModule};

const NEW_PASSWORD: &str = "a new horse battery";

impl TestModule {
    /// What a mail would bring.
    pub(super) async fn mailed(&self, viewer: &Viewer, purpose: MailedTokenPurpose) -> String {
        let port = self.platform.ports.get::<dyn MailedTokens>().expect("provided");
        let account = viewer.account.expect("signed in");
        let token = port.issue(account, purpose).await.expect("issues").expect("a use for it");
        token.expose_secret().to_owned()
    }

    pub(super) async fn reset(&self, token: &str, password: &str) -> Value {
        let query = "mutation($token: String!, $password: String!) { \
                     passwordReset(token: $token, password: $password) { accessToken mfaChallenge { id } \
                     userErrors { code field } } }";
        let variables = json!({ "token": token, "password": password });
        self.ask(&Viewer::default(), query, variables).await["data"]["passwordReset"].clone()
    }

    async fn confirm(&self, viewer: &Viewer, token: &str) -> Value {
        let query = "mutation($token: String!) { emailConfirm(token: $token) { \
                     account { emailVerified } userErrors { code field } } }";
        self.ask(viewer, query, json!({ "token": token })).await["data"]["emailConfirm"].clone()
    }
}

fn not_good() -> Value {
    json!([{ "code": "EXPIRED", "field": ["token"] }])
}

#[tokio::test]
async fn asking_for_a_reset_answers_and_writes_the_same_whoever_is_asked_for() {
    let module = TestModule::start().await;
    module.member("ada").await;
    let before = module.events().await.len();
    let request = "mutation($email: String!) { passwordResetRequest(email: $email) }";

    let mut answers = Vec::new();
    for email in ["ada@example.com", "eve@example.com", "no email"] {
        answers.push(module.ask(&Viewer::default(), request, json!({ "email": email })).await);
    }

    let expected = json!({ "data": { "passwordResetRequest": true } });
    assert!(answers.iter().all(|answer| *answer == expected), "{answers:?}");
    let events = module.events().await.split_off(before);
    assert!(events.iter().all(|(kind, _)| kind == "account.reset_requested"), "{events:?}");
    assert_eq!(events.len(), 3);
    assert!(events[0].1["account"].is_string() && events[1].1["account"].is_null());
}

#[tokio::test]
async fn a_reset_sets_the_password_once_and_ends_every_session() {
    let module = TestModule::start().await;
    let (ada, payload) = module.member("ada").await;
    let token = module.mailed(&ada, MailedTokenPurpose::ResetPassword).await;

    let short = module.reset(&token, "short").await;
    assert_eq!(short["userErrors"], json!([{ "code": "INVALID", "field": ["password"] }]));
    let reset = module.reset(&token, NEW_PASSWORD).await;
    assert!(reset["accessToken"].is_string(), "a refused password does not use the token up");

    assert!(module.viewer(&payload).await.is_err(), "the old session has ended");
    assert!(module.viewer(&reset).await.is_ok());
    let login =
        |password: &str| json!({ "password": { "email": "ada@example.com", "password": password } });
    assert!(module.sign_in(login(PASSWORD)).await["accessToken"].is_null());
    assert!(module.sign_in(login(NEW_PASSWORD)).await["accessToken"].is_string());
    assert_eq!(module.reset(&token, NEW_PASSWORD).await["userErrors"], not_good());
}

#[tokio::test]
async fn using_one_token_makes_the_others_of_its_purpose_worthless_and_none_lasts() {
    let module = TestModule::start().await;
    let (ada, _) = module.member("ada").await;
    let first = module.mailed(&ada, MailedTokenPurpose::ResetPassword).await;
    let second = module.mailed(&ada, MailedTokenPurpose::ResetPassword).await;
    let confirm = module.mailed(&ada, MailedTokenPurpose::ConfirmEmail).await;

    for token in [&confirm, "rubbish"] {
        assert_eq!(module.reset(token, NEW_PASSWORD).await["userErrors"], not_good(), "{token}");
    }
    assert_eq!(module.confirm(&ada, &second).await["userErrors"], not_good());
    // Mails come late, and twice: whichever is opened first is good.
    assert!(module.reset(&first, NEW_PASSWORD).await["accessToken"].is_string());
    assert_eq!(module.reset(&second, NEW_PASSWORD).await["userErrors"], not_good());
    let third = module.mailed(&ada, MailedTokenPurpose::ResetPassword).await;
    module.clock.advance(60 * 60 * 1_000);
    assert_eq!(module.reset(&third, NEW_PASSWORD).await["userErrors"], not_good(), "an hour is over");
}

#[tokio::test]
async fn of_parallel_resets_with_one_token_one_succeeds() {
    let module = TestModule::start().await;
    let (ada, _) = module.member("ada").await;
    let token = module.mailed(&ada, MailedTokenPurpose::ResetPassword).await;

    let resets = (0..6).map(|_| module.reset(&token, NEW_PASSWORD));
    let resets = futures_util::future::join_all(resets).await;

    assert_eq!(resets.iter().filter(|reset| reset["accessToken"].is_string()).count(), 1);
}

#[tokio::test]
async fn a_confirmed_email_needs_no_other_token_and_strangers_are_told_nothing() {
    let module = TestModule::start().await;
    let (ada, _) = module.member("ada").await;
    let (eve, _) = module.member("eve").await;
    let token = module.mailed(&ada, MailedTokenPurpose::ConfirmEmail).await;

    let by_stranger = module.confirm(&eve, &token).await;
    assert_eq!(
        by_stranger,
        json!({ "account": null, "userErrors": [] }),
        "the mail was read, that is all"
    );
    let me = module.ask(&ada, "{ me { emailVerified } }", json!({})).await;
    assert_eq!(me["data"]["me"]["emailVerified"], json!(true));
    assert_eq!(module.confirm(&ada, &token).await["userErrors"], not_good());
    let port = module.platform.ports.get::<dyn MailedTokens>().expect("provided");
    let account = ada.account.expect("signed in");
    let issued = port.issue(account, MailedTokenPurpose::ConfirmEmail).await.expect("answers");
    assert!(issued.is_none());
}
