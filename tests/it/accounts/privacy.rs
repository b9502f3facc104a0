//! What is private of an account is absent for others, whichever way they ask.

use serde_json::{Value, json};
use tests::{Client, on_each_database};

use super::{data, somebody};

const OWN: &str = "{ me { id email sessions { id } user { id } } }";

/// Everything that an id can be asked for.
const BY_ID: &str = "query($account: ID!, $session: ID!) { account: node(id: $account) { __typename id \
    ... on Account { email } } session: node(id: $session) { __typename id ... on Session { createdAt \
    } } nodes(ids: [$account, $session]) { id } }";

/// Ids of Ada's account and session.
async fn ids(ada: &Client) -> (Value, Value) {
    let own = data(ada, OWN, json!({})).await["me"].take();
    (own["id"].clone(), own["sessions"][0]["id"].clone())
}

#[tokio::test]
async fn somebody_elses_account_and_session_are_absent() {
    on_each_database(async |app| {
        let (ada, eve) = (somebody(&app, "ada").await, somebody(&app, "eve").await);
        let (account, session) = ids(&ada).await;
        let variables = json!({ "account": account, "session": session });
        let strangers =
            [app.guest(), eve, app.seller(0).await, app.sign_in("mona-moderator@demo.example").await];

        for stranger in strangers {
            let answer = stranger.ask(BY_ID, variables.clone()).await;
            let nothing = json!({ "account": null, "session": null, "nodes": [null, null] });
            assert_eq!(answer, json!({ "data": nothing }));
        }

        let own = data(&ada, BY_ID, variables.clone()).await;
        assert_eq!(
            own["account"],
            json!({ "__typename": "Account", "id": account, "email": "ada@example.com" })
        );
        assert_eq!(own["session"]["__typename"], "Session");
        assert_eq!(own["nodes"], json!([{ "id": account }, { "id": session }]));
        for staff in ["sami-support@demo.example", "alma-admin@demo.example"] {
            let seen = data(&app.sign_in(staff).await, BY_ID, variables.clone()).await;
            assert_eq!(seen, own);
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_ended_session_is_absent_for_its_owner_too() {
    on_each_database(async |app| {
        let there = somebody(&app, "ada").await;
        let here = app.guest().sign_in("ada@example.com", super::PASSWORD).await;
        let (account, _) = ids(&here).await;
        let answer = data(&there, "{ me { sessions { id isCurrent } } }", json!({})).await;
        let sessions = answer["me"]["sessions"].as_array().expect("sessions");
        let session =
            &sessions.iter().find(|session| session["isCurrent"] == true).expect("one is current")["id"];

        data(&here, "mutation { sessionRevoke { userErrors { code } } }", json!({})).await;

        let seen = data(&here, BY_ID, json!({ "account": account, "session": session })).await;
        assert_eq!(seen["session"], Value::Null);
        assert_eq!(seen["nodes"], json!([{ "id": account }, null]));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_favourites_of_an_account_are_its_owners_and_staffs_to_see() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let (account, _) = ids(&ada).await;
        let product: kit::ids::ProductId = kit::seed::id(0);
        let set = "mutation($id: ID!) { favouriteSet(productId: $id, favourite: true) { userErrors { \
            code } } }";
        data(&ada, set, json!({ "id": product })).await;
        let query = "query($id: ID!) { node(id: $id) { ... on Account { favourites { totalCount nodes \
            { id } } } } }";
        let favourites = json!({ "totalCount": 1, "nodes": [{ "id": product }] });
        let seen = json!({ "data": { "node": { "favourites": favourites } } });

        let own = ada.ask(query, json!({ "id": account })).await;
        let support =
            app.sign_in("sami-support@demo.example").await.ask(query, json!({ "id": account })).await;
        let stranger = app.seller(0).await.ask(query, json!({ "id": account })).await;

        assert_eq!(own, seen);
        assert_eq!(support, seen);
        assert_eq!(stranger, json!({ "data": { "node": null } }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_public_profile_leads_to_nothing_private() {
    on_each_database(async |app| {
        let query = "{ __type(name: \"User\") { fields { name } } }";

        let answer = data(&app.guest(), query, json!({})).await;

        let fields = answer["__type"]["fields"].as_array().expect("fields");
        let mut names: Vec<&str> = fields.iter().filter_map(|field| field["name"].as_str()).collect();
        names.sort_unstable();
        let public =
            ["avatarUrl", "bio", "displayName", "handle", "id", "joinedAt", "products", "seller"];
        assert_eq!(names, public);
        app.stop().await;
    })
    .await;
}
