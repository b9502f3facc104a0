//! The stream of conversations: nothing twice, nothing missed, nothing foreign.

use serde_json::{Value, json};
use tests::{Socket, on_each_database};

use super::{DELETE, EDIT, EVENTS, Person, REACT, TYPING, execute, next, next_body, now, people};

/// What an event says, without what changes afterwards.
fn gist(event: &Value) -> String {
    let kind = &event["kind"];
    format!("{} {}", kind["__typename"], kind["message"]["sequence"])
}

#[tokio::test]
async fn a_reader_who_is_cut_off_at_every_event_misses_nothing_and_reads_nothing_twice() {
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let start = now(&app).await;
        let mut first = String::new();
        for nth in 1..=6 {
            let id = ada.sent(&direct, &format!("Message {nth}")).await;
            if nth == 1 {
                first = id;
            }
            bob.read(&direct, nth).await;
        }
        ada.change(EDIT, json!({ "id": first, "body": "Message one" })).await;
        bob.change(REACT, json!({ "id": first, "emoji": "👍", "on": true })).await;
        ada.change(DELETE, json!({ "id": first })).await;
        let served = app.serve().await;
        let mut whole = bob.follow(&served, Some(&direct), &start).await;
        let mut expected = Vec::new();
        for _ in 0..15 {
            expected.push(next(&mut whole).await);
        }

        // One connection an event, over the conversation and over all of them.
        for id in [Some(direct.as_str()), None] {
            let mut after = start.clone();
            for wanted in &expected.clone() {
                let mut socket = bob.follow(&served, id, &after).await;
                let event = next(&mut socket).await;
                drop(socket);
                assert_eq!((&event["cursor"], &event["kind"]), (&wanted["cursor"], &wanted["kind"]));
                after = super::text(&event["cursor"]);
            }
            let mut socket = bob.follow(&served, id, &after).await;
            let last = ada.sent(&direct, "The end").await;
            let event = next(&mut socket).await;
            assert_eq!(event["kind"]["message"]["id"], json!(last), "nothing comes in between");
            expected.push(event);
        }
        assert_eq!(gist(&expected[0]), "\"MessageSent\" 1");
        assert_eq!(gist(&expected[12]), "\"MessageChanged\" 1");
        assert_eq!(expected[0]["kind"]["message"]["body"], "", "as of now");
        drop((whole, served));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn one_stream_has_all_conversations_and_also_those_opened_later() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let after = now(&app).await;
        let served = app.serve().await;
        let mut socket = bob.follow(&served, None, &after).await;

        ada.sent(&direct, "Old friends").await;
        assert_eq!(next_body(&mut socket).await, "Old friends");
        let foreign = ada.open(&[cyd.id]).await;
        ada.sent(&foreign, "Without Bob").await;
        let (elsewhere, guest) = app.beside().await;
        let there =
            Person { client: guest.with_token(cyd.client.token().expect("a token")), id: cyd.id };
        let group = there.open(&[ada.id, bob.id]).await;
        there.sent(&group, "New friends").await;
        assert_eq!(next_body(&mut socket).await, "New friends");
        let mut resumed = bob.follow(&served, None, &after).await;
        assert_eq!(next_body(&mut resumed).await, "Old friends");
        assert_eq!(next_body(&mut resumed).await, "New friends");
        drop((socket, resumed, served));
        elsewhere.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_foreign_conversation_is_not_found_and_who_has_left_hears_nothing() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let group = ada.open(&[bob.id, cyd.id]).await;
        let after = now(&app).await;
        let served = app.serve().await;
        for id in [direct.as_str(), "conv_01KCXKZQQ2WA0CPSVDR8PGTVQ5", "rubbish"] {
            let mut socket = cyd.follow(&served, Some(id), &after).await;
            let refused = socket.next().await.expect("an answer").to_string();
            assert!(refused.contains("conversation not found"), "{refused}");
        }
        let mut one = cyd.follow(&served, Some(&group), &after).await;
        let mut all = cyd.follow(&served, None, &after).await;
        ada.sent(&group, "With Cyd").await;
        for socket in [&mut one, &mut all] {
            assert_eq!(next_body(socket).await, "With Cyd");
        }

        let left = format!(
            "UPDATE conversation_members SET left_at = 1 WHERE conversation_id = '{group}' \
             AND user_id = '{}'",
            cyd.id
        );
        execute(&app, &left).await;
        ada.sent(&group, "Without Cyd").await;
        let back = left.replace("left_at = 1", "left_at = NULL");
        // The streams have passed the message when another one's has it.
        let mut other = bob.follow(&served, None, &after).await;
        for expected in ["With Cyd", "Without Cyd"] {
            assert_eq!(next_body(&mut other).await, expected);
        }
        let own = cyd.open(&[ada.id]).await;
        ada.sent(&own, "Only the two of us").await;
        assert_eq!(next_body(&mut all).await, "Only the two of us", "nothing of the group came");
        assert_eq!(cyd.conversation(&group).await, Value::Null);
        let sent = cyd.send(&group, "Let me in").await;
        assert_eq!(sent["userErrors"][0]["code"], "NOT_FOUND");
        execute(&app, &back).await;
        drop((one, all, other, served));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn typing_is_told_to_those_who_listen_and_never_again() {
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let after = now(&app).await;
        let served = app.serve().await;
        let mut socket = bob.follow(&served, Some(&direct), &after).await;
        ada.sent(&direct, "I will tell you").await;
        assert_eq!(next_body(&mut socket).await, "I will tell you");

        for _ in 0..5 {
            assert_eq!(ada.change(TYPING, json!({ "id": direct })).await, json!(true));
        }
        ada.sent(&direct, "That is all").await;

        let typing = next(&mut socket).await;
        assert_eq!(typing["kind"]["__typename"], "TypingStarted");
        assert_eq!(typing["kind"]["user"]["id"], json!(ada.id));
        assert_eq!(next_body(&mut socket).await, "That is all", "five signals were told once");
        let resumed = json!({ "id": direct, "after": after });
        let mut resumed = Socket::subscribed(&served, &bob.client, EVENTS, resumed).await;
        for expected in ["I will tell you", "That is all"] {
            assert_eq!(next_body(&mut resumed).await, expected, "typing is not replayed");
        }
        drop((socket, resumed, served));
        app.stop().await;
    })
    .await;
}
