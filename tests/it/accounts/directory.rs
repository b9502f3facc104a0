//! The list of all users, for staff.

use serde_json::{Value, json};
use tests::{Client, TestApp, on_each_database};

use super::{data, somebody};

const USERS: &str = "query($first: Int, $after: String, $last: Int, $before: String, $query: \
    StringFilter, $role: Role) { users(first: $first, after: $after, last: $last, before: $before, \
    query: $query, role: $role) { totalCount nodes { id handle displayName joinedAt } edges { cursor } \
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }";

async fn support(app: &TestApp) -> Client {
    app.sign_in("sami-support@demo.example").await
}

async fn users(client: &Client, variables: Value) -> Value {
    data(client, USERS, variables).await["users"].take()
}

/// All users in the list's order, in pages of 100.
async fn everybody(client: &Client) -> Vec<Value> {
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = users(client, json!({ "first": 100, "after": after })).await;
        all.extend(page["nodes"].as_array().expect("nodes").iter().cloned());
        if page["pageInfo"]["hasNextPage"] == false {
            return all;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn text<'a>(user: &'a Value, field: &str) -> &'a str {
    user[field].as_str().expect("a text")
}

#[tokio::test]
async fn the_list_of_users_is_for_staff_who_may_read_accounts() {
    on_each_database(async |app| {
        let ask =
            async |client: Client| client.ask("{ users(first: 1) { totalCount } }", json!({})).await;
        let staff = json!({ "data": { "users": { "totalCount": 200 } } });

        assert_eq!(ask(support(&app).await).await, staff);
        assert_eq!(ask(app.sign_in("alma-admin@demo.example").await).await, staff);
        let guest = ask(app.guest()).await;
        assert_eq!(guest["data"], json!({ "users": null }));
        assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        for email in [app.email(60).await, app.email(0).await, "mona-moderator@demo.example".to_owned()]
        {
            let answer = ask(app.sign_in(&email).await).await;
            assert_eq!(answer["data"], json!({ "users": null }));
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn users_stand_newest_first() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let id = data(&ada, "{ me { user { id } } }", json!({})).await["me"]["user"]["id"].take();

        let all = everybody(&support(&app).await).await;

        assert_eq!(all[0]["id"], id, "who joined last comes first");
        let keys: Vec<(&str, &str)> =
            all.iter().map(|user| (text(user, "joinedAt"), text(user, "id"))).collect();
        assert_eq!(keys.len(), 201);
        assert!(keys.windows(2).all(|pair| pair[0] > pair[1]), "newest first, each once");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn users_are_walked_in_both_directions_without_gap_or_repetition() {
    on_each_database(async |app| {
        let support = support(&app).await;
        let all = everybody(&support).await;
        let ids = |page: &Value| -> Vec<Value> {
            page["nodes"].as_array().expect("nodes").iter().map(|user| user["id"].clone()).collect()
        };

        let (mut forward, mut after) = (Vec::new(), Value::Null);
        loop {
            let page = users(&support, json!({ "first": 30, "after": after })).await;
            assert_eq!(page["totalCount"], 200);
            assert_eq!(page["pageInfo"]["hasPreviousPage"], !forward.is_empty());
            assert_eq!(page["pageInfo"]["endCursor"], page["edges"][ids(&page).len() - 1]["cursor"]);
            forward.extend(ids(&page));
            after = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
        }
        let (mut backward, mut before) = (Vec::new(), Value::Null);
        loop {
            let page = users(&support, json!({ "last": 30, "before": before })).await;
            assert_eq!(page["pageInfo"]["hasNextPage"], !backward.is_empty());
            assert_eq!(page["pageInfo"]["startCursor"], page["edges"][0]["cursor"]);
            backward.splice(0..0, ids(&page));
            before = page["pageInfo"]["startCursor"].clone();
            if page["pageInfo"]["hasPreviousPage"] == false {
                break;
            }
        }

        let expected: Vec<Value> = all.iter().map(|user| user["id"].clone()).collect();
        assert_eq!(forward, expected);
        assert_eq!(backward, expected);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn users_are_found_by_email_handle_display_name_and_role() {
    on_each_database(async |app| {
        let support = support(&app).await;
        let all = everybody(&support).await;
        let some = &all[70];
        let (handle, name) = (text(some, "handle").to_owned(), text(some, "displayName").to_owned());
        let email = format!("{handle}@demo.example");
        let matching = |is_match: &dyn Fn(&str) -> bool| -> Vec<&Value> {
            let is_found = |user: &&Value| {
                let email = format!("{}@demo.example", text(user, "handle"));
                is_match(&email) || is_match(text(user, "handle")) || is_match(text(user, "displayName"))
            };
            all.iter().filter(is_found).collect()
        };
        let part = &handle[..3];
        let cases = [
            (json!({ "eq": handle }), matching(&|text| text == handle)),
            (json!({ "eq": email }), matching(&|text| text == email)),
            (json!({ "in": [name, "nobody"] }), matching(&|text| text == name)),
            (json!({ "in": [] }), vec![]),
            (
                json!({ "startsWith": part.to_uppercase() }),
                matching(&|text| text.to_lowercase().starts_with(part)),
            ),
            (json!({ "contains": "AN" }), matching(&|text| text.to_lowercase().contains("an"))),
            (json!({ "contains": "%" }), vec![]),
            (json!({ "contains": "_" }), matching(&|text| text.contains('_'))),
            (json!({ "contains": "a\\" }), vec![]),
            (json!({ "contains": "" }), all.iter().collect()),
            (json!({}), all.iter().collect()),
        ];

        for (query, expected) in cases {
            let page = users(&support, json!({ "first": 100, "query": query })).await;
            assert_eq!(page["totalCount"], expected.len(), "{query}");
            let expected: Vec<&Value> = expected.into_iter().take(100).collect();
            assert_eq!(page["nodes"], json!(expected), "{query}");
        }
        for (role, count) in
            [("CUSTOMER", 200), ("SELLER", 40), ("SUPPORT", 1), ("MODERATOR", 1), ("ADMIN", 1)]
        {
            let page = users(&support, json!({ "first": 1, "role": role })).await;
            assert_eq!(page["totalCount"], count, "{role}");
        }
        let both = json!({ "role": "ADMIN", "query": { "startsWith": "alma" } });
        assert_eq!(users(&support, both).await["nodes"][0]["handle"], "alma-admin");
        let neither = json!({ "role": "SUPPORT", "query": { "startsWith": "alma" } });
        assert_eq!(users(&support, neither).await["totalCount"], 0);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_page_of_users_that_nobody_can_turn_to_is_bad_input() {
    on_each_database(async |app| {
        let support = support(&app).await;
        let cursor = users(&support, json!({ "first": 1 })).await["pageInfo"]["endCursor"].take();
        let too_many: Vec<String> = (0..101).map(|number| number.to_string()).collect();
        let either = "page with first and after, or with last and before";
        let cases = [
            (json!({ "first": -1 }), "first must be from 0 to 100, not -1"),
            (json!({ "first": 101 }), "first must be from 0 to 100, not 101"),
            (json!({ "last": 101 }), "last must be from 0 to 100, not 101"),
            (json!({ "last": -1 }), "last must be from 0 to 100, not -1"),
            (json!({ "after": "nonsense" }), "not a cursor of this list"),
            (json!({ "last": 1, "before": "" }), "not a cursor of this list"),
            (json!({ "before": cursor }), either),
            (json!({ "first": 1, "before": cursor }), either),
            (json!({ "last": 1, "after": cursor }), either),
            (json!({ "first": 1, "last": 1 }), either),
            (json!({ "query": { "in": too_many } }), "`in` takes at most 100 values"),
            (json!({ "query": { "eq": "a\0" } }), "text must not contain U+0000"),
            (json!({ "query": { "in": ["a\0"] } }), "text must not contain U+0000"),
            (json!({ "query": { "contains": "a\0" } }), "text must not contain U+0000"),
            (json!({ "query": { "startsWith": "a\0" } }), "text must not contain U+0000"),
            (
                json!({ "query": { "contains": "a".repeat(100_000) } }),
                "text to compare with has at most 1000 characters",
            ),
        ];

        for (variables, message) in cases {
            let answer = support.ask(USERS, variables.clone()).await;
            assert_eq!(answer["data"], json!({ "users": null }), "{variables}");
            let error = &answer["errors"][0];
            assert_eq!(
                (&error["message"], &error["extensions"]["code"]),
                (&json!(message), &json!("BAD_USER_INPUT"))
            );
        }

        let none = users(&support, json!({ "first": 0 })).await;
        assert_eq!((&none["nodes"], &none["totalCount"]), (&json!([]), &json!(200)));
        assert_eq!(none["pageInfo"]["hasNextPage"], true);
        app.stop().await;
    })
    .await;
}
