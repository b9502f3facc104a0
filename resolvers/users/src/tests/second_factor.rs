//! The second step of signing in can't be skipped, guessed or repeated.

use kit::{Clock as _, Viewer, ports::MailedTokenPurpose};
use serde_json::{Value, json};
use totp_rs::Totp;

use super::{PASSWORD, TestModule};

const STEP: i64 = 30 * 1_000;

/// An account with an authenticator app in use.
struct Guarded {
    viewer: Viewer,
    app: Totp,
    factor: Value,
    recovery_codes: Vec<String>,
}

impl TestModule {
    async fn guarded(&self, handle: &str) -> Guarded {
        let (viewer, _) = self.member(handle).await;
        let enrolled = self.enroll(&viewer).await;
        let app = app_of(&enrolled);
        let factor = enrolled["factor"]["id"].clone();
        let confirmed = self.set_factor(&viewer, &factor, &self.code(&app), false).await;
        assert_eq!(confirmed["userErrors"], json!([]), "{confirmed}");
        // A code is accepted once: the next one is for signing in.
        self.clock.advance(STEP);
        let codes = enrolled["recoveryCodes"].as_array().expect("codes");
        let recovery_codes = codes.iter().filter_map(|code| code.as_str().map(str::to_owned)).collect();
        Guarded { viewer, app, factor, recovery_codes }
    }

    async fn enroll(&self, viewer: &Viewer) -> Value {
        let query = "mutation { mfaEnroll(kind: TOTP) { factor { id kind isConfirmed } secret \
                     recoveryCodes userErrors { code field } } }";
        self.ask(viewer, query, json!({})).await["data"]["mfaEnroll"].clone()
    }

    async fn set_factor(&self, viewer: &Viewer, id: &Value, code: &str, remove: bool) -> Value {
        let query = "mutation($id: ID!, $code: String!, $remove: Boolean!) { \
                     mfaFactorSet(id: $id, code: $code, remove: $remove) { \
                     account { mfaFactors { id } } userErrors { code field } } }";
        let variables = json!({ "id": id, "code": code, "remove": remove });
        self.ask(viewer, query, variables).await["data"]["mfaFactorSet"].clone()
    }

    fn code(&self, app: &Totp) -> String {
        let seconds = u64::try_from(self.clock.now().0 / 1_000).expect("after 1970");
        app.generate(seconds).to_string()
    }

    /// The first step; answers the payload.
    async fn first_step(&self, handle: &str) -> Value {
        let email = format!("{handle}@example.com");
        self.sign_in(json!({ "password": { "email": email, "password": PASSWORD } })).await
    }

    async fn answer(&self, challenge: &Value, response: &str) -> Value {
        self.sign_in(json!({ "mfa": { "challengeId": challenge, "response": response } })).await
    }
}

fn app_of(enrolled: &Value) -> Totp {
    Totp::from_url(enrolled["secret"].as_str().expect("a secret")).expect("an app can read it")
}

fn refused(code: &str, field: &[&str]) -> Value {
    json!([{ "code": code, "field": field }])
}

#[tokio::test]
async fn a_factor_is_asked_for_once_its_first_code_has_come() {
    let module = TestModule::start().await;
    let (viewer, _) = module.member("ada").await;
    let enrolled = module.enroll(&viewer).await;
    let app = app_of(&enrolled);
    assert!(enrolled["secret"].as_str().expect("a secret").contains("ada%40example.com"), "{enrolled}");
    assert_eq!(enrolled["factor"]["isConfirmed"], json!(false));
    assert_eq!(enrolled["recoveryCodes"].as_array().map(Vec::len), Some(10));

    assert!(module.first_step("ada").await["accessToken"].is_string(), "not in use yet");
    let factor = &enrolled["factor"]["id"];
    let wrong = module.set_factor(&viewer, factor, "000000", false).await;
    assert_eq!(wrong["userErrors"], refused("BAD_CREDENTIALS", &["code"]));
    let confirmed = module.set_factor(&viewer, factor, &module.code(&app), false).await;
    assert_eq!(confirmed["account"]["mfaFactors"], json!([{ "id": factor }]));
    module.clock.advance(STEP);

    let first = module.first_step("ada").await;
    assert_eq!((&first["accessToken"], &first["refreshToken"]), (&json!(null), &json!(null)));
    assert_eq!(first["account"], json!(null), "the first step tells nothing of the account");
    let challenge = &first["mfaChallenge"];
    assert_eq!(challenge["factors"], json!([{ "id": factor, "kind": "TOTP" }]));
    let second = module.answer(&challenge["id"], &module.code(&app)).await;
    assert_eq!(module.viewer(&second).await.expect("a good token").account, viewer.account);
}

