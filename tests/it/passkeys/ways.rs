//! What passkeys are good for.

use futures_util::future::join_all;
use kit::{
    ids::AccountId,
    ports::{MailedTokenPurpose, MailedTokens},
};
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tests::{Client, TestApp, execute, number, on_each_database};

use super::{
    Authenticator, account, answer, ask, begin, codes, enroll, first_step, holder, id, set, sign_in,
    sign_in_with, wrong,
};
use crate::{
    accounts::{data, somebody},
    notifications::{eventually, mail::mails_to},
};

#[tokio::test]
async fn a_passkey_is_a_second_step() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let mut passkey = Authenticator::new();

        let begun = begin(&ada, None).await;
        assert_eq!(begun.options["rp"], json!({ "id": "localhost", "name": "Weft" }));
        assert_eq!(begun.options["user"]["name"], "ada@example.com");
        assert_eq!(begun.options["authenticatorSelection"]["residentKey"], "preferred");
        assert_eq!(begun.options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(begun.recovery_codes.as_array().map(Vec::len), Some(10));
        app.guest().sign_in("ada@example.com", crate::accounts::PASSWORD).await;
        let attestation = passkey.create(&begun.options).to_string();
        let set = set(&ada, &begun.id, &attestation, false).await;
        assert_eq!(set["account"]["mfaFactors"], json!([{ "kind": "WEBAUTHN", "isConfirmed": true }]));

        let challenge = first_step(&app, "ada").await;
        assert_eq!(challenge["factors"], json!([{ "kind": "WEBAUTHN" }]));
        let options = &challenge["passkeyOptions"];
        assert_eq!(
            options["allowCredentials"],
            json!([{ "type": "public-key", "id": super::authenticator::encode(&passkey.id) }])
        );
        let assertion = passkey.get(options).to_string();
        let signed_in = answer(&app, &challenge, &assertion).await;
        assert_eq!(account(&app, &signed_in).await, id(&ada).await);
        let again = answer(&app, &challenge, &assertion).await;
        assert_eq!(codes(&again), [("EXPIRED", "method.mfa.challengeId".to_owned())]);
        let told = || {
            let mails = mails_to(app.outbox(), "ada@example.com");
            mails
                .iter()
                .filter(|mail| mail.contains("A second factor of your account was added"))
                .count()
        };
        eventually("one mail tells of it", async || told() == 1).await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_passkey_signs_in_alone_and_is_both_factors() {
    on_each_database(async |app| {
        let (ada, mut passkey, _) = holder(&app, "ada").await;

        let options = ask(&app.guest(), "SIGN_IN").await;
        assert_eq!(options["allowCredentials"], json!([]), "nobody is told who has one");
        assert_eq!(
            (&options["rpId"], &options["userVerification"]),
            (&json!("localhost"), &json!("required"))
        );
        let signed_in = sign_in_with(&app.guest(), &passkey.get(&options)).await;

        assert_eq!(account(&app, &signed_in).await, id(&ada).await);
        assert_eq!(signed_in["mfaChallenge"], json!(null));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_one_gateway_asked_another_one_checks() {
    on_each_database(async |app| {
        let (ada, mut passkey, _) = holder(&app, "ada").await;
        let (second, elsewhere) = app.beside().await;

        let options = ask(&elsewhere, "SIGN_IN").await;
        let signed_in = sign_in_with(&app.guest(), &passkey.get(&options)).await;
        assert_eq!(account(&app, &signed_in).await, id(&ada).await);
        let options = ask(&app.guest(), "SIGN_IN").await;
        let signed_in = sign_in_with(&elsewhere, &passkey.get(&options)).await;
        assert_eq!(account(&app, &signed_in).await, id(&ada).await);

        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_parallel_assertions_with_one_count_one_signs_in() {
    on_each_database(async |app| {
        let (_, mut passkey, _) = holder(&app, "ada").await;
        let mut assertions = Vec::new();
        for _ in 0..6 {
            let options = ask(&app.guest(), "SIGN_IN").await;
            passkey.counter = 6;
            assertions.push(passkey.get(&options));
        }
        let guest = app.guest();

        let answers = join_all(assertions.iter().map(|assertion| sign_in_with(&guest, assertion))).await;

        let signed_in = answers.iter().filter(|answer| answer["accessToken"].is_string()).count();
        assert_eq!(signed_in, 1, "{answers:?}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_passkey_that_does_not_count_signs_in_again_and_again() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let mut passkey = Authenticator::new();
        passkey.is_counting = false;
        enroll(&ada, &mut passkey).await;

        for _ in 0..3 {
            let options = ask(&app.guest(), "SIGN_IN").await;
            let signed_in = sign_in_with(&app.guest(), &passkey.get(&options)).await;
            assert_eq!(account(&app, &signed_in).await, id(&ada).await);
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_assertion_stands_in_for_a_code() {
    on_each_database(async |app| {
        let (ada, mut passkey, first) = holder(&app, "ada").await;
        let mut second = Authenticator::new();

        let refused = data(&ada, super::ENROLL, json!({ "code": null })).await["mfaEnroll"].take();
        assert_eq!(codes(&refused), wrong("code"), "a further factor needs proof");
        let proof = passkey.get(&ask(&ada, "CONFIRM").await).to_string();
        let begun = begin(&ada, Some(&proof)).await;
        assert_eq!(begun.recovery_codes, json!(null));
        let known = begun.options["excludeCredentials"].as_array().expect("those that are known");
        assert_eq!(known.len(), 1, "{known:?}");
        let attestation = second.create(&begun.options).to_string();
        let both = set(&ada, &begun.id, &attestation, false).await;
        assert_eq!(both["account"]["mfaFactors"].as_array().map(Vec::len), Some(2), "{both}");

        let again = set(&ada, &first, &proof, true).await;
        assert_eq!(codes(&again), wrong("code"), "each is good once");
        let proof = second.get(&ask(&ada, "CONFIRM").await).to_string();
        let removed = set(&ada, &first, &proof, true).await;
        assert_eq!(removed["account"]["mfaFactors"].as_array().map(Vec::len), Some(1), "{removed}");
        let options = ask(&app.guest(), "SIGN_IN").await;
        let gone = sign_in_with(&app.guest(), &passkey.get(&options)).await;
        assert_eq!(codes(&gone), wrong("method.passkey"));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_last_way_to_sign_in_is_not_removed() {
    on_each_database(async |app| {
        let (ada, mut passkey, factor) = holder(&app, "ada").await;
        execute(&app, "UPDATE accounts SET password_hash = NULL WHERE email = 'ada@example.com'").await;
        let proof = passkey.get(&ask(&ada, "CONFIRM").await).to_string();

        let refused = set(&ada, &factor, &proof, true).await;

        assert_eq!(codes(&refused), [("FORBIDDEN_TRANSITION", "id".to_owned())]);
        assert_eq!(number(&app, "SELECT count(*) FROM mfa_factors").await, 1);
        app.stop().await;
    })
    .await;
}

async fn reset(app: &TestApp, client: &Client) -> Value {
    let own = id(client).await;
    let own: AccountId = own.as_str().expect("an id").parse().expect("an account");
    let tokens = app.app().platform().ports.get::<dyn MailedTokens>().expect("provided");
    let token = tokens.issue(own, MailedTokenPurpose::ResetPassword).await.expect("answers");
    let reset = "mutation($token: String!) { passwordReset(token: $token, password: \"another long one\") { \
                 accessToken mfaChallenge { id passkeyOptions } userErrors { code } } }";
    let variables = json!({ "token": token.expect("a token").expose_secret() });
    data(&app.guest(), reset, variables).await["passwordReset"].take()
}

#[tokio::test]
async fn a_new_password_does_not_get_past_a_passkey() {
    on_each_database(async |app| {
        let (ada, mut passkey, _) = holder(&app, "ada").await;
        execute(&app, "UPDATE accounts SET email_verified = TRUE WHERE email = 'ada@example.com'").await;

        let payload = reset(&app, &ada).await;

        assert_eq!(payload["accessToken"], json!(null), "{payload}");
        let challenge = &payload["mfaChallenge"];
        let assertion = passkey.get(&challenge["passkeyOptions"]).to_string();
        assert!(answer(&app, challenge, &assertion).await["accessToken"].is_string());
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_turns_out_to_own_the_address_is_rid_of_passkeys_of_whoever_signed_up_with_it() {
    on_each_database(async |app| {
        let (mallory, mut passkey, _) = holder(&app, "ada").await;

        let payload = reset(&app, &mallory).await;

        assert!(payload["accessToken"].is_string(), "no second step of a stranger's: {payload}");
        let options = ask(&app.guest(), "SIGN_IN").await;
        let refused = sign_in_with(&app.guest(), &passkey.get(&options)).await;
        assert_eq!(codes(&refused), wrong("method.passkey"));
        assert_eq!(number(&app, "SELECT count(*) FROM mfa_factors").await, 0);
        assert_eq!(number(&app, "SELECT count(*) FROM recovery_codes").await, 0);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn passkeys_go_with_their_account() {
    on_each_database(async |app| {
        let (ada, mut passkey, _) = holder(&app, "ada").await;
        ask(&ada, "CONFIRM").await;
        let options = ask(&app.guest(), "SIGN_IN").await;
        let own = id(&ada).await;

        let own = own.as_str().expect("an id");
        execute(&app, &format!("DELETE FROM sessions WHERE account_id = '{own}'")).await;
        execute(&app, &format!("DELETE FROM accounts WHERE id = '{own}'")).await;

        assert_eq!(number(&app, "SELECT count(*) FROM mfa_factors").await, 0);
        let theirs = "SELECT count(*) FROM passkey_challenges WHERE account_id IS NOT NULL";
        assert_eq!(number(&app, theirs).await, 0);
        let refused = sign_in(&app.guest(), json!({ "passkey": passkey.get(&options) })).await;
        assert_eq!(codes(&refused), wrong("method.passkey"));
        app.stop().await;
    })
    .await;
}
