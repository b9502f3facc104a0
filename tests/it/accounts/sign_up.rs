//! Signing up and in: who gets an account, and what a stranger can learn.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::on_each_database;

use super::{PASSWORD, PEOPLE, SIGN_IN, data, new, refused, refused_for, rows, sign_in, sign_up};

#[tokio::test]
async fn who_signs_up_signs_in_and_is_themselves() {
    on_each_database(async |app| {
        let guest = app.guest();
        let input = json!({ "email": " Ada@Example.COM ", "password": PASSWORD, "handle": "ada_l-1",
            "displayName": "  Ada Lovelace " });
        let me = "{ me { email emailVerified roles locale currency version user { handle displayName \
            avatarUrl bio seller { id } } sessions { isCurrent userAgent } favourites { totalCount } } \
            }";

        let signed_up = sign_up(&guest, input).await;
        let signed_in = sign_in(&guest, "ADA@example.com", PASSWORD).await;
        let token = signed_in["accessToken"].as_str().unwrap_or_else(|| panic!("{signed_in}"));
        let ada = guest.with_token(token);

        assert_eq!(signed_up, refused_for(json!([])), "no tokens, no errors");
        assert_eq!(signed_in["userErrors"], json!([]));
        assert_eq!(signed_in["account"]["email"], "ada@example.com");
        assert!(signed_in["refreshToken"].is_string() && signed_in["expiresAt"].is_string());
        let user = json!({ "handle": "ada_l-1", "displayName": "Ada Lovelace", "avatarUrl": null,
            "bio": null, "seller": null });
        let expected = json!({ "email": "ada@example.com", "emailVerified": false,
            "roles": ["CUSTOMER"], "locale": "en", "currency": "EUR", "version": 1, "user": user,
                "sessions": [{ "isCurrent": true, "userAgent": null }], "favourites": {
                    "totalCount": 0 } });
        assert_eq!(data(&ada, me, json!({})).await, json!({ "me": expected }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_guest_is_nobody() {
    on_each_database(async |app| {
        let answer = app.guest().ask("{ me { id email } }", json!({})).await;

        assert_eq!(answer, json!({ "data": { "me": null } }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_known_email_is_answered_as_a_new_one_and_creates_nothing() {
    on_each_database(async |app| {
        let guest = app.guest();
        let first = sign_up(&guest, new("ada")).await;
        let before = rows(&app, PEOPLE).await;
        let again = json!({ "email": "ADA@example.com ", "password": "another password",
            "handle": "mallory", "displayName": "Mallory" });

        let second = sign_up(&guest, again).await;

        assert_eq!(second, first);
        assert_eq!(rows(&app, PEOPLE).await, before);
        let handle = "{ user(by: { handle: \"mallory\" }) { id } }";
        assert_eq!(data(&guest, handle, json!({})).await, json!({ "user": null }));
        let intruder = sign_in(&guest, "ada@example.com", "another password").await;
        assert_eq!(intruder["userErrors"][0]["code"], "BAD_CREDENTIALS");
        assert_eq!(sign_in(&guest, "ada@example.com", PASSWORD).await["userErrors"], json!([]));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_taken_handle_is_refused_alike_for_known_and_unknown_emails() {
    on_each_database(async |app| {
        let guest = app.guest();
        sign_up(&guest, new("ada")).await;
        let before = rows(&app, PEOPLE).await;
        let with_email = |email: &str| {
            let mut input = new("ada");
            input["email"] = json!(email);
            input
        };

        let unknown = sign_up(&guest, with_email("eve@example.com")).await;
        let known = sign_up(&guest, with_email("ada@example.com")).await;

        assert_eq!(unknown, refused("TAKEN", json!(["handle"]), "somebody else has this handle"));
        assert_eq!(known, unknown);
        assert_eq!(rows(&app, PEOPLE).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn every_broken_rule_of_a_sign_up_is_named_by_its_field_and_creates_nothing() {
    let email = "an email looks like name@example.com";
    let handle = "a handle has 3 to 30 characters out of a-z, 0-9, _ and -";
    let password = "a password has 10 to 128 characters";
    let name = "a display name has 1 to 80 characters, all of them printable";
    let text = |length: usize| "a".repeat(length);
    let mut cases: Vec<(&str, String, &str)> = Vec::new();
    let emails = [
        "",
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "a@b@example.com",
        "a b@example.com",
        "a\0@example.com",
    ];
    cases.extend(emails.map(|bad| ("email", bad.to_owned(), email)));
    cases.push(("email", format!("{}@example.com", text(65)), email));
    cases.extend(
        ["", "ab", "Ada", "a da", "adä", "ada!", "a\0da"].map(|bad| ("handle", bad.to_owned(), handle)),
    );
    cases.push(("handle", text(31), handle));
    cases.extend([text(0), text(9), text(129)].map(|bad| ("password", bad, password)));
    cases.extend(["", "   ", "A\u{7}da", "A\0da"].map(|bad| ("displayName", bad.to_owned(), name)));
    cases.push(("displayName", text(81), name));

    on_each_database(async |app| {
        let guest = app.guest();
        let before = rows(&app, PEOPLE).await;

        for (field, bad, message) in &cases {
            let mut input = new("ada");
            input[*field] = json!(bad);
            let payload = sign_up(&guest, input).await;
            assert_eq!(payload, refused("INVALID", json!([field]), message), "{field} {bad:?}");
        }
        let all = json!({ "email": "", "password": "", "handle": "", "displayName": "" });
        let all = sign_up(&guest, all).await;

        let fields: Vec<&Value> =
            all["userErrors"].as_array().expect("a list").iter().map(|e| &e["field"][0]).collect();
        assert_eq!(fields, ["email", "password", "handle", "displayName"]);
        assert_eq!(rows(&app, PEOPLE).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_longest_and_shortest_names_are_fine() {
    on_each_database(async |app| {
        let before = rows(&app, PEOPLE).await;
        let short = json!({ "email": "a@b.c", "password": "a".repeat(10), "handle": "abc",
            "displayName": "Ö" });
        let long = json!({ "email": format!("{}@example.com", "a".repeat(64)),
            "password": "ß".repeat(128), "handle": "a".repeat(30), "displayName": "名".repeat(80) });

        for input in [short, long] {
            let (email, password) = (input["email"].clone(), input["password"].clone());
            assert_eq!(sign_up(&app.guest(), input).await, refused_for(json!([])));
            let (email, password) = (email.as_str().expect("text"), password.as_str().expect("text"));
            assert_eq!(sign_in(&app.guest(), email, password).await["userErrors"], json!([]));
        }

        let after = rows(&app, PEOPLE).await;
        assert_eq!((after[0] - before[0], after[1] - before[1], after[2] - before[2]), (2, 2, 2));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_email_answer_alike() {
    on_each_database(async |app| {
        let guest = app.guest();
        sign_up(&guest, new("ada")).await;
        let before = rows(&app, PEOPLE).await;
        let expected = refused("BAD_CREDENTIALS", Value::Null, "wrong email or password");

        let wrong = sign_in(&guest, "ada@example.com", "correct horse batterY").await;
        let unknown = sign_in(&guest, "eve@example.com", PASSWORD).await;

        assert_eq!(wrong, expected);
        assert_eq!(unknown, expected);
        for (email, password) in [("", ""), ("ada@example.com", ""), ("a\0da@example.com", PASSWORD)] {
            assert_eq!(sign_in(&guest, email, password).await, expected, "{email:?}");
        }
        assert_eq!(rows(&app, PEOPLE).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn sign_ups_at_once_with_one_email_or_one_handle_make_one_account() {
    on_each_database(async |app| {
        let guest = app.guest();
        let before = rows(&app, ["users", "accounts"]).await;
        let same_email = (0..6).map(|number| {
            let mut input = new(&format!("ada{number}"));
            input["email"] = json!("ada@example.com");
            sign_up(&guest, input)
        });
        let same_handle = (0..6).map(|number| {
            let mut input = new("eve");
            input["email"] = json!(format!("eve{number}@example.com"));
            sign_up(&guest, input)
        });

        let by_email = join_all(same_email).await;
        let by_handle = join_all(same_handle).await;

        assert!(by_email.iter().all(|payload| *payload == refused_for(json!([]))), "{by_email:?}");
        let taken = refused("TAKEN", json!(["handle"]), "somebody else has this handle");
        assert_eq!(by_handle.iter().filter(|payload| **payload == taken).count(), 5, "{by_handle:?}");
        assert_eq!(rows(&app, ["users", "accounts"]).await, before.map(|count| count + 2));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_takes_exactly_one_method() {
    on_each_database(async |app| {
        let login = json!({ "email": "ada@example.com", "password": PASSWORD });
        let before = rows(&app, PEOPLE).await;

        for method in [
            json!({}),
            json!({ "password": login, "refreshToken": "x" }),
            json!({ "refreshToken": null }),
        ] {
            let answer = app.guest().ask(SIGN_IN, json!({ "method": method })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{answer}");
            assert_eq!(answer.get("data"), None, "{answer}");
        }

        assert_eq!(rows(&app, PEOPLE).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_user_is_found_by_id_and_by_handle() {
    on_each_database(async |app| {
        sign_up(&app.guest(), new("ada")).await;
        let by_handle =
            "query($handle: String!) { user(by: { handle: $handle }) { id handle displayName } }";
        let by_id =
            "query($id: ID!) { user(by: { id: $id }) { id handle displayName } node(id: $id) { id } }";

        let ada = data(&app.guest(), by_handle, json!({ "handle": "ada" })).await["user"].take();

        assert_eq!((&ada["handle"], &ada["displayName"]), (&json!("ada"), &json!("ADA")));
        let found = data(&app.guest(), by_id, json!({ "id": ada["id"] })).await;
        assert_eq!(found, json!({ "user": ada, "node": { "id": ada["id"] } }));
        for handle in ["Ada", "nobody", "", "a\0da"] {
            let answer = app.guest().ask(by_handle, json!({ "handle": handle })).await;
            assert_eq!(answer, json!({ "data": { "user": null } }), "{handle:?}");
        }
        app.stop().await;
    })
    .await;
}
