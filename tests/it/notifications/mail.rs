//! What leaves by mail while no server is configured: files, each a whole mail.

use std::path::Path;

use kit::{Id as _, ids::ConversationId};
use serde_json::json;
use tests::{TestApp, on_each_database, on_each_database_with};

use super::{Person, eventually, execute, message, number, review, settled, tell};
use crate::accounts::{data, rows, somebody};

/// What every new account is sent.
const CONFIRM: &str = "Subject: Confirm your address\r\n";

/// The mails in a folder that go to this address, as they would be sent, but the
/// one that every new account gets.
pub(crate) fn mails_to(outbox: &Path, email: &str) -> Vec<String> {
    let mut mails = all_mails_to(outbox, email);
    mails.retain(|mail| !mail.contains(CONFIRM));
    mails
}

fn all_mails_to(outbox: &Path, email: &str) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(outbox) else { return Vec::new() };
    let is_mail = |path: &Path| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        name.is_some_and(|name| name.ends_with(".eml") && !name.starts_with('.'))
    };
    let mut paths: Vec<_> =
        files.flatten().map(|file| file.path()).filter(|path| is_mail(path)).collect();
    paths.sort();
    let texts = paths.iter().map(|path| std::fs::read_to_string(path).expect("a mail"));
    let is_to = |text: &String| {
        text.contains(&format!("<{email}>\r\n")) || text.contains(&format!("To: {email}\r\n"))
    };
    texts.filter(is_to).collect()
}

fn subjects(app: &TestApp, email: &str) -> Vec<String> {
    let subject = |mail: &String| {
        let line = mail.lines().find(|line| line.starts_with("Subject: ")).expect("a subject");
        line.trim_start_matches("Subject: ").to_owned()
    };
    let mut subjects: Vec<String> = mails_to(app.outbox(), email).iter().map(subject).collect();
    subjects.sort();
    subjects
}

/// Waits until no delivery waits that is due.
pub(super) async fn delivered(app: &TestApp) {
    settled(app).await;
    let waiting = "SELECT count(*) FROM notification_deliveries WHERE state = 'CLAIMED' OR \
        (state = 'QUEUED' AND notification_id IS NOT NULL)";
    eventually("everything is delivered", async || number(app, waiting).await == 0).await;
}

/// As if the time of gathering were over.
pub(super) async fn digests_are_due(app: &TestApp) {
    execute(
        app,
        "UPDATE notification_deliveries SET due_at = 0 WHERE notification_id IS NULL AND state = \
        'QUEUED'",
    )
    .await;
    let waiting = "SELECT count(*) FROM notification_deliveries WHERE state IN ('QUEUED', 'CLAIMED')";
    eventually("the digests went out", async || number(app, waiting).await == 0).await;
}

/// The address in a mail's `List-Unsubscribe`, without the host.
fn way_out(mail: &str) -> Option<String> {
    let line = mail.lines().find(|line| line.starts_with("List-Unsubscribe: "))?;
    let address = line.trim_start_matches("List-Unsubscribe: <").trim_end_matches('>');
    Some(address.strip_prefix("https://weft.example").expect("the public address").to_owned())
}

fn public(config: &mut gateway::Config) {
    config.notifications.public_url = "https://weft.example/".to_owned();
}

