//! The category tree, kept by moderators.

use futures_util::future::join_all;
use kit::{Id as _, ids::CategoryId};
use serde_json::{Value, json};
use tests::{Client, on_each_database};

use super::{TABLES, error};
use crate::accounts::{data, rows};

const MODERATOR: &str = "mona-moderator@demo.example";

async fn save(client: &Client, input: Value) -> Value {
    let save = "mutation($input: CategoryInput!) { categorySave(input: $input) { category { id slug \
        name parent { slug } path { slug } } userErrors { code field message } } }";
    data(client, save, json!({ "input": input })).await["categorySave"].take()
}

/// The id of a new category.
async fn made(client: &Client, input: Value) -> Value {
    let mut payload = save(client, input).await;
    assert_eq!(payload["userErrors"], json!([]), "{payload}");
    payload["category"]["id"].take()
}

fn refused(code: &str, field: &str, message: &str) -> Value {
    json!({ "category": null, "userErrors": [error(code, &[field], message)] })
}

async fn path(client: &Client, slug: &str) -> Vec<String> {
    let query = "query($slug: String!) { categories(slug: $slug) { path { slug } } }";
    let found = data(client, query, json!({ "slug": slug })).await;
    let nodes = found["categories"][0]["path"].as_array().expect("a path").clone();
    nodes.iter().map(|node| node["slug"].as_str().expect("a slug").to_owned()).collect()
}

#[tokio::test]
async fn categories_are_made_renamed_and_moved_with_all_below() {
    on_each_database(async |app| {
        let moderator = app.sign_in(MODERATOR).await;
        let garden = made(&moderator, json!({ "name": " <b>Garden</b> tools " })).await;
        let beds = made(&moderator, json!({ "name": "Beds", "parentId": garden })).await;
        made(&moderator, json!({ "name": "Raised beds", "parentId": beds })).await;
        let shed = made(&moderator, json!({ "name": "Shed", "slug": "the-shed" })).await;
        assert_eq!(path(&moderator, "raised-beds").await, ["garden-tools", "beds", "raised-beds"]);

        let moved =
            save(&moderator, json!({ "id": beds, "parentId": shed, "slug": "garden-beds" })).await;

        assert_eq!(moved["category"]["parent"]["slug"], "the-shed", "{moved}");
        assert_eq!(path(&moderator, "raised-beds").await, ["the-shed", "garden-beds", "raised-beds"]);
        let renamed = save(&moderator, json!({ "id": beds, "name": "All beds" })).await;
        assert_eq!(renamed["category"]["name"], "All beds");
        assert_eq!(renamed["category"]["parent"]["slug"], "the-shed", "absent stays");
        let root = save(&moderator, json!({ "id": beds, "parentId": null })).await;
        assert_eq!(root["category"]["parent"], Value::Null);
        assert_eq!(path(&moderator, "raised-beds").await, ["garden-beds", "raised-beds"]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_category_never_stands_below_itself_whoever_moves_at_once() {
    on_each_database(async |app| {
        let moderator = app.sign_in(MODERATOR).await;
        let one = made(&moderator, json!({ "name": "One" })).await;
        let two = made(&moderator, json!({ "name": "Two", "parentId": one })).await;
        let below_itself = refused("INVALID", "parentId", "a category can't stand below itself");

        assert_eq!(save(&moderator, json!({ "id": one, "parentId": two })).await, below_itself);
        assert_eq!(save(&moderator, json!({ "id": one, "parentId": one })).await, below_itself);
        save(&moderator, json!({ "id": two, "parentId": null })).await;
        let moves = (0..20).map(|number| match number % 2 {
            0 => json!({ "id": one, "parentId": two }),
            _ => json!({ "id": two, "parentId": one }),
        });
        let moved = join_all(moves.map(|input| save(&moderator, input))).await;

        let (won, lost): (Vec<&Value>, Vec<&Value>) =
            moved.iter().partition(|payload| payload["userErrors"] == json!([]));
        assert_eq!((won.len(), lost.len()), (10, 10), "{moved:?}");
        assert!(lost.iter().all(|payload| **payload == below_itself));
        let depths = [path(&moderator, "one").await.len(), path(&moderator, "two").await.len()];
        assert_eq!(depths.iter().sum::<usize>(), 3, "one is the root, the other below it");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn categories_that_break_a_rule_are_refused_and_nothing_changes() {
    on_each_database(async |app| {
        let moderator = app.sign_in(MODERATOR).await;
        let mut deepest = made(&moderator, json!({ "name": "Level 1" })).await;
        for level in 2..=8 {
            deepest =
                made(&moderator, json!({ "name": format!("Level {level}"), "parentId": deepest })).await;
        }
        let before = rows(&app, TABLES).await;
        let nobody = json!(CategoryId::generate());
        let slug = "must be small letters and digits, joined by single dashes: 1 to 80 characters";

        let cases = [
            (json!({}), refused("INVALID", "name", "a new category needs a name")),
            (json!({ "name": " <i></i>" }), refused("INVALID", "name", "must have 1 to 100 characters")),
            (
                json!({ "name": "x".repeat(101) }),
                refused("INVALID", "name", "must have 1 to 100 characters"),
            ),
            (json!({ "name": "New", "slug": "N_w" }), refused("INVALID", "slug", slug)),
            (
                json!({ "name": "New", "position": -1 }),
                refused("INVALID", "position", "must be from 0 to 1000000"),
            ),
            (json!({ "name": "Level 1" }), refused("TAKEN", "slug", "another category has this slug")),
            (
                json!({ "name": "New", "parentId": nobody }),
                refused("NOT_FOUND", "parentId", "category not found"),
            ),
            (json!({ "id": nobody, "name": "New" }), refused("NOT_FOUND", "id", "category not found")),
            (json!({ "id": "rubbish" }), refused("NOT_FOUND", "id", "category not found")),
            (
                json!({ "name": "Level 9", "parentId": deepest }),
                refused("LIMIT_EXCEEDED", "parentId", "the tree has at most 8 levels"),
            ),
        ];
        for (input, expected) in cases {
            assert_eq!(save(&moderator, input.clone()).await, expected, "{input}");
        }
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}
