//! Entities: what other modules' references come to, and in how many
//! statements.

use std::collections::HashMap;

use kit::{
    Viewer,
    ids::{AccountId, SellerId, UserId},
    ports::Sellers,
    seed::id,
};
use serde_json::{Value, json};

use super::{TestModule, support};

const ENTITIES: &str = "query($of: [_Any!]!) { _entities(representations: $of) { \
                        ... on Seller { name } ... on Account { email } ... on Session { userAgent } } }";

fn references(of: &str, ids: impl Iterator<Item = String>) -> Value {
    json!({ "of": ids.map(|id| json!({ "__typename": of, "id": id })).collect::<Vec<_>>() })
}

#[tokio::test]
async fn statements_depend_on_the_depth_and_not_on_the_rows() {
    let module = TestModule::seeded().await;
    let sellers = |count| references("Seller", (0..count).map(|n| id::<SellerId>(n).to_string()));
    let list = "query($first: Int) { users(first: $first) { nodes { handle seller { name } } } }";
    let with_user = "query($of: [_Any!]!) { _entities(representations: $of) { \
                     ... on Seller { name user { handle } } } }";
    let count = async |query: &str, variables: Value| {
        let before = module.statements();
        let answer = module.ask(&support(), query, variables).await;
        assert_eq!(answer.get("errors"), None);
        module.statements() - before
    };

    assert_eq!(count(list, json!({ "first": 1 })).await, 2);
    assert_eq!(count(list, json!({ "first": 100 })).await, 2);
    assert_eq!(count(ENTITIES, sellers(1)).await, 1);
    assert_eq!(count(ENTITIES, sellers(40)).await, 1);
    assert_eq!(count(with_user, sellers(40)).await, 2);
}

#[tokio::test]
async fn unknown_and_foreign_references_are_null_at_their_place() {
    let module = TestModule::seeded().await;
    let ids = [
        id::<SellerId>(0).to_string(),
        id::<SellerId>(99).to_string(),
        id::<UserId>(0).to_string(),
        "rubbish".to_owned(),
    ];

    let answer = module.ask(&Viewer::default(), ENTITIES, references("Seller", ids.into_iter())).await;

    let entities = answer["data"]["_entities"].as_array().expect("a list");
    assert_eq!(answer.get("errors"), None);
    assert!(entities[0]["name"].is_string());
    assert_eq!(entities[1..], [json!(null), json!(null), json!(null)]);
}

#[tokio::test]
async fn an_account_and_its_sessions_are_seen_by_owner_and_staff_only() {
    let module = TestModule::seeded().await;
    let (ada, _) = module.member("ada").await;
    let (eve, _) = module.member("eve").await;
    let account = ada.account.expect("signed in").to_string();
    let session = ada.session.expect("signed in").to_string();
    let variables = json!({ "of": [
        { "__typename": "Account", "id": account },
        { "__typename": "Session", "id": session },
    ] });
    let seen_by = async |viewer: &Viewer| {
        module.ask(viewer, ENTITIES, variables.clone()).await["data"]["_entities"].clone()
    };

    let all = json!([{ "email": "ada@example.com" }, { "userAgent": "Test/1" }]);
    assert_eq!(seen_by(&ada).await, all);
    assert_eq!(seen_by(&support()).await, all);
    assert_eq!(seen_by(&eve).await, json!([null, null]));
    assert_eq!(seen_by(&Viewer::default()).await, json!([null, null]));
}

#[tokio::test]
async fn a_user_sells_while_the_shop_is_active() {
    let module = TestModule::seeded().await;
    let port = module.platform.ports.get::<dyn Sellers>().expect("provided");

    let users = [id::<UserId>(7), id::<UserId>(8), id::<UserId>(150)];

    let before = module.statements();
    let sellers = port.sellers_of(&users).await.expect("answers");

    assert_eq!(sellers, HashMap::from([(users[0], id(7)), (users[1], id(8))]));
    assert_eq!(module.statements() - before, 1);
    assert_eq!(port.seller_of(users[0]).await.expect("answers"), Some(id(7)));
    assert_eq!(port.seller_of(users[2]).await.expect("answers"), None);
}

#[tokio::test]
async fn a_guest_is_nobody() {
    let module = TestModule::start().await;

    let answer = module.ask(&Viewer::default(), "{ me { id } }", json!({})).await;

    assert_eq!(answer, json!({ "data": { "me": null } }));
    let gone = Viewer { account: Some(id::<AccountId>(0)), ..Viewer::default() };
    let answer = module.ask(&gone, "{ me { id } }", json!({})).await;
    assert_eq!(answer, json!({ "data": { "me": null } }));
}