#[tokio::test]
async fn a_new_account_is_mailed_a_token_that_confirms_its_address_once_an_hour_at_most() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let ask = "mutation { emailConfirmationRequest }";
        for _ in 0..3 {
            data(&ada, ask, json!({})).await;
        }
        delivered(&app).await;

        let mails = all_mails_to(app.outbox(), "ada@example.com");
        let mut confirm = mails.iter().filter(|mail| mail.contains(CONFIRM));
        let mail = confirm.next().expect("a mail").replace("=\r\n", "");
        // The hour may turn meanwhile.
        assert!(confirm.count() <= 1, "{mails:?}");
        let is_token = |line: &&str| line.len() == 43 && !line.contains(' ');
        let token = mail.lines().find(is_token).expect("a token on a line of its own").to_owned();
        let confirm = "mutation($token: String!) { emailConfirm(token: $token) { account { emailVerified } \
                       userErrors { code } } }";
        let confirmed = data(&ada, confirm, json!({ "token": token })).await;
        assert_eq!(confirmed["emailConfirm"]["account"]["emailVerified"], true, "{confirmed}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_is_mailed_once_in_two_parts_and_can_not_be_unsubscribed() {
    on_each_database(async |app| {
        let _ada = somebody(&app, "ada").await;
        delivered(&app).await;

        let mails = mails_to(app.outbox(), "ada@example.com");
        assert_eq!(mails.len(), 1, "the welcome is not mailed: {mails:?}");
        let mail = &mails[0];
        for part in [
            "From: Weft <no-reply@localhost>\r\n",
            "To: ADA <ada@example.com>\r\n",
            "Subject: New sign-in to your account\r\n",
            "Auto-Submitted: auto-generated\r\n",
            "Content-Type: multipart/alternative;",
            "Content-Type: text/plain; charset=utf-8\r\n",
            "Content-Type: text/html; charset=utf-8\r\n",
            "Hello ADA,",
        ] {
            assert!(mail.contains(part), "{part} in {mail}");
        }
        assert!(!mail.contains("nsubscribe"), "{mail}");
        assert_eq!(rows(&app, ["notification_deliveries WHERE state = 'DEAD'"]).await, [0]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn only_security_notices_go_to_an_address_that_nobody_confirmed() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        execute(
            &app,
            &format!("UPDATE accounts SET email_verified = FALSE WHERE id = '{}'", ada.account),
        )
        .await;

        tell(&app, &review(&ada, true)).await;
        tell(&app, &review(&eve, true)).await;
        delivered(&app).await;

        assert_eq!(subjects(&app, "ada@example.com"), ["New sign-in to your account"]);
        assert_eq!(
            subjects(&app, "eve@example.com"),
            ["New sign-in to your account", "Your review was answered"]
        );
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_hostile_name_is_text_and_begins_no_header() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        // Sign-up refuses such names; a mail must not depend on it.
        let hostile = "<script>alert(1)</script>\r\nBcc: mallory@example.com\r\n\r\n<b>";
        for person in [&ada, &eve] {
            execute(
                &app,
                &format!("UPDATE users SET display_name = '{hostile}' WHERE id = '{}'", person.user),
            )
            .await;
        }
        tell(&app, &message(ConversationId::generate(), 1, &eve, &[&ada])).await;
        delivered(&app).await;
        digests_are_due(&app).await;

        let mails = mails_to(app.outbox(), "ada@example.com");
        let mail = mails.iter().find(|mail| mail.contains("Subject: Message from")).expect("a digest");
        let (head, body) = mail.split_once("\r\n\r\n").expect("a head and a body");
        assert!(!head.lines().any(|line| line.to_lowercase().starts_with("bcc")), "{head}");
        let html = body.split("text/html").nth(1).expect("an HTML part");
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;"), "{html}");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn messages_are_mailed_together_and_what_was_read_meanwhile_is_not() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        let bob = Person::new(&app, "bob").await;
        let [first, second, third] = [(); 3].map(|()| ConversationId::generate());
        tell(&app, &message(first, 1, &eve, &[&ada])).await;
        tell(&app, &message(first, 2, &eve, &[&ada])).await;
        tell(&app, &message(second, 1, &bob, &[&ada])).await;
        delivered(&app).await;
        let read = ada.feed(json!({ "first": 1 })).await["notifications"]["nodes"][0]["id"].take();
        assert_eq!(ada.mark(json!({ "ids": [read] })).await, 1);
        tell(&app, &message(third, 1, &bob, &[&eve])).await;
        settled(&app).await;
        assert_eq!(eve.mark(json!({ "upTo": "2999-01-01T00:00:00.000Z" })).await, 2);
        assert_eq!(subjects(&app, "ada@example.com"), ["New sign-in to your account"]);

        digests_are_due(&app).await;

        let told = ["2 messages, the latest from EVE", "New sign-in to your account"];
        assert_eq!(subjects(&app, "ada@example.com"), told, "one mail, and only what is unread");
        assert_eq!(subjects(&app, "eve@example.com"), ["New sign-in to your account"]);
        let dropped = "notification_deliveries WHERE state = 'DROPPED' AND notification_id IS NULL";
        assert_eq!(rows(&app, [dropped]).await, [1]);

        // What a digest has told is not told again.
        tell(&app, &message(second, 2, &bob, &[&ada])).await;
        delivered(&app).await;
        digests_are_due(&app).await;
        let told =
            ["2 messages, the latest from EVE", "Message from BOB", "New sign-in to your account"];
        assert_eq!(subjects(&app, "ada@example.com"), told);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn several_conversations_are_one_mail() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        for _ in 0..3 {
            tell(&app, &message(ConversationId::generate(), 1, &eve, &[&ada])).await;
        }
        delivered(&app).await;
        digests_are_due(&app).await;

        assert_eq!(
            subjects(&app, "ada@example.com"),
            ["3 unread conversations", "New sign-in to your account"]
        );
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_click_ends_mails_of_a_kind_and_looking_at_the_page_does_not() {
    on_each_database_with(public, async |app| {
        use axum::{body::Body, http::Request};

        let ada = Person::new(&app, "ada").await;
        tell(&app, &review(&ada, true)).await;
        delivered(&app).await;
        let mails = mails_to(app.outbox(), "ada@example.com");
        let mail = mails.iter().find(|mail| mail.contains("Your review was answered")).expect("a mail");
        assert!(mail.contains("List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"), "{mail}");
        let path = way_out(mail).expect("a way out");
        let channels = async || {
            let query = "{ me { notificationPreferences { kind channels } } }";
            let list = data(&ada.client, query, json!({})).await["me"]["notificationPreferences"].take();
            let list = list.as_array().expect("preferences").clone();
            list.into_iter().find(|one| one["kind"] == "review.answered").expect("a kind")["channels"]
                .take()
        };
        let post = async |path: &str| {
            let request = Request::post(path)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(Body::from("List-Unsubscribe=One-Click"));
            app.guest().send(request.expect("a request")).await
        };

        let page = app.guest().get(&path).await;
        let text = String::from_utf8_lossy(&page.body).into_owned();
        assert_eq!(page.status, 200);
        assert!(text.contains("No more mails about answers to your reviews?"), "{text}");
        assert!(text.contains("<form method=\"post\">"), "{text}");
        assert_eq!(page.headers["referrer-policy"], "no-referrer");
        assert_eq!(channels().await, json!(["IN_APP", "EMAIL"]));

        for forged in ["/unsubscribe/rubbish".to_owned(), format!("{path}A"), path.replace('.', "..")] {
            assert_eq!(app.guest().get(&forged).await.status, 404, "{forged}");
            assert_eq!(post(&forged).await.status, 404, "{forged}");
        }
        assert_eq!(channels().await, json!(["IN_APP", "EMAIL"]));
        assert_eq!(rows(&app, ["notification_preferences"]).await, [0]);

        for _ in 0..2 {
            assert_eq!(post(&path).await.status, 200);
        }
        assert_eq!(channels().await, json!(["IN_APP"]));
        tell(&app, &review(&ada, true)).await;
        delivered(&app).await;
        assert_eq!(
            subjects(&app, "ada@example.com"),
            ["New sign-in to your account", "Your review was answered"]
        );
        assert_eq!(ada.unread().await, 3, "the feed goes on");
        app.stop().await;
    })
    .await;
}
