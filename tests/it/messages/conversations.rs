//! Opening conversations, and finding them again.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::on_each_database;

use super::{OPEN, Person, people, text};
use crate::accounts::data;

const INBOX: &str = "query($first: Int, $after: String, $last: Int, $before: String, $unread: Boolean) \
    { me { unreadMessageCount conversations(first: $first, after: $after, last: $last, before: \
    $before, unreadOnly: $unread) { totalCount nodes { id title unreadCount isMuted updatedAt subject { \
    ... on Product { title } } lastMessage { body sender { displayName } } members { readSequence user \
    { displayName } } messages(first: 2) { nodes { body reactions { emoji count mine } attachments { \
    name } replyTo { body } } } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }";

async fn inbox(person: &Person, variables: Value) -> Value {
    data(&person.client, INBOX, variables).await["me"]["conversations"].take()
}

fn ids(list: &Value) -> Vec<String> {
    let nodes = list["nodes"].as_array().unwrap_or_else(|| panic!("{list}"));
    nodes.iter().map(|node| text(&node["id"])).collect()
}

#[tokio::test]
async fn two_people_have_one_conversation_however_often_and_at_once_they_open_it() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let (elsewhere, guest) = app.beside().await;
        let there =
            Person { client: guest.with_token(bob.client.token().expect("signed in")), id: bob.id };

        let opened = (0..20).map(async |nth| match nth % 3 {
            0 => ada.open(&[bob.id]).await,
            1 => {
                let twice = json!({ "members": [ada.id, ada.id, bob.id] });
                text(&bob.change(OPEN, twice).await["conversation"]["id"])
            }
            _ => there.open(&[ada.id]).await,
        });
        let opened = join_all(opened).await;

        assert!(opened.iter().all(|id| *id == opened[0]), "{opened:?}");
        assert_ne!(ada.open(&[cyd.id]).await, opened[0]);
        let (one, two) = (ada.open(&[bob.id, cyd.id]).await, ada.open(&[bob.id, cyd.id]).await);
        assert_ne!(one, two, "groups are new each time");
        elsewhere.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_question_about_a_product_goes_to_its_seller_and_stands_below_the_product() {
    let about =
        "query($id: ID!) { product(by: { id: $id }) { conversations { totalCount nodes { id } } } }";
    on_each_database(async |app| {
        let [ada, bob, _] = people(&app).await;
        let offer = "{ products(first: 1) { nodes { id seller { user { id } } } } }";
        let offer = data(&app.guest(), offer, json!({})).await["products"]["nodes"][0].take();
        let (product, owner) = (&offer["id"], &offer["seller"]["user"]["id"]);

        let ask = json!({ "members": [], "subject": product });
        let first = ada.change(OPEN, ask.clone()).await;
        let again = ada.change(OPEN, json!({ "members": [owner], "subject": product })).await;
        let other = bob.change(OPEN, ask).await;
        ada.sent(&text(&first["conversation"]["id"]), "Is it oak?").await;

        let id = &first["conversation"]["id"];
        let mut members: Vec<String> = first["conversation"]["members"]
            .as_array()
            .expect("members")
            .iter()
            .map(|member| text(&member["user"]["id"]))
            .collect();
        members.sort();
        let mut expected = vec![ada.id.to_string(), text(owner)];
        expected.sort();
        assert_eq!(members, expected);
        assert_eq!(first["conversation"]["subject"]["id"], *product);
        assert_eq!(again["conversation"]["id"], *id, "the same asker, subject and members");
        assert_ne!(other["conversation"]["id"], *id);
        let below = |list: Value| list["product"]["conversations"].clone();
        let variables = json!({ "id": product });
        let own = below(data(&ada.client, about, variables.clone()).await);
        assert_eq!(own, json!({ "totalCount": 1, "nodes": [{ "id": id }] }));
        let his = below(data(&bob.client, about, variables.clone()).await);
        assert_eq!(his["nodes"][0]["id"], other["conversation"]["id"]);
        assert_eq!(below(data(&app.guest(), about, variables).await), Value::Null);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_inbox_has_the_latest_first_and_pages_both_ways() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let before = inbox(&ada, json!({ "first": 100 })).await["totalCount"].as_i64().expect("a count");
        let direct = ada.open(&[bob.id]).await;
        let mut groups = Vec::new();
        for _ in 0..4 {
            groups.push(ada.open(&[bob.id, cyd.id]).await);
        }
        for id in groups.iter().chain([&direct]) {
            bob.sent(id, "Hello").await;
        }
        ada.read(&direct, 1).await;

        let whole = inbox(&ada, json!({ "first": 100 })).await;
        let expected: Vec<String> = [&direct].into_iter().chain(groups.iter().rev()).cloned().collect();
        assert_eq!(ids(&whole)[..5], expected);
        assert_eq!(whole["totalCount"], before + 5);
        let (mut walked, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = inbox(&ada, json!({ "first": 2, "after": after })).await;
            walked.extend(ids(&page));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        assert_eq!(walked, ids(&whole));
        let third = inbox(&ada, json!({ "first": 3 })).await["pageInfo"]["endCursor"].take();
        let back = inbox(&ada, json!({ "last": 2, "before": third })).await;
        assert_eq!(ids(&back), expected[..2]);
        let unread = inbox(&ada, json!({ "first": 100, "unread": true })).await;
        assert!(!ids(&unread).contains(&direct));
        assert_eq!(ids(&unread)[..4], expected[1..]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_conversation_is_nobody_elses_business() {
    let everywhere = "query($conversation: ID!, $message: ID!, $account: ID!) { conversation(id: \
        $conversation) { id } nodes(ids: [$conversation, $message]) { id ... on Message { body } } \
        account: node(id: $account) { ... on Account { conversations { nodes { id } } \
        unreadMessageCount blockedUsers { nodes { id } } } } }";
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        let conversation = ada.open(&[bob.id]).await;
        let message = ada.sent(&conversation, "Between us").await;
        let account = data(&ada.client, "{ me { id } }", json!({})).await["me"]["id"].take();
        let variables = json!({ "conversation": conversation, "message": message, "account": account });

        let own = data(&bob.client, everywhere, variables.clone()).await;
        assert_eq!(own["nodes"][1], json!({ "id": message, "body": "Between us" }));
        let mut clients = vec![cyd.client.clone()];
        for email in ["alma-admin", "sami-support", "mona-moderator"] {
            clients.push(app.sign_in(&format!("{email}@demo.example")).await);
        }
        for client in clients {
            let seen = data(&client, everywhere, variables.clone()).await;
            assert_eq!(seen["conversation"], Value::Null);
            assert_eq!(seen["nodes"], json!([null, null]));
            if seen["account"] != Value::Null {
                let nothing =
                    json!({ "conversations": null, "unreadMessageCount": null, "blockedUsers": null });
                assert_eq!(seen["account"], nothing);
            }
        }
        let guest = app.guest().ask(everywhere, variables).await;
        assert_eq!(guest["data"]["nodes"], json!([null, null]));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_inbox_takes_as_many_statements_at_any_size() {
    on_each_database(async |app| {
        let [ada, bob, cyd] = people(&app).await;
        for _ in 0..12 {
            let group = ada.open(&[bob.id, cyd.id]).await;
            for body in ["One", "Two", "Three"] {
                bob.sent(&group, body).await;
            }
        }
        // What is read for the first time is noted as delivered.
        inbox(&ada, json!({ "first": 100 })).await;
        let mut counts = Vec::new();
        for first in [1, 12] {
            let mut fewest = u64::MAX;
            // A request looks the session up when its memory has run out.
            for _ in 0..3 {
                let page = data(&ada.client, INBOX, json!({ "first": first }));
                let (answer, statements) = app.statements(page).await;
                assert_eq!(ids(&answer["me"]["conversations"]).len(), first);
                fewest = fewest.min(statements);
            }
            counts.push(fewest);
        }

        assert_eq!(counts[0], counts[1], "more rows must not take more statements");
        assert!(counts[0] <= 13, "{counts:?}");
        app.stop().await;
    })
    .await;
}
