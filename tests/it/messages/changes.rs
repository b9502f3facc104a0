//! Editing, deleting, hiding, reacting and reporting.

use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database};

use super::{
    BODIES, DELETE, EDIT, Person, REACT, REPORT, SEND, TABLES, input, next, now, payload, people,
    refused,
};
use crate::accounts::{data, rows};

const SECRET: &str = "the wombat sleeps at noon";

/// The tables' rows in which this text stands, whatever the column.
async fn traces(app: &TestApp, text: &str) -> i64 {
    let db = app.app().db().read();
    let sql = format!(
        "SELECT (SELECT count(*) FROM messages WHERE body LIKE '%{text}%') \
         + (SELECT count(*) FROM events WHERE CAST(payload AS text) LIKE '%{text}%')"
    );
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect("a statement").expect("a row");
    row.try_get_by_index(0).expect("a number")
}

async fn moderator(app: &TestApp) -> Client {
    app.sign_in("mona-moderator@demo.example").await
}

/// Everything that can be asked about a message and its answer.
async fn everything(person: &Person, conversation: &str, message: &str, answer: &str) -> Value {
    let query = "query($conversation: ID!, $ids: [ID!]!) { nodes(ids: $ids) { ... on Message { body \
        state attachments { name } reactions { emoji } replyTo { body state } editedAt } } \
        conversation(id: $conversation) { lastMessage { body replyTo { body } } messages { nodes { body \
        replyTo { body } } } } me { conversations { nodes { lastMessage { body } messages { nodes { body \
        } } } } } }";
    let variables = json!({ "conversation": conversation, "ids": [message, answer] });
    data(&person.client, query, variables).await
}

