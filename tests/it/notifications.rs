//! Notifications through the front door: the feed, who is told what, and what
//! leaves by mail and push.

mod feed;
mod kinds;
pub(crate) mod mail;
mod push;
mod smtp;
mod stream;

use std::time::Duration;

use futures_util::FutureExt as _;
use kit::{
    Error, Id as _,
    facts::{EndReason, MessageSent, ReviewSaved, SessionRevoked},
    ids::{AccountId, ConversationId, MessageId, ProductId, ReviewId, SellerId, SessionId, UserId},
};
use serde_json::{Value, json};
use subscriptions::{EventLog, Fact, NewEvent};
use tests::{Client, TestApp, execute, number};

use crate::accounts::{data, somebody};

const FEED: &str = "query($first: Int, $after: String, $last: Int, $before: String, $unread: Boolean! = \
    false) { me { unreadNotificationCount notifications(first: $first, after: $after, last: $last, \
    before: $before, unreadOnly: $unread) { totalCount nodes { id kind title body targetId count readAt } \
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

const MARK: &str = "mutation($ids: [ID!], $upTo: DateTime) { notificationsMarkRead(ids: $ids, upTo: \
    $upTo) }";

/// Somebody new whose email is confirmed, and who has been welcomed.
struct Person {
    client: Client,
    account: AccountId,
    user: UserId,
}

impl Person {
    async fn new(app: &TestApp, name: &str) -> Self {
        let client = somebody(app, name).await;
        let me = data(&client, "{ me { id user { id } } }", json!({})).await["me"].take();
        let text = |value: &Value| value.as_str().expect("an id").to_owned();
        let person = Self {
            account: text(&me["id"]).parse().expect("an account"),
            user: text(&me["user"]["id"]).parse().expect("a user"),
            client,
        };
        let account = person.account;
        execute(app, &format!("UPDATE accounts SET email_verified = TRUE WHERE id = '{account}'")).await;
        settled(app).await;
        person
    }

    async fn feed(&self, variables: Value) -> Value {
        data(&self.client, FEED, variables).await["me"].take()
    }

    async fn unread(&self) -> i64 {
        self.feed(json!({})).await["unreadNotificationCount"].as_i64().expect("a number")
    }

    /// Title and count of what stands in the feed, newest first.
    async fn titles(&self) -> Vec<(String, i64)> {
        let feed = self.feed(json!({ "first": 100 })).await;
        let nodes = feed["notifications"]["nodes"].as_array().expect("nodes").clone();
        let shown = |node: &Value| {
            let title = node["title"].as_str().expect("a title").to_owned();
            (title, node["count"].as_i64().expect("a number"))
        };
        nodes.iter().map(shown).collect()
    }

    async fn mark(&self, variables: Value) -> Value {
        data(&self.client, MARK, variables).await["notificationsMarkRead"].take()
    }
}

/// Writes a fact as its module would.
async fn tell<F: Fact + Clone + Send + Sync + 'static>(app: &TestApp, fact: &F) {
    let event = NewEvent::new(fact, app.app().platform().clock.now());
    app.app()
        .db()
        .transaction(move |transaction| {
            let event = event.clone();
            async move { EventLog::append(transaction, event).await.map_err(Error::from) }.boxed()
        })
        .await
        .expect("the fact is written");
}

/// Waits until the facts told so far have had their effect: one that is told
/// after them has.
async fn settled(app: &TestApp) {
    let session = SessionId::generate();
    let account: AccountId = kit::seed::id(150);
    tell(app, &SessionRevoked { account, session, reason: EndReason::TokenReused }).await;
    let told = format!("SELECT count(*) FROM notifications WHERE key = '{session}'");
    eventually("the last fact is told", async || number(app, &told).await == 1).await;
}

/// Waits until something holds.
pub(crate) async fn eventually(what: &str, holds: impl AsyncFn() -> bool) {
    for _ in 0..1_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("never: {what}");
}

/// A message, the `sequence`-th of its conversation.
fn message(conversation: ConversationId, sequence: i64, from: &Person, to: &[&Person]) -> MessageSent {
    MessageSent {
        message_id: MessageId::generate(),
        conversation_id: conversation,
        sequence,
        sender_id: from.user,
        recipients: to.iter().map(|person| person.user).collect(),
    }
}

/// A review of a product of the first demo seller.
fn review(author: &Person, has_reply: bool) -> ReviewSaved {
    ReviewSaved {
        review_id: ReviewId::generate(),
        product_id: kit::seed::id::<ProductId>(0),
        seller_id: kit::seed::id::<SellerId>(0),
        author_id: author.user,
        stars: 4,
        has_reply,
    }
}
