//! A block, both ways: nothing new between the two, anywhere.

use entities::events::event;
use kit::seed;
use sea_orm::EntityTrait as _;
use serde_json::{Value, json};
use tests::{TestApp, on_each_database};

use super::{
    BLOCK, EDIT, OPEN, Person, REACT, SEND, TABLES, TYPING, input, next_body, now, people, refused, text,
};
use crate::accounts::{data, rows};

/// Whom the message of this text's sequence is told to, as the log has it.
async fn recipients(app: &TestApp, conversation: &str, sequence: i64) -> Value {
    let events = event::Entity::find().all(app.app().db().read()).await.expect("the log");
    let is_meant = |event: &&event::Model| {
        event.kind == "message.sent"
            && event.subject == conversation
            && event.payload["sequence"] == sequence
    };
    events.iter().find(is_meant).expect("the message").payload["recipients"].clone()
}

#[tokio::test]
async fn between_two_people_a_block_ends_everything_new_both_ways() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let (hers, his) = (ada.sent(&direct, "Hello").await, bob.sent(&direct, "Hi").await);
        bob.block(&ada, true).await;
        let before = rows(&app, TABLES).await;
        let message = "one of the two blocked the other";

        for (person, own, other) in [(&ada, &hers, &his), (&bob, &his, &hers)] {
            let sent = person.send(&direct, "Are you there?").await;
            assert_eq!(sent, refused("message", "BLOCKED", &["input", "conversationId"], message));
            let edit = person.change(EDIT, json!({ "id": own, "body": "Answer me!" })).await;
            assert_eq!(edit, refused("message", "BLOCKED", &["id"], message));
            let reaction = json!({ "id": other, "emoji": "👎", "on": true });
            let reacted = person.change(REACT, reaction).await;
            assert_eq!(reacted, refused("message", "BLOCKED", &["id"], message));
            assert_eq!(person.change(TYPING, json!({ "id": direct })).await, json!(false));
            assert_eq!(person.open(&[if person.id == ada.id { bob.id } else { ada.id }]).await, direct);
        }
        let group = json!({ "members": [bob.id, cyd.id], "title": "Together" });
        let opened = ada.change(OPEN, group).await;
        assert_eq!(opened, refused("conversation", "BLOCKED", &["memberIds"], message));

        assert_eq!(rows(&app, TABLES).await, before);
        let old = ada.conversation(&direct).await;
        assert_eq!(old["messages"]["totalCount"], 2, "what was said before stays");
        bob.block(&ada, false).await;
        assert_eq!(ada.send(&direct, "Good").await["message"]["sequence"], 3);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn in_a_group_each_is_spared_what_the_other_sends_then_and_later() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let group = ada.open(&[bob.id, cyd.id]).await;
        let old = ada.sent(&group, "Before").await;
        let after = now(&app).await;
        let served = app.serve().await;
        let mut his = bob.follow(&served, Some(&group), &after).await;
        let mut hers = ada.follow(&served, None, &after).await;
        let mut third = cyd.follow(&served, None, &after).await;

        bob.block(&ada, true).await;
        let from_ada = ada.sent(&group, "From Ada").await;
        let from_bob = bob.sent(&group, "From Bob").await;
        ada.change(EDIT, json!({ "id": old, "body": "Before, edited" })).await;
        let mut answer = input(&group, "Which Ada?", "answer");
        answer["input"]["replyToId"] = json!(from_ada);
        cyd.change(SEND, answer).await;

        assert_eq!(next_body(&mut his).await, "From Bob");
        assert_eq!(next_body(&mut his).await, "Which Ada?", "neither the message nor the edit came");
        for expected in ["From Ada", "Before, edited", "Which Ada?"] {
            assert_eq!(next_body(&mut hers).await, expected);
        }
        for expected in ["From Ada", "From Bob", "Before, edited", "Which Ada?"] {
            assert_eq!(next_body(&mut third).await, expected);
        }
        assert_eq!(recipients(&app, &group, 2).await, json!([cyd.id]));
        assert_eq!(recipients(&app, &group, 3).await, json!([cyd.id]));
        assert_eq!(recipients(&app, &group, 4).await, json!([ada.id, bob.id]));
        bob.block(&ada, false).await;
        let seen = bob.conversation(&group).await;
        let sequences = |seen: &Value| -> Vec<i64> {
            let nodes = seen["messages"]["nodes"].as_array().expect("messages");
            nodes.iter().map(|node| node["sequence"].as_i64().expect("a number")).collect()
        };
        assert_eq!(sequences(&seen), [4, 3], "it is kept back for good, and so is the edited one");
        assert_eq!(seen["messages"]["totalCount"], 2);
        assert_eq!(seen["unreadCount"], 1);
        assert_eq!(sequences(&ada.conversation(&group).await), [4, 2, 1]);
        let reply = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
        let by_id = data(&bob.client, reply, json!({ "ids": [from_ada, from_bob] })).await;
        assert_eq!(by_id["nodes"], json!([null, { "id": from_bob }]));
        let preview = "query($id: ID!) { conversation(id: $id) { lastMessage { replyTo { body } } } }";
        let preview = data(&bob.client, preview, json!({ "id": group })).await;
        assert_eq!(preview["conversation"]["lastMessage"], json!({ "replyTo": null }));
        // A new stream over the same time has no more to tell.
        let mut replayed = bob.follow(&served, Some(&group), &after).await;
        assert_eq!(next_body(&mut replayed).await, "From Bob");
        drop((his, hers, third, replayed, served));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_message_sent_while_a_block_begins_is_before_it_or_not_at_all() {
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let direct = ada.open(&[bob.id]).await;
        let (elsewhere, guest) = app.beside().await;
        let there =
            Person { client: guest.with_token(bob.client.token().expect("a token")), id: bob.id };

        for round in 0..5 {
            let sends = futures_util::future::join_all((0..6).map(|_| ada.send(&direct, "Quick")));
            let (_, ()) = tokio::join!(sends, there.block(&ada, true));
            // The block was answered: nothing comes after what is there now.
            let count = rows(&app, ["messages"]).await;
            let refused = ada.send(&direct, "Late").await;
            assert_eq!(refused["userErrors"][0]["code"], "BLOCKED", "round {round}");
            assert_eq!(rows(&app, ["messages"]).await, count);
            there.block(&ada, false).await;
        }
        elsewhere.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn blocked_users_are_listed_newest_first_for_the_owner() {
    let query = "query($first: Int, $after: String, $last: Int, $before: String) { me { blockedUsers( \
        first: $first, after: $after, last: $last, before: $before) { nodes { id handle } edges { cursor \
        blockedAt node { id } } pageInfo { hasNextPage hasPreviousPage endCursor startCursor } } } }";
    on_each_database(async |app| {
        let ada = Person::new(&app, 60).await;
        let mut expected = Vec::new();
        for index in [70, 71, 72] {
            let id: kit::ids::UserId = seed::id(index);
            for _ in 0..2 {
                ada.change(BLOCK, json!({ "id": id, "on": true })).await;
            }
            expected.insert(0, id.to_string());
        }
        let page =
            async |variables| data(&ada.client, query, variables).await["me"]["blockedUsers"].take();
        let ids = |page: &Value| -> Vec<String> {
            page["nodes"].as_array().expect("users").iter().map(|node| text(&node["id"])).collect()
        };

        let whole = page(json!({})).await;
        let first = page(json!({ "first": 2 })).await;
        let rest = page(json!({ "first": 2, "after": first["pageInfo"]["endCursor"] })).await;
        let before = json!({ "last": 5, "before": rest["pageInfo"]["startCursor"] });

        // Blocks of one millisecond stand in the order of their ids.
        assert_eq!(ids(&whole).len(), 3);
        assert!(expected.iter().all(|id| ids(&whole).contains(id)));
        assert!(whole["nodes"][0]["handle"].is_string());
        assert!(whole["edges"][0]["blockedAt"].is_string());
        assert_eq!([ids(&first), ids(&rest)].concat(), ids(&whole));
        assert_eq!(ids(&page(before).await), ids(&first));
        ada.change(BLOCK, json!({ "id": expected[0], "on": false })).await;
        assert_eq!(ids(&page(json!({})).await).len(), 2);
        app.stop().await;
    })
    .await;
}
