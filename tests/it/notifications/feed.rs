//! The feed: paged both ways, counted exactly, seen by its owner alone.

use futures_util::future::join_all;
use kit::{
    Id as _,
    ids::{ConversationId, NotificationId},
};
use serde_json::{Value, json};
use tests::{TestApp, on_each_database};

use super::{FEED, MARK, Person, message, settled, tell};
use crate::accounts::{data, rows};

const TABLES: [&str; 2] = ["notifications", "notifications WHERE read_at IS NULL"];

/// `count` conversations with one message each, for `to`.
async fn messages(app: &TestApp, from: &Person, to: &Person, count: usize) {
    for _ in 0..count {
        tell(app, &message(ConversationId::generate(), 1, from, &[to])).await;
    }
    settled(app).await;
}

fn ids(page: &Value) -> Vec<Value> {
    let nodes = page["notifications"]["nodes"].as_array().expect("nodes");
    nodes.iter().map(|node| node["id"].clone()).collect()
}

#[tokio::test]
async fn a_feed_is_walked_in_both_directions_and_counted() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        messages(&app, &eve, &ada, 6).await;
        let all = ids(&ada.feed(json!({})).await);
        assert_eq!(all.len(), 7, "six messages and a welcome");

        let (mut forward, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = ada.feed(json!({ "first": 3, "after": after })).await;
            assert_eq!(page["notifications"]["totalCount"], 7);
            forward.extend(ids(&page));
            after = page["notifications"]["pageInfo"]["endCursor"].clone();
            if page["notifications"]["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        let (mut backward, mut before) = (Vec::new(), Value::Null);
        loop {
            let page = ada.feed(json!({ "last": 3, "before": before })).await;
            backward.splice(0..0, ids(&page));
            before = page["notifications"]["pageInfo"]["startCursor"].clone();
            if page["notifications"]["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
        }
        assert_eq!(forward, all);
        assert_eq!(backward, all);

        assert_eq!(ada.mark(json!({ "ids": [all[0], all[6]] })).await, 2);
        let unread = ada.feed(json!({ "unread": true })).await;
        assert_eq!(ids(&unread), all[1..6]);
        assert_eq!(unread["notifications"]["totalCount"], 5);
        assert_eq!(unread["unreadNotificationCount"], 5);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_feed_takes_as_many_statements_at_any_length() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        messages(&app, &eve, &ada, 8).await;
        let mut counts = Vec::new();
        for first in [1, 9] {
            // A request looks the session up when its memory has run out.
            let mut fewest = u64::MAX;
            for _ in 0..3 {
                let page = data(&ada.client, FEED, json!({ "first": first }));
                let (page, statements) = app.statements(page).await;
                assert_eq!(ids(&page["me"]).len(), first);
                fewest = fewest.min(statements);
            }
            counts.push(fewest);
        }

        assert_eq!(counts, [5, 5], "the account, the page, two counts, the senders' names");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn marking_again_changes_nothing_and_a_time_marks_all_before_it() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        messages(&app, &eve, &ada, 3).await;
        let all = ids(&ada.feed(json!({})).await);

        assert_eq!(ada.mark(json!({ "ids": [all[0], all[0]] })).await, 1);
        assert_eq!(ada.mark(json!({ "ids": [all[0]] })).await, 0);
        assert_eq!(ada.unread().await, 3);
        assert_eq!(ada.mark(json!({ "upTo": "2020-01-01T00:00:00.000Z" })).await, 0);
        assert_eq!(ada.mark(json!({ "upTo": "2999-01-01T00:00:00.000Z" })).await, 3);
        assert_eq!(ada.mark(json!({ "upTo": "2999-01-01T00:00:00.000Z" })).await, 0);

        assert_eq!(ada.unread().await, 0);
        assert_eq!(rows(&app, ["events WHERE kind = 'notification.read'"]).await, [4]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_can_not_be_marked_is_refused_and_stays_unread() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        let before = rows(&app, TABLES).await;
        let of_eve = ids(&eve.feed(json!({})).await);
        let too_many: Vec<NotificationId> = (0..101).map(|_| NotificationId::generate()).collect();
        let refused = async |variables: Value| {
            let answer = ada.client.ask(MARK, variables).await;
            assert_eq!(answer["data"], json!({ "notificationsMarkRead": null }), "{answer}");
            answer["errors"][0]["extensions"]["code"].clone()
        };

        assert_eq!(refused(json!({})).await, "BAD_USER_INPUT");
        assert_eq!(
            refused(json!({ "ids": [], "upTo": "2026-01-01T00:00:00.000Z" })).await,
            "BAD_USER_INPUT"
        );
        assert_eq!(refused(json!({ "ids": too_many })).await, "BAD_USER_INPUT");
        let guest = app.guest().ask(MARK, json!({ "ids": of_eve })).await;
        assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        for nothing in [json!(of_eve), json!(["rubbish", "", "prod_1"]), json!([])] {
            assert_eq!(ada.mark(json!({ "ids": nothing })).await, 0, "{nothing}");
        }

        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn nobody_but_the_owner_sees_a_notification() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        let own = ids(&ada.feed(json!({})).await).remove(0);
        let by_id = "query($id: ID!) { node(id: $id) { __typename id ... on Notification { title } } \
            nodes(ids: [$id]) { id } }";
        let of_account = "query($id: ID!) { node(id: $id) { ... on Account { unreadNotificationCount \
            notifications { nodes { id } } notificationPreferences { kind } } } }";
        let staff = app.sign_in("alma-admin@demo.example").await;

        for stranger in [&app.guest(), &eve.client, &staff] {
            let answer = stranger.ask(by_id, json!({ "id": own })).await;
            assert_eq!(answer, json!({ "data": { "node": null, "nodes": [null] } }));
        }
        let nothing = json!({ "unreadNotificationCount": null, "notifications": null,
            "notificationPreferences": null });
        let seen = data(&staff, of_account, json!({ "id": ada.account })).await;
        assert_eq!(seen["node"], nothing, "staff see accounts, not what they are told");

        let seen = data(&ada.client, by_id, json!({ "id": own })).await;
        let title = "Welcome to the marketplace";
        assert_eq!(seen["node"], json!({ "__typename": "Notification", "id": own, "title": title }));
        assert_eq!(seen["nodes"], json!([{ "id": own }]));
        let target = ada.feed(json!({})).await["notifications"]["nodes"][0]["targetId"].take();
        let what_it_is_about =
            "query($id: ID!) { node(id: $id) { __typename ... on Account { email } } }";
        let seen = data(&ada.client, what_it_is_about, json!({ "id": target })).await;
        assert_eq!(seen["node"], json!({ "__typename": "Account", "email": "ada@example.com" }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_count_of_unread_is_exact_when_marks_and_news_come_at_once() {
    on_each_database(async |app| {
        let (ada, eve) = (Person::new(&app, "ada").await, Person::new(&app, "eve").await);
        messages(&app, &eve, &ada, 10).await;
        let all = ids(&ada.feed(json!({})).await);
        assert_eq!(all.len(), 11);

        let mark = async |id: &Value| {
            ada.mark(json!({ "ids": [id, all[0], all[1]] })).await.as_i64().expect("a number")
        };
        let marks = join_all(all[..8].iter().flat_map(|id| [mark(id), mark(id)]));
        let news = messages(&app, &eve, &ada, 5);
        let (marked, ()) = futures_util::join!(marks, news);

        assert_eq!(marked.iter().sum::<i64>(), 8, "each was marked by one call");
        assert_eq!(ada.unread().await, 11 - 8 + 5);
        app.stop().await;
    })
    .await;
}