#[tokio::test]
async fn a_code_and_a_challenge_are_good_once() {
    let module = TestModule::start().await;
    let ada = module.guarded("ada").await;
    let (first, other) = (module.first_step("ada").await, module.first_step("ada").await);
    let (first, other) = (&first["mfaChallenge"]["id"], &other["mfaChallenge"]["id"]);
    let code = module.code(&ada.app);

    assert!(module.answer(first, &code).await["accessToken"].is_string());
    let again = module.answer(first, &code).await;
    assert_eq!(again["userErrors"], refused("EXPIRED", &["method", "mfa", "challengeId"]));
    let seen = module.answer(other, &code).await;
    assert_eq!(seen["userErrors"], refused("BAD_CREDENTIALS", &["method", "mfa", "response"]));
    module.clock.advance(STEP);
    assert!(module.answer(other, &module.code(&ada.app)).await["accessToken"].is_string());
}

#[tokio::test]
async fn a_recovery_code_stands_in_once_and_new_ones_replace_the_old() {
    let module = TestModule::start().await;
    let ada = module.guarded("ada").await;
    let challenge = async || module.first_step("ada").await["mfaChallenge"]["id"].clone();
    let is_good =
        async |code: &str| module.answer(&challenge().await, code).await["accessToken"].is_string();

    assert!(is_good(&ada.recovery_codes[0].to_ascii_uppercase()).await);
    assert!(!is_good(&ada.recovery_codes[0]).await, "used up");
    let renew = "mutation($code: String!) { mfaRecoveryCodesRenew(code: $code) { recoveryCodes userErrors { code } } }";
    let refused = module.ask(&ada.viewer, renew, json!({ "code": "nonsense" })).await;
    assert_eq!(refused["data"]["mfaRecoveryCodesRenew"]["userErrors"][0]["code"], "BAD_CREDENTIALS");
    let renewed = module.ask(&ada.viewer, renew, json!({ "code": ada.recovery_codes[1] })).await;
    let codes = &renewed["data"]["mfaRecoveryCodesRenew"]["recoveryCodes"];

    assert!(!is_good(&ada.recovery_codes[2]).await, "replaced");
    assert!(is_good(codes[0].as_str().expect("a code")).await);
}

#[tokio::test]
async fn of_parallel_answers_with_one_code_one_signs_in() {
    let module = TestModule::start().await;
    let ada = module.guarded("ada").await;
    let mut challenges = Vec::new();
    for _ in 0..8 {
        challenges.push(module.first_step("ada").await["mfaChallenge"]["id"].clone());
    }
    let code = module.code(&ada.app);

    let answers = challenges.iter().map(|challenge| module.answer(challenge, &code));
    let answers = futures_util::future::join_all(answers).await;

    let signed_in = answers.iter().filter(|answer| answer["accessToken"].is_string()).count();
    assert_eq!(signed_in, 1, "{answers:?}");
}

#[tokio::test]
async fn nobody_guesses_through_one_challenge_or_many() {
    let module = TestModule::start().await;
    let ada = module.guarded("ada").await;
    let challenge = async || module.first_step("ada").await["mfaChallenge"]["id"].clone();

    let first = challenge().await;
    for _ in 0..5 {
        let wrong = module.answer(&first, "000000").await;
        assert_eq!(wrong["userErrors"][0]["code"], "BAD_CREDENTIALS");
    }
    let used_up = module.answer(&first, &module.code(&ada.app)).await;
    assert_eq!(used_up["userErrors"][0]["code"], "EXPIRED", "even with the right code");
    for _ in 0..3 {
        let next = challenge().await;
        for _ in 0..5 {
            module.answer(&next, "000000").await;
        }
    }
    let bounded = module.answer(&challenge().await, &module.code(&ada.app)).await;
    assert_eq!(bounded["userErrors"], refused("LIMIT_EXCEEDED", &["method", "mfa", "response"]));
    module.clock.advance(16 * 60 * 1_000);
    let later = module.answer(&challenge().await, &module.code(&ada.app)).await;
    assert!(later["accessToken"].is_string(), "{later}");
}

