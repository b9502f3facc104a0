//! What mutations refuse, and that a refusal leaves everything as it is.

use kit::ids::UserId;
use serde_json::{Value, json};
use tests::on_each_database;

use super::{
    BLOCK, DELETE, EDIT, MUTE, OPEN, Person, REACT, READ, REPORT, SEND, TABLES, TYPING, input, people,
    refused,
};
use crate::accounts::rows;

const NOBODY: &str = "user_01KCXKZQQ2WA0CPSVDR8PGTVQ5";

/// Asked so, each mutation refuses with this code at this field.
async fn refuses(person: &Person, mutation: &str, cases: &[(Value, &str, &[&str])]) {
    for (variables, code, field) in cases {
        let payload = person.change(mutation, variables.clone()).await;
        assert_eq!(payload["userErrors"][0]["code"], *code, "{variables}: {payload}");
        assert_eq!(payload["userErrors"][0]["field"], json!(field), "{variables}: {payload}");
    }
}

#[tokio::test]
async fn an_opening_that_can_not_be_is_refused() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let before = rows(&app, TABLES).await;
        let crowd: Vec<UserId> = (80..130).map(kit::seed::id).collect();
        let subject = kit::seed::id::<kit::ids::ProductId>(0).to_string();
        let long = "x".repeat(101);

        let cases: &[(Value, &str, &[&str])] = &[
            (json!({ "members": [] }), "INVALID", &["memberIds"]),
            (json!({ "members": [ada.id] }), "INVALID", &["memberIds"]),
            (json!({ "members": crowd }), "INVALID", &["memberIds"]),
            (json!({ "members": [bob.id, NOBODY] }), "NOT_FOUND", &["memberIds", "1"]),
            (json!({ "members": ["rubbish"] }), "NOT_FOUND", &["memberIds", "0"]),
            (json!({ "members": [], "subject": "rubbish" }), "NOT_FOUND", &["subjectId"]),
            (json!({ "members": [bob.id], "subject": bob.id }), "NOT_FOUND", &["subjectId"]),
            (json!({ "members": [bob.id, cyd.id], "title": " " }), "INVALID", &["title"]),
            (json!({ "members": [bob.id, cyd.id], "title": long }), "INVALID", &["title"]),
            (json!({ "members": [], "subject": subject, "title": "Lamp" }), "INVALID", &["title"]),
        ];
        refuses(&ada, OPEN, cases).await;

        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_message_that_can_not_be_is_refused() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let (direct, foreign) = (ada.open(&[bob.id]).await, bob.open(&[cyd.id]).await);
        let before = rows(&app, TABLES).await;
        let with_files = |files: Value| {
            let mut input = input(&direct, "Look", "files");
            input["input"]["uploadIds"] = files;
            input
        };
        let file = "upl_01KCXKZQQ2WA0CPSVDR8PGTVQ5";

        let cases: &[(Value, &str, &[&str])] = &[
            (input(&direct, "", "1"), "INVALID", &["input", "body"]),
            (input(&direct, " <b></b> \0", "1"), "INVALID", &["input", "body"]),
            (input(&direct, &"x".repeat(10_001), "1"), "INVALID", &["input", "body"]),
            (input(&direct, "Hi", ""), "INVALID", &["input", "clientId"]),
            (input(&direct, "Hi", &"x".repeat(101)), "INVALID", &["input", "clientId"]),
            (input(&direct, "Hi", "a\0b"), "INVALID", &["input", "clientId"]),
            (input(&foreign, "Hi", "1"), "NOT_FOUND", &["input", "conversationId"]),
            (input("rubbish", "Hi", "1"), "NOT_FOUND", &["input", "conversationId"]),
            (with_files(json!([file, file])), "INVALID", &["input", "uploadIds"]),
            (with_files(json!(vec![file; 11])), "INVALID", &["input", "uploadIds"]),
        ];
        refuses(&ada, SEND, cases).await;
        let unknown = ada.change(SEND, with_files(json!([file]))).await;
        assert_eq!(unknown["message"], Value::Null);
        assert_eq!(unknown["userErrors"][0]["field"][1], "uploadIds");

        assert_eq!(rows(&app, TABLES).await, before);
        let fits = ada.send(&direct, &"x".repeat(10_000)).await;
        assert_eq!(fits["userErrors"], json!([]));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_change_of_what_is_not_there_or_with_bad_input_is_refused() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let foreign = bob.open(&[cyd.id]).await;
        let own = ada.open(&[bob.id]).await;
        let (hidden, message) = (bob.sent(&foreign, "Psst").await, ada.sent(&own, "Hi").await);
        let before = rows(&app, TABLES).await;
        let nothing = ["rubbish", "msg_01KCXKZQQ2WA0CPSVDR8PGTVQ5", hidden.as_str()];
        let not_found = |result| refused(result, "NOT_FOUND", &["id"], &format!("{result} not found"));

        for id in nothing {
            let edit = ada.change(EDIT, json!({ "id": id, "body": "Hi" })).await;
            assert_eq!(edit, not_found("message"), "{id}");
            assert_eq!(ada.change(DELETE, json!({ "id": id })).await, not_found("message"), "{id}");
            let reaction = json!({ "id": id, "emoji": "👍", "on": true });
            assert_eq!(ada.change(REACT, reaction).await, not_found("message"), "{id}");
            let report = json!({ "id": id, "reason": "Rude." });
            assert_eq!(ada.change(REPORT, report).await, json!(false), "{id}");
        }
        for id in ["rubbish", "conv_01KCXKZQQ2WA0CPSVDR8PGTVQ5", foreign.as_str()] {
            assert_eq!(ada.read(id, 1).await, not_found("conversation"), "{id}");
            let mute = json!({ "id": id, "muted": true });
            assert_eq!(ada.change(MUTE, mute).await, not_found("conversation"), "{id}");
            assert_eq!(ada.change(TYPING, json!({ "id": id })).await, json!(false), "{id}");
        }
        refuses(
            &ada,
            EDIT,
            &[
                (json!({ "id": message, "body": "" }), "INVALID", &["body"]),
                (json!({ "id": message, "body": "x".repeat(10_001) }), "INVALID", &["body"]),
            ],
        )
        .await;
        for emoji in ["", "ok", "👍👍", "<b>", "\0"] {
            let reaction = json!({ "id": message, "emoji": emoji, "on": true });
            refuses(&ada, REACT, &[(reaction, "INVALID", &["emoji"])]).await;
        }
        let negative = json!({ "id": own, "sequence": -1 });
        refuses(&ada, READ, &[(negative, "INVALID", &["sequence"])]).await;
        for id in ["rubbish", NOBODY] {
            assert_eq!(ada.change(BLOCK, json!({ "id": id, "on": true })).await, json!(false));
        }
        let code = async |mutation: &str, variables: Value| {
            let answer = ada.client.ask(mutation, variables).await;
            answer["errors"][0]["extensions"]["code"].clone()
        };
        assert_eq!(code(BLOCK, json!({ "id": ada.id, "on": true })).await, "BAD_USER_INPUT");
        for reason in [String::new(), "x".repeat(1_001)] {
            let report = json!({ "id": message, "reason": reason });
            assert_eq!(code(REPORT, report).await, "BAD_USER_INPUT");
        }

        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}
