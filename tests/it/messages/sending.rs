//! Sending: numbers without a gap, and each message once.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::on_each_database;

use super::{BODIES, SEND, TABLES, input, next, now, payload, people, refused, text};
use crate::accounts::{data, rows};

#[tokio::test]
async fn fifty_messages_at_once_on_two_gateways_are_numbered_densely_and_read_in_order() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let group = ada.open(&[bob.id, cyd.id]).await;
        let after = now(&app).await;
        let (elsewhere, guest) = app.beside().await;
        let there = guest.with_token(bob.client.token().expect("signed in"));
        let served = app.serve().await;
        let mut early = cyd.follow(&served, Some(&group), &after).await;

        let sent = (0..50).map(|nth| {
            let client = [&ada.client, &bob.client, &cyd.client, &there][nth % 4];
            payload(client, SEND, input(&group, &format!("Message {nth}"), &format!("c{nth}")))
        });
        let sent = join_all(sent).await;
        let mut late = ada.follow(&served, None, &after).await;

        let mut sequences: Vec<i64> =
            sent.iter().map(|sent| sent["message"]["sequence"].as_i64().expect("a number")).collect();
        sequences.sort_unstable();
        let dense: Vec<i64> = (1..=50).collect();
        assert_eq!(sequences, dense);
        for socket in [&mut early, &mut late] {
            for expected in &dense {
                assert_eq!(next(socket).await["kind"]["message"]["sequence"], *expected);
            }
        }
        let listed = data(&ada.client, BODIES, json!({ "id": group })).await;
        let listed: Vec<i64> = listed["conversation"]["messages"]["nodes"]
            .as_array()
            .expect("messages")
            .iter()
            .map(|message| message["sequence"].as_i64().expect("a number"))
            .collect();
        assert_eq!(listed, dense.into_iter().rev().collect::<Vec<i64>>());
        drop((early, late, served));
        elsewhere.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_message_that_is_sent_again_and_again_is_one_message_and_one_event() {
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let (elsewhere, guest) = app.beside().await;
        let there = guest.with_token(ada.client.token().expect("signed in"));
        let before = rows(&app, ["messages", "events"]).await;

        let sent = (0..20).map(|nth| {
            let client = if nth % 2 == 0 { &ada.client } else { &there };
            payload(client, SEND, input(&direct, "Hello", "once"))
        });
        let sent = join_all(sent).await;
        let later = ada.send_as(&direct, "Hello", "once").await;

        assert_eq!(sent[0]["userErrors"], json!([]));
        assert_eq!(sent[0]["message"]["sequence"], 1);
        assert!(sent.iter().all(|payload| *payload == sent[0]), "{sent:?}");
        assert_eq!(later, sent[0]);
        assert_eq!(rows(&app, ["messages", "events"]).await, before.map(|count| count + 1));
        assert_eq!(ada.send(&direct, "Next").await["message"]["sequence"], 2, "no number is lost");
        elsewhere.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_client_id_with_another_message_is_a_mismatch_and_sends_nothing() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let (direct, other) = (ada.open(&[bob.id]).await, ada.open(&[cyd.id]).await);
        let first = ada.send_as(&direct, "Hello", "once").await;
        let before = rows(&app, TABLES).await;
        let mismatch = refused(
            "message",
            "IDEMPOTENCY_MISMATCH",
            &["input", "clientId"],
            "this clientId came with another message before",
        );

        let mut answer = input(&direct, "Hello", "once");
        answer["input"]["replyToId"] = first["message"]["id"].clone();
        for input in [input(&direct, "Bye", "once"), input(&other, "Hello", "once"), answer] {
            assert_eq!(ada.change(SEND, input).await, mismatch);
        }

        assert_eq!(rows(&app, TABLES).await, before);
        let theirs = bob.send_as(&direct, "Bye", "once").await;
        assert_eq!(theirs["userErrors"], json!([]), "names of different senders do not meet");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_edited_or_deleted_message_that_is_sent_again_is_answered_as_it_is_now() {
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let sent = ada.send_as(&direct, "Hello", "once").await;
        let id = &sent["message"]["id"];

        ada.change(super::EDIT, json!({ "id": id, "body": "Hello again" })).await;
        let edited = ada.send_as(&direct, "Hello", "once").await;
        ada.change(super::DELETE, json!({ "id": id })).await;
        let deleted = ada.send_as(&direct, "Hello", "once").await;

        assert_eq!(edited["message"]["body"], "Hello again");
        assert_eq!(deleted["message"]["body"], "");
        assert_eq!(deleted["message"]["id"], *id);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_answer_names_a_message_of_the_same_conversation() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let (direct, other) = (ada.open(&[bob.id]).await, ada.open(&[cyd.id]).await);
        let asked = ada.sent(&direct, "How are you?").await;
        let foreign = ada.sent(&other, "Elsewhere").await;
        let answer = |id: &str| {
            let mut input = input(&direct, "Fine", &format!("to {id}"));
            input["input"]["replyToId"] = json!(id);
            input
        };

        let fine = bob.change(SEND, answer(&asked)).await;
        let before = rows(&app, TABLES).await;
        let wrong = refused("message", "NOT_FOUND", &["input", "replyToId"], "message not found");
        for id in [foreign.as_str(), "msg_01KCXKZQQ2WA0CPSVDR8PGTVQ5", "rubbish"] {
            assert_eq!(ada.change(SEND, answer(id)).await, wrong, "{id}");
        }

        assert_eq!(fine["message"]["replyTo"], json!({ "id": asked, "body": "How are you?" }));
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn texts_are_plain_and_the_name_of_the_device_is_the_senders_alone() {
    let name = "query($id: ID!) { node(id: $id) { ... on Message { clientId body } } }";
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let body = " <b>2 < 3</b> <script>alert(1)</script>\nR&D ";
        let sent = ada.send_as(&direct, body, "mine").await;
        let id = json!({ "id": text(&sent["message"]["id"]) });

        let own = data(&ada.client, name, id.clone()).await["node"].take();
        let other = data(&bob.client, name, id).await["node"].take();

        assert_eq!(own, json!({ "clientId": "mine", "body": "2 < 3 \nR&D" }));
        assert_eq!(other["clientId"], Value::Null);
        app.stop().await;
    })
    .await;
}
