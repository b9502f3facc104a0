//! Files of messages: attached once, all or none, and let go with the text.

use kit::ids::{Id as _, UploadId};
use serde_json::{Value, json};

use super::desk::{Desk, somebody};

const SEND: &str = "mutation($input: MessageSendInput!) { messageSend(input: $input) { message { id \
     attachments { name mediaType size url } } userErrors { code field } } }";

const DELETE: &str =
    "mutation($id: ID!) { messageDelete(id: $id) { message { attachments { name } } } }";

fn input(talk: &Value, client_id: &str, uploads: &[UploadId]) -> Value {
    json!({ "input": { "conversationId": talk, "body": "", "clientId": client_id, "uploadIds": uploads } })
}

#[tokio::test]
async fn files_come_with_a_message_once_and_go_with_it() {
    let desk = Desk::open(true).await;
    let ada = somebody();
    let talk = desk.talk(&ada).await;
    let upload = desk.files.upload();

    let sent = desk.ask(&ada, SEND, input(&talk, "once", &[upload])).await;
    let again = desk.ask(&ada, SEND, input(&talk, "once", &[upload])).await;

    let file = json!({ "name": "plan.pdf", "mediaType": "application/pdf", "size": 7,
        "url": format!("https://files.example/{upload}") });
    assert_eq!(sent["message"]["attachments"], json!([file]), "{sent}");
    assert_eq!(again, sent);
    let id = sent["message"]["id"].as_str().expect("an id").to_owned();
    assert_eq!(desk.files.holder(upload), Some(id.clone()));
    let deleted = desk.ask(&ada, DELETE, json!({ "id": id })).await;
    assert_eq!(deleted["message"]["attachments"], json!([]));
    desk.hand_on().await;
    assert_eq!(desk.files.holder(upload), None);
}

#[tokio::test]
async fn files_that_are_not_there_or_of_another_message_are_refused() {
    let desk = Desk::open(true).await;
    let ada = somebody();
    let talk = desk.talk(&ada).await;
    let (taken, free) = (desk.files.upload(), desk.files.upload());
    desk.ask(&ada, SEND, input(&talk, "first", &[taken])).await;

    let other = desk.ask(&ada, SEND, input(&talk, "second", &[free, taken])).await;
    let unknown = desk.ask(&ada, SEND, input(&talk, "third", &[UploadId::generate()])).await;

    let field = |place: &str| json!(["input", "uploadIds", place]);
    assert_eq!(other["userErrors"], json!([{ "code": "TAKEN", "field": field("1") }]));
    assert_eq!(unknown["userErrors"], json!([{ "code": "NOT_FOUND", "field": field("0") }]));
    assert_eq!(desk.files.holder(free), None);
}

#[tokio::test]
async fn files_of_a_message_that_is_refused_are_free_again() {
    let desk = Desk::open(true).await;
    let (ada, eve) = (somebody(), somebody());
    let talk = desk.talk(&ada).await;
    let upload = desk.files.upload();

    let refused = desk.ask(&eve, SEND, input(&talk, "mine", &[upload])).await;

    let field = json!(["input", "conversationId"]);
    assert_eq!(refused["userErrors"], json!([{ "code": "NOT_FOUND", "field": field }]));
    assert_eq!(desk.files.holder(upload), None);
}

#[tokio::test]
async fn without_a_module_that_keeps_files_none_can_be_attached() {
    let desk = Desk::open(false).await;
    let ada = somebody();
    let talk = desk.talk(&ada).await;

    let refused = desk.ask(&ada, SEND, input(&talk, "mine", &[UploadId::generate()])).await;

    let field = json!(["input", "uploadIds"]);
    assert_eq!(refused["userErrors"], json!([{ "code": "INVALID", "field": field }]));
}
