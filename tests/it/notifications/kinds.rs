//! Who is told what: each fact once, to those it concerns, as they prefer.

use kit::{
    Id as _,
    facts::{ConversationRead, EndReason, ReviewSaved, SessionRevoked},
    ids::{ConversationId, SessionId},
};
use serde_json::{Value, json};
use tests::{TestApp, on_each_database};

use super::{Person, message, number, review, settled, tell};
use crate::accounts::{data, rows};

const SET: &str = "mutation($kind: String!, $channels: [NotificationChannel!]!) { \
    notificationPreferenceSet(kind: $kind, channels: $channels) { preferences { kind channels isDefault } \
    userErrors { code field message } } }";

async fn set(person: &Person, kind: &str, channels: &[&str]) -> Value {
    let variables = json!({ "kind": kind, "channels": channels });
    data(&person.client, SET, variables).await["notificationPreferenceSet"].take()
}

/// Tells a fact as often as an at-least-once log may.
async fn tell_twice<F>(app: &TestApp, fact: &F)
where
    F: subscriptions::Fact + Clone + Send + Sync + 'static,
{
    tell(app, fact).await;
    tell(app, fact).await;
}

fn welcome() -> (String, i64) {
    ("Welcome to the marketplace".to_owned(), 1)
}

#[tokio::test]
async fn messages_of_one_conversation_are_one_notification_until_it_is_read() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        let conversation = ConversationId::generate();
        for sequence in 1..=3 {
            tell_twice(&app, &message(conversation, sequence, &eve, &[&ada])).await;
        }
        settled(&app).await;

        let several = ("3 messages, the latest from EVE".to_owned(), 3);
        assert_eq!(ada.titles().await, [several, welcome()]);
        assert_eq!(ada.unread().await, 2);
        assert_eq!(eve.titles().await, [welcome()], "who sends is not told");
        let feed = ada.feed(json!({ "first": 1 })).await["notifications"]["nodes"][0].take();
        assert_eq!(feed["targetId"], json!(conversation));

        assert_eq!(ada.mark(json!({ "ids": [feed["id"]] })).await, 1);
        tell_twice(&app, &message(conversation, 3, &eve, &[&ada])).await;
        settled(&app).await;
        assert_eq!(ada.unread().await, 1, "a fact that comes again is no news");

        tell_twice(&app, &message(conversation, 4, &eve, &[&ada])).await;
        settled(&app).await;
        assert_eq!(ada.titles().await, [("Message from EVE".to_owned(), 1), welcome()]);
        assert_eq!(ada.unread().await, 2);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn only_the_recipients_of_a_message_are_told() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        let bob = Person::new(&app, "bob").await;
        let conversation = ConversationId::generate();

        // Who blocked the sender or muted the conversation is not among them.
        tell(&app, &message(conversation, 1, &eve, &[&bob])).await;
        tell(&app, &message(conversation, 2, &eve, &[])).await;
        settled(&app).await;

        assert_eq!(ada.titles().await, [welcome()]);
        assert_eq!(bob.titles().await, [("Message from EVE".to_owned(), 1), welcome()]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn who_reads_a_conversation_has_read_its_notification() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        let conversation_id = ConversationId::generate();
        tell(&app, &message(conversation_id, 1, &eve, &[&ada])).await;
        tell(&app, &message(conversation_id, 2, &eve, &[&ada])).await;
        tell(&app, &ConversationRead { conversation_id, user_id: ada.user, sequence: 1 }).await;
        settled(&app).await;
        assert_eq!(ada.unread().await, 2, "the second message is not read");

        tell_twice(&app, &ConversationRead { conversation_id, user_id: ada.user, sequence: 2 }).await;
        settled(&app).await;

        assert_eq!(ada.unread().await, 1);
        assert_eq!(rows(&app, ["events WHERE kind = 'notification.read'"]).await, [1]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_review_is_told_to_the_shop_and_its_answer_to_the_author_once() {
    on_each_database(async |app| {
        let ada = Person::new(&app, "ada").await;
        let owner = app.seller(0).await;
        let newest = "{ me { notifications(first: 2) { nodes { kind title body targetId } } } }";
        let written = review(&ada, false);
        let edited = ReviewSaved { stars: 2, ..written.clone() };
        let answered = ReviewSaved { has_reply: true, ..written.clone() };

        for fact in [&written, &edited, &answered, &answered] {
            tell_twice(&app, fact).await;
        }
        settled(&app).await;

        let told = data(&owner, newest, json!({})).await["me"]["notifications"]["nodes"].take();
        let body = "They gave it 4 of 5 stars. You can answer the review in public.";
        let expected = json!({ "kind": "review.received", "title": "ADA reviewed your product",
            "body": body, "targetId": written.review_id });
        assert_eq!(told[0], expected);
        assert_ne!(told[1]["targetId"], json!(written.review_id));
        let told = ada.titles().await;
        assert_eq!(told, [("Your review was answered".to_owned(), 1), welcome()]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_is_mailed_only_and_a_stolen_token_is_shown_too() {
    on_each_database(async |app| {
        let ada = Person::new(&app, "ada").await;
        let of_ada = format!("notifications WHERE account_id = '{}'", ada.account);
        let sql = format!("SELECT count(*) FROM {of_ada} AND kind = 'session.started' AND NOT is_shown");
        assert_eq!(number(&app, &sql).await, 1);
        let session = SessionId::generate();
        let ended = |reason| SessionRevoked { account: ada.account, session, reason };

        tell_twice(&app, &ended(EndReason::Requested)).await;
        tell_twice(&app, &ended(EndReason::TokenReused)).await;
        settled(&app).await;

        let notice = ("A session of your account was ended for safety".to_owned(), 1);
        assert_eq!(ada.titles().await, [notice, welcome()]);
        let hidden = format!(
            "SELECT count(*) FROM events WHERE subject = '{}' AND kind = \
            'notification.added'",
            ada.account
        );
        assert_eq!(number(&app, &hidden).await, 2, "what is not in the feed is no event of it");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_kind_goes_where_its_account_wants_it() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        let preference = |answer: &Value, kind: &str| {
            let list = answer["preferences"].as_array().expect("preferences").clone();
            let mut found = list.into_iter().filter(|preference| preference["kind"] == kind);
            found
                .next()
                .map(|preference| (preference["channels"].clone(), preference["isDefault"].clone()))
        };

        let answer = set(&ada, "message.received", &["EMAIL", "EMAIL"]).await;
        assert_eq!(answer["userErrors"], json!([]));
        assert_eq!(preference(&answer, "message.received"), Some((json!(["EMAIL"]), json!(false))));
        assert_eq!(
            preference(&answer, "review.received"),
            Some((json!(["IN_APP", "EMAIL"]), json!(true)))
        );
        tell(&app, &message(ConversationId::generate(), 1, &eve, &[&ada])).await;
        settled(&app).await;
        assert_eq!(ada.titles().await, [welcome()], "mailed only");

        // A group takes the place of what was set for its kinds.
        let answer = set(&ada, "message.*", &["IN_APP"]).await;
        assert_eq!(preference(&answer, "message.*"), Some((json!(["IN_APP"]), json!(false))));
        assert_eq!(preference(&answer, "message.received"), Some((json!(["IN_APP"]), json!(false))));
        tell(&app, &message(ConversationId::generate(), 1, &eve, &[&ada])).await;
        settled(&app).await;
        assert_eq!(ada.titles().await.len(), 2);

        let answer = set(&ada, "*", &[]).await;
        assert_eq!(preference(&answer, "message.*"), None);
        assert_eq!(preference(&answer, "message.received"), Some((json!([]), json!(false))));
        assert_eq!(preference(&answer, "session.started"), Some((json!(["EMAIL"]), json!(false))));
        tell(&app, &message(ConversationId::generate(), 1, &eve, &[&ada])).await;
        settled(&app).await;
        assert_eq!(ada.titles().await.len(), 2);
        let own = data(
            &ada.client,
            "{ me { notificationPreferences { kind channels isDefault } } }",
            json!({}),
        );
        assert_eq!(own.await["me"]["notificationPreferences"], answer["preferences"]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_can_not_be_preferred_is_refused_and_nothing_is_kept() {
    on_each_database(async |app| {
        let ada = Person::new(&app, "ada").await;
        let refused = |code: &str, field: &str, message: &str| {
            json!({ "preferences": null, "userErrors": [{ "code": code, "field": [field], "message": message }] })
        };

        for kind in ["kitchen.sink", "kitchen.*", "", "message", "message.received\0", "MESSAGE.*"] {
            let message = format!("there is no kind of notifications that {kind:?} names");
            assert_eq!(set(&ada, kind, &["IN_APP"]).await, refused("NOT_FOUND", "kind", &message));
        }
        for kind in ["session.started", "session.*"] {
            let message = "security notices always go by mail too";
            assert_eq!(set(&ada, kind, &["IN_APP"]).await, refused("INVALID", "channels", message));
        }
        let unknown = ada.client.ask(SET, json!({ "kind": "*", "channels": ["WEBHOOK"] })).await;
        assert_eq!(unknown["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{unknown}");
        let guest = app.guest().ask(SET, json!({ "kind": "*", "channels": [] })).await;
        assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");

        assert_eq!(rows(&app, ["notification_preferences"]).await, [0]);
        app.stop().await;
    })
    .await;
}