#[tokio::test]
async fn a_challenge_ends_and_a_stranger_can_not_touch_a_factor() {
    let module = TestModule::start().await;
    let ada = module.guarded("ada").await;
    let (eve, _) = module.member("eve").await;
    let challenge = module.first_step("ada").await["mfaChallenge"]["id"].clone();

    module.clock.advance(5 * 60 * 1_000);
    let late = module.answer(&challenge, &module.code(&ada.app)).await;
    assert_eq!(late["userErrors"][0]["code"], "EXPIRED");
    let stranger = module.set_factor(&eve, &ada.factor, &module.code(&ada.app), true).await;
    assert_eq!(stranger["userErrors"], refused("NOT_FOUND", &["id"]));
    let without_code = module.set_factor(&ada.viewer, &ada.factor, "", true).await;
    assert_eq!(without_code["userErrors"], refused("BAD_CREDENTIALS", &["code"]));
    assert!(module.first_step("ada").await["accessToken"].is_null(), "it still guards");

    let removed = module.set_factor(&ada.viewer, &ada.factor, &module.code(&ada.app), true).await;
    assert_eq!(removed["account"]["mfaFactors"], json!([]));
    assert!(module.first_step("ada").await["accessToken"].is_string());
    let kinds: Vec<String> = module.events().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds.iter().filter(|kind| *kind == "account.factor_changed").count(), 2);
}

#[tokio::test]
async fn a_new_password_does_not_skip_the_second_step() {
    let module = TestModule::start().await;
    let ada = module.guarded("ada").await;
    let token = module.mailed(&ada.viewer, MailedTokenPurpose::ResetPassword).await;

    let reset = module.reset(&token, "a new horse battery").await;

    assert_eq!(reset["accessToken"], json!(null));
    let second = module.answer(&reset["mfaChallenge"]["id"], &module.code(&ada.app)).await;
    assert!(second["accessToken"].is_string(), "{second}");
}

#[tokio::test]
async fn a_further_factor_and_new_codes_need_a_code_and_wrong_ones_are_counted() {
    let module = TestModule::start().await;
    let ada = module.guarded("ada").await;
    let enroll = "mutation($code: String) { mfaEnroll(kind: TOTP, code: $code) { factor { id } \
                  recoveryCodes userErrors { code field } } }";
    let further = async |code: Value| {
        module.ask(&ada.viewer, enroll, json!({ "code": code })).await["data"]["mfaEnroll"].clone()
    };

    assert_eq!(further(json!(null)).await["userErrors"], refused("BAD_CREDENTIALS", &["code"]));
    let second = further(json!(module.code(&ada.app))).await;
    assert!(second["factor"]["id"].is_string() && second["recoveryCodes"].is_null(), "{second}");
    for _ in 0..19 {
        module.set_factor(&ada.viewer, &ada.factor, "000000", true).await;
    }
    module.clock.advance(STEP);
    let bounded = module.set_factor(&ada.viewer, &ada.factor, &module.code(&ada.app), true).await;
    assert_eq!(bounded["userErrors"], refused("LIMIT_EXCEEDED", &["code"]));
}

#[tokio::test]
async fn a_challenge_of_the_old_password_ends_with_it() {
    let module = TestModule::start().await;
    let ada = module.guarded("ada").await;
    let challenge = module.first_step("ada").await["mfaChallenge"]["id"].clone();
    let token = module.mailed(&ada.viewer, MailedTokenPurpose::ResetPassword).await;

    module.reset(&token, "a new horse battery").await;

    let late = module.answer(&challenge, &module.code(&ada.app)).await;
    assert_eq!(late["userErrors"][0]["code"], "EXPIRED", "{late}");
}

#[tokio::test]
async fn an_account_with_a_second_factor_is_not_deleted_by_its_password_alone() {
    let module = TestModule::start().await;
    let ada = module.guarded("ada").await;
    let schedule = async |code: Option<String>| {
        let query = "mutation($password: String, $code: String) { accountDeletionSet(scheduled: true, \
                     password: $password, code: $code) { account { deletionScheduledAt } \
                     userErrors { code field } } }";
        let variables = json!({ "password": PASSWORD, "code": code });
        module.ask(&ada.viewer, query, variables).await["data"]["accountDeletionSet"].clone()
    };

    let without = schedule(None).await;
    let wrong = schedule(Some("000000".to_owned())).await;
    let right = schedule(Some(module.code(&ada.app))).await;

    assert_eq!(without, json!({ "account": null, "userErrors": refused("INVALID", &["code"]) }));
    assert_eq!(wrong, json!({ "account": null, "userErrors": refused("BAD_CREDENTIALS", &["code"]) }));
    assert_eq!(
        right,
        json!({ "account": { "deletionScheduledAt": "2026-01-15T00:00:31.000Z" }, "userErrors": [] })
    );
}
