//! Messages through the front door: who talks, what is said, and who gets it.

mod blocks;
mod changes;
mod conversations;
mod positions;
mod refusals;
mod sending;
mod streams;

use kit::{Id as _, ids::UserId, seed};
use sea_orm::{ConnectionTrait as _, Statement};
use serde_json::{Value, json};
use subscriptions::Position;
use tests::{Client, Served, Socket, TestApp, execute};

use crate::accounts::data;

/// Tables that a refused change leaves as they are.
const TABLES: [&str; 8] = [
    "conversations",
    "conversation_members",
    "messages",
    "message_reactions",
    "message_reports",
    "user_blocks",
    "withheld_messages",
    "events",
];

const OPEN: &str = "mutation($members: [ID!]!, $subject: ID, $title: String) { conversationOpen( \
    memberIds: $members, subjectId: $subject, title: $title) { conversation { id title subject { ... \
    on Product { id } } members { user { id } } lastMessage { id } unreadCount isMuted } userErrors { \
    code field message } } }";

const SEND: &str = "mutation($input: MessageSendInput!) { messageSend(input: $input) { message { id \
    sequence body state clientId sender { id } replyTo { id body } attachments { name } editedAt } \
    userErrors { code field message } } }";

const EDIT: &str = "mutation($id: ID!, $body: String!) { messageEdit(id: $id, body: $body) { message { \
    id body editedAt } userErrors { code field message } } }";

const DELETE: &str = "mutation($id: ID!) { messageDelete(id: $id) { message { id body state \
    attachments { name } reactions { emoji } } userErrors { code field message } } }";

const REACT: &str = "mutation($id: ID!, $emoji: String!, $on: Boolean!) { messageReact(id: $id, emoji: \
    $emoji, on: $on) { message { reactions { emoji count mine } } userErrors { code field message } } }";

const READ: &str = "mutation($id: ID!, $sequence: Long!) { conversationMarkRead(id: $id, sequence: \
    $sequence) { conversation { unreadCount } userErrors { code field message } } }";

const MUTE: &str = "mutation($id: ID!, $muted: Boolean!) { conversationMute(id: $id, muted: $muted) { \
    conversation { isMuted } userErrors { code field message } } }";

const BLOCK: &str = "mutation($id: ID!, $on: Boolean!) { userBlock(userId: $id, blocked: $on) }";

const TYPING: &str = "mutation($id: ID!) { conversationTyping(id: $id) }";

const REPORT: &str = "mutation($id: ID!, $reason: String!) { messageReport(id: $id, reason: $reason) }";

const EVENTS: &str = "subscription($id: ID, $after: String) { conversationEvents(conversationId: $id, \
    after: $after) { cursor conversation { id unreadCount } kind { __typename ... on MessageSent { \
    message { id sequence body state replyTo { body } } } ... on MessageChanged { message { id \
    sequence body state } } ... on ReadAdvanced { user { id } sequence } ... on TypingStarted { user { \
    id } until } } } }";

/// The bodies of a conversation's messages, newest first.
const BODIES: &str = "query($id: ID!) { conversation(id: $id) { unreadCount lastMessage { body } \
    messages(first: 100) { totalCount nodes { sequence body } } } }";

/// Somebody of the demo marketplace who buys.
struct Person {
    client: Client,
    id: UserId,
}

impl Person {
    async fn new(app: &TestApp, index: u32) -> Self {
        Self { client: app.sign_in(&app.email(index).await).await, id: seed::id(index) }
    }

    /// The same person on another device.
    async fn elsewhere(&self, app: &TestApp, index: u32) -> Client {
        app.sign_in(&app.email(index).await).await
    }

    /// The payload of a mutation, by the name of its field.
    async fn change(&self, mutation: &str, variables: Value) -> Value {
        payload(&self.client, mutation, variables).await
    }

    async fn open(&self, members: &[UserId]) -> String {
        let title = (members.len() > 1).then_some("Together");
        let opened = self.change(OPEN, json!({ "members": members, "title": title })).await;
        text(&opened["conversation"]["id"])
    }

    async fn send(&self, conversation: &str, body: &str) -> Value {
        self.send_as(conversation, body, &new_name()).await
    }

    async fn send_as(&self, conversation: &str, body: &str, client_id: &str) -> Value {
        self.change(SEND, input(conversation, body, client_id)).await
    }

    /// The id of a message that was sent.
    async fn sent(&self, conversation: &str, body: &str) -> String {
        let payload = self.send(conversation, body).await;
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        text(&payload["message"]["id"])
    }

    async fn read(&self, conversation: &str, sequence: i64) -> Value {
        self.change(READ, json!({ "id": conversation, "sequence": sequence })).await
    }

    async fn block(&self, other: &Person, on: bool) {
        let payload = self.change(BLOCK, json!({ "id": other.id, "on": on })).await;
        assert_eq!(payload, json!(true));
    }

    async fn conversation(&self, id: &str) -> Value {
        data(&self.client, BODIES, json!({ "id": id })).await["conversation"].take()
    }

    /// Follows one conversation, or all, behind a cursor.
    async fn follow(&self, served: &Served, id: Option<&str>, after: &str) -> Socket {
        let variables = json!({ "id": id, "after": after });
        Socket::subscribed(served, &self.client, EVENTS, variables).await
    }
}

/// Three buyers, signed in.
async fn people(app: &TestApp) -> [Person; 3] {
    [Person::new(app, 60).await, Person::new(app, 61).await, Person::new(app, 62).await]
}

/// A name that no other message has.
fn new_name() -> String {
    kit::ids::MessageId::generate().to_string()
}

fn input(conversation: &str, body: &str, client_id: &str) -> Value {
    json!({ "input": { "conversationId": conversation, "body": body, "clientId": client_id } })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

async fn payload(client: &Client, mutation: &str, variables: Value) -> Value {
    let answer = data(client, mutation, variables).await;
    let fields = answer.as_object().expect("data");
    fields.values().next().expect("a payload").clone()
}

/// A payload that says why nothing changed.
fn refused(result: &str, code: &str, field: &[&str], message: &str) -> Value {
    let error = json!({ "code": code, "field": field, "message": message });
    json!({ result: null, "userErrors": [error] })
}

/// A cursor behind all that has happened so far.
pub(crate) async fn now(app: &TestApp) -> String {
    let db = app.app().db().read();
    let sql = "SELECT \"transaction\", sequence FROM events ORDER BY 1 DESC, 2 DESC LIMIT 1";
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let row = db.query_one_raw(statement).await.expect("the log").expect("somebody signed in");
    let number = |at| row.try_get_by_index::<i64>(at).expect("a number");
    Position { transaction: number(0), sequence: number(1) }.to_string()
}

/// The next event of a socket.
async fn next(socket: &mut Socket) -> Value {
    socket.event("conversationEvents").await
}

/// The body of the message that the next event is about.
async fn next_body(socket: &mut Socket) -> String {
    text(&next(socket).await["kind"]["message"]["body"])
}
