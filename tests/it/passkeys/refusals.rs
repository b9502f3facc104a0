//! What passkeys do not get past; all refusals read the same and change nothing.

use std::time::Duration;

use serde_json::{Value, json};
use tests::{execute, on_each_database, on_each_database_with};

use super::{
    Authenticator, TABLES, account, answer, ask, begin, codes, first_step, holder, id, set,
    sign_in_with, wrong,
};
use crate::accounts::{data, rows, somebody};

/// Bends an authenticator, or what it gave.
type Bend = (&'static str, fn(&mut Authenticator), fn(&mut Value));

const BENT: [Bend; 9] = [
    ("another origin", |it| it.origin = "https://evil.example".to_owned(), |_| ()),
    (
        "an origin that only begins alike",
        |it| it.origin = "http://localhost.evil.example".to_owned(),
        |_| (),
    ),
    ("another relying party", |it| it.relying_party = "evil.example".to_owned(), |_| ()),
    ("nobody verified", |it| it.is_verifying = false, |_| ()),
    ("another key", |it| it.key = Authenticator::new().key, |_| ()),
    ("another passkey", |it| it.id = Authenticator::new().id, |_| ()),
    ("another user", |it| it.user = Some("AAAAAAAAAAAAAAAAAAAAAA".to_owned()), |_| ()),
    ("no signature", |_| (), |given| given["response"]["signature"] = json!("")),
    (
        "the other ceremony",
        |_| (),
        |given| {
            given["response"]["clientDataJSON"] = json!(super::authenticator::encode(b"{}"));
        },
    ),
];

fn bent(passkey: &mut Authenticator, bend: &Bend, options: &Value) -> Value {
    let mut other = passkey.copy();
    bend.1(&mut other);
    let mut given = other.get(options);
    passkey.counter = other.counter;
    bend.2(&mut given);
    given
}

#[tokio::test]
async fn no_bent_assertion_signs_in_and_all_are_refused_alike() {
    // More guesses than anybody has.
    on_each_database_with(
        |config| config.limits.enabled = false,
        async |app| {
            let (ada, mut passkey, _) = holder(&app, "ada").await;
            let mut messages = Vec::new();
            let before = rows(&app, TABLES).await;

            for bend in &BENT {
                let options = ask(&app.guest(), "SIGN_IN").await;
                let payload = sign_in_with(&app.guest(), &bent(&mut passkey, bend, &options)).await;
                assert_eq!(codes(&payload), wrong("method.passkey"), "{}", bend.0);
                messages.push(payload["userErrors"][0]["message"].clone());
            }
            for garbage in
                [json!({}), json!("x"), json!(7), json!([1, { "id": 2 }]), json!({ "id": "x" })]
            {
                let payload = sign_in_with(&app.guest(), &garbage).await;
                assert_eq!(codes(&payload), wrong("method.passkey"), "{garbage}");
                messages.push(payload["userErrors"][0]["message"].clone());
            }

            messages.dedup();
            assert_eq!(messages.len(), 1, "{messages:?}");
            execute(&app, "DELETE FROM passkey_challenges").await;
            assert_eq!(rows(&app, TABLES).await, before);
            // The good one still does.
            let options = ask(&app.guest(), "SIGN_IN").await;
            let signed_in = sign_in_with(&app.guest(), &passkey.get(&options)).await;
            assert_eq!(account(&app, &signed_in).await, id(&ada).await);
            app.stop().await;
        },
    )
    .await;
}

#[tokio::test]
async fn no_bent_assertion_gets_past_a_second_step() {
    // More guesses than anybody has.
    on_each_database_with(
        |config| config.limits.enabled = false,
        async |app| {
            let (_, mut passkey, _) = holder(&app, "ada").await;
            let sessions = rows(&app, ["sessions"]).await;

            for bend in &BENT {
                let challenge = first_step(&app, "ada").await;
                let given = bent(&mut passkey, bend, &challenge["passkeyOptions"]).to_string();
                let payload = answer(&app, &challenge, &given).await;
                assert_eq!(codes(&payload), wrong("method.mfa.response"), "{}", bend.0);
            }
            for garbage in ["", "{}", "{\"id\":", "000000", "[]"] {
                let challenge = first_step(&app, "ada").await;
                let payload = answer(&app, &challenge, garbage).await;
                assert_eq!(codes(&payload), wrong("method.mfa.response"), "{garbage}");
            }

            assert_eq!(rows(&app, ["sessions"]).await, sessions);
            app.stop().await;
        },
    )
    .await;
}

#[tokio::test]
async fn a_challenge_is_good_once_for_what_it_was_made_and_for_whom() {
    on_each_database(async |app| {
        let (ada, mut hers, her_factor) = holder(&app, "ada").await;
        let (bob, mut his, _) = holder(&app, "bob").await;
        let guest = app.guest();

        let assertion = hers.get(&ask(&guest, "SIGN_IN").await);
        assert!(sign_in_with(&guest, &assertion).await["accessToken"].is_string());
        assert_eq!(codes(&sign_in_with(&guest, &assertion).await), wrong("method.passkey"), "again");
        let options = ask(&guest, "SIGN_IN").await;
        hers.is_verifying = false;
        assert_eq!(codes(&sign_in_with(&guest, &hers.get(&options)).await), wrong("method.passkey"));
        hers.is_verifying = true;
        let after = sign_in_with(&guest, &hers.get(&options)).await;
        assert_eq!(codes(&after), wrong("method.passkey"), "a wrong answer uses it up, too");

        let confirm = hers.get(&ask(&ada, "CONFIRM").await);
        assert_eq!(codes(&sign_in_with(&guest, &confirm).await), wrong("method.passkey"));
        let to_sign_in = hers.get(&ask(&guest, "SIGN_IN").await).to_string();
        assert_eq!(codes(&set(&ada, &her_factor, &to_sign_in, true).await), wrong("code"));
        let for_bob = hers.get(&ask(&bob, "CONFIRM").await).to_string();
        assert_eq!(codes(&set(&ada, &her_factor, &for_bob, true).await), wrong("code"));
        let by_bob = his.get(&ask(&ada, "CONFIRM").await).to_string();
        assert_eq!(codes(&set(&ada, &her_factor, &by_bob, true).await), wrong("code"));

        let (first, second) = (first_step(&app, "ada").await, first_step(&app, "ada").await);
        let of_another = hers.get(&first["passkeyOptions"]).to_string();
        let payload = answer(&app, &second, &of_another).await;
        assert_eq!(codes(&payload), wrong("method.mfa.response"), "another challenge's");
        let alone = hers.get(&ask(&guest, "SIGN_IN").await).to_string();
        assert_eq!(codes(&answer(&app, &second, &alone).await), wrong("method.mfa.response"));
        let in_step = hers.get(&first["passkeyOptions"]);
        assert_eq!(codes(&sign_in_with(&guest, &in_step).await), wrong("method.passkey"));
        let by_bob = his.get(&second["passkeyOptions"]).to_string();
        assert_eq!(codes(&answer(&app, &second, &by_bob).await), wrong("method.mfa.response"));
        assert_eq!(rows(&app, ["mfa_factors"]).await, [2]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_count_that_goes_back_tells_of_a_copy() {
    on_each_database(async |app| {
        let (_, mut passkey, _) = holder(&app, "ada").await;
        passkey.counter = 41;
        let options = ask(&app.guest(), "SIGN_IN").await;
        assert!(sign_in_with(&app.guest(), &passkey.get(&options)).await["accessToken"].is_string());

        for counter in [0, 40, 41] {
            passkey.counter = counter;
            let options = ask(&app.guest(), "SIGN_IN").await;
            let refused = sign_in_with(&app.guest(), &passkey.get(&options)).await;
            assert_eq!(codes(&refused), wrong("method.passkey"), "{counter}");
            passkey.counter = counter;
            let challenge = first_step(&app, "ada").await;
            let given = passkey.get(&challenge["passkeyOptions"]).to_string();
            assert_eq!(codes(&answer(&app, &challenge, &given).await), wrong("method.mfa.response"));
        }
        (passkey.counter, passkey.is_counting) = (0, false);
        let options = ask(&app.guest(), "SIGN_IN").await;
        let refused = sign_in_with(&app.guest(), &passkey.get(&options)).await;
        assert_eq!(codes(&refused), wrong("method.passkey"));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_answers_too_late() {
    let at_once = |config: &mut gateway::Config| {
        config.auth.passkeys.challenge_lifetime = Duration::ZERO;
    };
    on_each_database_with(at_once, async |app| {
        let ada = somebody(&app, "ada").await;
        let mut passkey = Authenticator::new();

        let begun = begin(&ada, None).await;
        let attestation = passkey.create(&begun.options).to_string();
        assert_eq!(codes(&set(&ada, &begun.id, &attestation, false).await), wrong("code"));
        let (second, patient) = app.beside().await;
        let ada = patient.sign_in("ada@example.com", crate::accounts::PASSWORD).await;
        super::enroll(&ada, &mut passkey).await;
        let options = ask(&app.guest(), "SIGN_IN").await;
        let late = sign_in_with(&app.guest(), &passkey.get(&options)).await;

        assert_eq!(codes(&late), wrong("method.passkey"));
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn no_bent_attestation_enrols() {
    on_each_database(async |app| {
        let (_, taken, _) = holder(&app, "bob").await;
        let ada = somebody(&app, "ada").await;
        let refused = async |bend: fn(&mut Authenticator), garbage: Option<&str>| {
            let begun = begin(&ada, None).await;
            let mut passkey = Authenticator::new();
            bend(&mut passkey);
            let attestation = passkey.create(&begun.options).to_string();
            let payload = set(&ada, &begun.id, garbage.unwrap_or(&attestation), false).await;
            codes(&payload) == wrong("code")
        };

        assert!(refused(|it| it.origin = "https://evil.example".to_owned(), None).await);
        assert!(refused(|it| it.relying_party = "evil.example".to_owned(), None).await);
        assert!(refused(|it| it.is_verifying = false, None).await);
        for garbage in ["", "{}", "123456", "{\"id\":\"x\",\"rawId\":\"eA\",\"response\":{}}"] {
            assert!(refused(|_| (), Some(garbage)).await, "{garbage}");
        }
        let (first, second) = (begin(&ada, None).await, begin(&ada, None).await);
        let of_another = Authenticator::new().create(&first.options).to_string();
        assert_eq!(codes(&set(&ada, &second.id, &of_another, false).await), wrong("code"));
        let mut copy = Authenticator { id: taken.id.clone(), ..Authenticator::new() };
        let of_bobs = copy.create(&second.options).to_string();
        assert_eq!(
            codes(&set(&ada, &second.id, &of_bobs, false).await),
            wrong("code"),
            "its id is taken"
        );

        let factors = data(&ada, "{ me { mfaFactors { kind } } }", json!({})).await;
        assert_eq!(factors["me"]["mfaFactors"], json!([]));
        app.guest().sign_in("ada@example.com", crate::accounts::PASSWORD).await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn asking_tells_nothing_of_anybody_and_confirming_is_for_who_is_signed_in() {
    on_each_database(async |app| {
        holder(&app, "ada").await;
        let bob = somebody(&app, "bob").await;

        let asked = |client: tests::Client, purpose: &'static str| async move {
            client.ask(super::ASK, json!({ "purpose": purpose })).await
        };
        let guest = asked(app.guest(), "CONFIRM").await;
        assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        let without = asked(bob.clone(), "CONFIRM").await["data"]["passkeyChallenge"].take();
        assert_eq!(codes(&without), [("NOT_FOUND", "purpose".to_owned())]);
        assert_eq!(without["options"], json!(null));
        let mut shapes = Vec::new();
        for client in [app.guest(), bob] {
            let mut options = ask(&client, "SIGN_IN").await;
            options["challenge"] = json!(null);
            shapes.push(options);
        }
        assert_eq!(shapes[0], shapes[1]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn guesses_at_a_passkey_are_slowed_down_whether_or_not_it_is_anybodys() {
    let few = |config: &mut gateway::Config| {
        config.limits.guesses.account = gateway::BudgetConfig { points: 3, restore: 0.001 };
    };
    on_each_database_with(few, async |app| {
        let (_, known, _) = holder(&app, "ada").await;
        let mut bad = Authenticator { key: Authenticator::new().key, ..known.copy() };
        let mut unknown = Authenticator { user: known.user.clone(), ..Authenticator::new() };

        for passkey in [&mut bad, &mut unknown] {
            let mut outcomes = Vec::new();
            for _ in 0..5 {
                let options = ask(&app.guest(), "SIGN_IN").await;
                let payload = sign_in_with(&app.guest(), &passkey.get(&options)).await;
                outcomes.push(payload["userErrors"][0]["code"].as_str().expect("refused").to_owned());
            }
            let (wrong, slow) = ("BAD_CREDENTIALS", "RATE_LIMITED");
            assert_eq!(outcomes, [wrong, wrong, wrong, slow, slow]);
        }
        app.stop().await;
    })
    .await;
}