#[tokio::test]
async fn a_deleted_or_hidden_text_can_be_reached_in_no_way() {
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let after = now(&app).await;
        let served = app.serve().await;
        for (is_own, state) in [(true, "DELETED"), (false, "HIDDEN_BY_MODERATION")] {
            let message = ada.sent(&direct, SECRET).await;
            bob.change(REACT, json!({ "id": message, "emoji": "👍", "on": true })).await;
            ada.change(EDIT, json!({ "id": message, "body": format!("{SECRET}!") })).await;
            bob.change(REPORT, json!({ "id": message, "reason": "Odd." })).await;
            let mut reply = input(&direct, "What?", &format!("answer {state}"));
            reply["input"]["replyToId"] = json!(message);
            let answer = bob.change(SEND, reply).await["message"]["id"].take();
            let answer = super::text(&answer);
            assert!(everything(&bob, &direct, &message, &answer).await.to_string().contains(SECRET));

            let deleted = match is_own {
                true => ada.change(DELETE, json!({ "id": message })).await,
                false => payload(&moderator(&app).await, DELETE, json!({ "id": message })).await,
            };

            assert_eq!(deleted["userErrors"], json!([]));
            for person in [&ada, &bob] {
                let seen = everything(person, &direct, &message, &answer).await;
                assert!(!seen.to_string().contains(SECRET), "{seen}");
                assert_eq!(seen["nodes"][0]["state"], state);
                assert_eq!(seen["nodes"][0]["body"], "");
                assert_eq!(seen["nodes"][0]["reactions"], json!([]));
                assert_eq!(seen["nodes"][1]["replyTo"], json!({ "body": "", "state": state }));
                let mut socket = person.follow(&served, None, &after).await;
                loop {
                    let event = next(&mut socket).await;
                    assert!(!event.to_string().contains(SECRET), "{event}");
                    if event["kind"]["__typename"] == "MessageChanged"
                        && event["kind"]["message"]["id"] == json!(message)
                    {
                        break;
                    }
                }
            }
            let reports = "{ messageReports { nodes { body state reason } } }";
            let reports = data(&moderator(&app).await, reports, json!({})).await;
            assert_eq!(
                reports["messageReports"]["nodes"][0],
                json!({ "body": "", "state": state, "reason": "Odd." })
            );
            assert_eq!(traces(&app, SECRET).await, 0, "it is nowhere in the tables");
            let before = rows(&app, TABLES).await;
            let gone = refused("message", "FORBIDDEN_TRANSITION", &["id"], "the message is gone");
            assert_eq!(ada.change(EDIT, json!({ "id": message, "body": "Back" })).await, gone);
            let reaction = json!({ "id": message, "emoji": "👍", "on": true });
            assert_eq!(bob.change(REACT, reaction).await, gone);
            let again = ada.change(DELETE, json!({ "id": message })).await;
            assert_eq!(again["message"]["state"], state, "it stays what it is");
            assert_eq!(rows(&app, TABLES).await, before);
        }
        drop(served);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn only_the_sender_edits_and_a_change_reaches_the_others() {
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let message = ada.sent(&direct, "Helo").await;
        let served = app.serve().await;
        let mut socket = bob.follow(&served, Some(&direct), &now(&app).await).await;
        let before = rows(&app, TABLES).await;

        let foreign = bob.change(EDIT, json!({ "id": message, "body": "Bye" })).await;
        let deleted = bob.change(DELETE, json!({ "id": message })).await;
        let same = ada.change(EDIT, json!({ "id": message, "body": " Helo " })).await;
        assert_eq!(rows(&app, TABLES).await, before);
        let edited = ada.change(EDIT, json!({ "id": message, "body": "Hello" })).await;

        let not_found = refused("message", "NOT_FOUND", &["id"], "message not found");
        assert_eq!((foreign, deleted), (not_found.clone(), not_found));
        assert_eq!(same["message"]["editedAt"], Value::Null, "nothing was changed");
        assert_eq!(edited["message"]["body"], "Hello");
        assert!(edited["message"]["editedAt"].is_string());
        let event = next(&mut socket).await;
        assert_eq!(event["kind"]["__typename"], "MessageChanged");
        assert_eq!(event["kind"]["message"]["body"], "Hello");
        assert_eq!(event["conversation"]["unreadCount"], 1, "an edit is no new message");
        drop((socket, served));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn reactions_are_one_a_person_and_emoji_and_counted_for_the_viewer() {
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let message = ada.sent(&direct, "Done!").await;
        let react = async |person: &Person, emoji: &str, on: bool| {
            let variables = json!({ "id": message, "emoji": emoji, "on": on });
            person.change(REACT, variables).await["message"]["reactions"].take()
        };

        let twice = futures_util::future::join_all((0..6).map(|_| react(&bob, "🎉", true))).await;
        assert!(twice.iter().all(|seen| *seen == json!([{ "emoji": "🎉", "count": 1, "mine": true }])));
        react(&ada, "🎉", true).await;
        let both = react(&ada, "👩‍💻", true).await;
        let left = react(&ada, "🎉", false).await;
        let before = rows(&app, TABLES).await;
        assert_eq!(react(&ada, "🎉", false).await, left, "taking back nothing changes nothing");
        assert_eq!(rows(&app, TABLES).await, before);

        assert_eq!(both[0], json!({ "emoji": "🎉", "count": 2, "mine": true }));
        assert_eq!(both[1], json!({ "emoji": "👩‍💻", "count": 1, "mine": true }));
        assert_eq!(left[0], json!({ "emoji": "🎉", "count": 1, "mine": false }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_message_has_at_most_twenty_different_reactions_whoever_gives_them_at_once() {
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let message = ada.sent(&direct, "Done!").await;
        let emojis: Vec<char> = ('\u{1f600}'..'\u{1f61a}').collect();

        let reacted = emojis.iter().enumerate().map(|(nth, emoji)| {
            let person = if nth % 2 == 0 { &ada } else { &bob };
            person.change(REACT, json!({ "id": message, "emoji": emoji.to_string(), "on": true }))
        });
        let reacted = futures_util::future::join_all(reacted).await;

        let refused = reacted.iter().filter(|seen| seen["userErrors"][0]["code"] == "LIMIT_EXCEEDED");
        assert_eq!(refused.count(), emojis.len() - 20);
        assert_eq!(rows(&app, ["message_reactions"]).await[0], rows_of_seed(&app).await + 20);
        app.stop().await;
    })
    .await;
}

/// Reactions of the demo data.
async fn rows_of_seed(app: &TestApp) -> i64 {
    let db = app.app().db().read();
    let sql = "SELECT count(*) FROM message_reactions r JOIN messages w ON w.id = r.message_id \
        WHERE w.client_id LIKE 'demo-%'";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect("a statement").expect("a row");
    row.try_get_by_index(0).expect("a number")
}

#[tokio::test]
async fn a_report_is_stored_once_and_read_by_moderators_alone() {
    let query = "{ messageReports(first: 5) { totalCount nodes { messageId body state reason sender { id \
        } reporter { id } } } }";
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let message = ada.sent(&direct, "Buy my lamp").await;
        let report = json!({ "id": message, "reason": "<i>Spam</i>" });

        let first = bob.change(REPORT, report.clone()).await;
        let before = rows(&app, TABLES).await;
        let again = bob.change(REPORT, report.clone()).await;
        let stranger = cyd.change(REPORT, report).await;

        assert_eq!((first, again, stranger), (json!(true), json!(true), json!(false)));
        assert_eq!(rows(&app, TABLES).await, before);
        let seen = data(&moderator(&app).await, query, json!({})).await;
        let expected = json!({ "totalCount": 1, "nodes": [{ "messageId": message, "body": "Buy my lamp",
            "state": "VISIBLE", "reason": "Spam", "sender": { "id": ada.id }, "reporter": { "id": bob.id }
                }] });
        assert_eq!(seen["messageReports"], expected);
        let member = bob.client.ask(query, json!({})).await;
        assert_eq!(member["errors"][0]["extensions"]["code"], "FORBIDDEN");
        let other = data(&moderator(&app).await, BODIES, json!({ "id": direct })).await;
        assert_eq!(other["conversation"], Value::Null, "a report opens no conversation");
        app.stop().await;
    })
    .await;
}
