//! Accounts: signing up, searching, changing.

use kit::{Role, Viewer, ports::DemoAccounts};
use serde_json::{Value, json};

use super::{PASSWORD, TestModule, support};

#[tokio::test]
async fn signing_up_with_a_known_email_answers_the_same_and_creates_nothing() {
    let module = TestModule::start().await;

    let new = module.sign_up("Ada@Example.com", "ada").await;
    let events = module.events().await;
    let known = module.sign_up("ada@example.com", "somebody").await;

    assert_eq!(new, json!({ "accessToken": null, "account": null, "userErrors": [] }));
    assert_eq!(known, new);
    let kinds: Vec<&str> = events.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["account.created", "account.confirmation_requested"]);
    assert_eq!(module.events().await, events);
    let query =
        "{ a: user(by: { handle: \"ada\" }) { handle } b: user(by: { handle: \"somebody\" }) { id } }";
    let answer = module.ask(&Viewer::default(), query, json!({})).await;
    assert_eq!(answer["data"], json!({ "a": { "handle": "ada" }, "b": null }));
}

#[tokio::test]
async fn a_handle_belongs_to_one_user() {
    let module = TestModule::start().await;
    module.sign_up("ada@example.com", "ada").await;

    let second = module.sign_up("eve@example.com", "ada").await;

    assert_eq!(
        second["userErrors"],
        json!([{ "code": "TAKEN", "field": ["handle"], "message": "somebody else has this handle" }])
    );
    let login = json!({ "password": { "email": "eve@example.com", "password": PASSWORD } });
    assert_eq!(module.sign_in(login).await["userErrors"][0]["code"], "BAD_CREDENTIALS");
}

#[tokio::test]
async fn every_broken_rule_of_a_sign_up_names_its_field() {
    let module = TestModule::start().await;
    let query = "mutation { accountSignUp(input: { email: \"ada\", password: \"short\", handle: \"A\", \
                 displayName: \" \" }) { userErrors { code field } } }";

    let answer = module.ask(&Viewer::default(), query, json!({})).await;

    assert_eq!(
        answer["data"]["accountSignUp"]["userErrors"],
        json!([
            { "code": "INVALID", "field": ["email"] },
            { "code": "INVALID", "field": ["password"] },
            { "code": "INVALID", "field": ["handle"] },
            { "code": "INVALID", "field": ["displayName"] },
        ])
    );
    assert_eq!(module.events().await, []);
}

#[tokio::test]
async fn an_account_changes_in_its_expected_version_only() {
    let module = TestModule::start().await;
    let (viewer, _) = module.member("ada").await;
    let query = "mutation($input: AccountUpdateInput!) { accountUpdate(input: $input) { \
                 account { version locale currency user { displayName bio } } \
                 userErrors { code field ... on VersionConflictError { currentVersion } } } }";
    let change = json!({ "input": {
        "displayName": " Ada King ", "bio": "Poet.", "locale": "pt-BR", "currency": "JPY",
        "expectedVersion": 1,
    } });

    let changed = module.ask(&viewer, query, change.clone()).await;
    let repeated = module.ask(&viewer, query, change).await;
    let cleared = module.ask(&viewer, query, json!({ "input": { "bio": null } })).await;

    let account = json!({
        "version": 2, "locale": "pt-BR", "currency": "JPY",
        "user": { "displayName": "Ada King", "bio": "Poet." },
    });
    assert_eq!(changed["data"]["accountUpdate"], json!({ "account": account, "userErrors": [] }));
    assert_eq!(
        repeated["data"]["accountUpdate"],
        json!({ "account": null, "userErrors": [
            { "code": "VERSION_CONFLICT", "field": ["expectedVersion"], "currentVersion": 2 },
        ] })
    );
    assert_eq!(
        cleared["data"]["accountUpdate"]["account"]["user"],
        json!({ "displayName": "Ada King", "bio": null })
    );
    let kinds: Vec<String> = module.events().await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds[2..], ["session.started", "account.updated", "account.updated"]);
}

#[tokio::test]
async fn events_carry_ids_and_no_personal_data() {
    let module = TestModule::start().await;
    let (viewer, _) = module.member("ada").await;

    let (account, user) = (viewer.account.expect("signed in"), viewer.user.expect("signed in"));
    assert_eq!(
        module.events().await,
        [
            ("account.created".to_owned(), json!({ "account": account, "user": user, "version": 1 })),
            ("account.confirmation_requested".to_owned(), json!({ "account": account })),
            ("session.started".to_owned(), json!({ "account": account, "session": viewer.session })),
        ]
    );
}

#[tokio::test]
async fn staff_search_users_by_email_name_and_role() {
    let module = TestModule::seeded().await;
    let query = "query($query: StringFilter, $role: Role) { users(query: $query, role: $role) { \
                 totalCount nodes { handle } } }";
    let find = async |variables| module.ask(&support(), query, variables).await["data"]["users"].clone();

    let everybody = find(json!({ "query": {} })).await;
    let by_email = find(json!({ "query": { "eq": "alma-admin@demo.example" } })).await;
    let by_name = find(json!({ "query": { "contains": "ALMA ADM" } })).await;
    let wildcard = find(json!({ "query": { "contains": "alma%admin" } })).await;
    let sellers = find(json!({ "role": "SELLER" })).await;

    assert_eq!(everybody["totalCount"], 200);
    let alma = json!({ "totalCount": 1, "nodes": [{ "handle": "alma-admin" }] });
    assert_eq!(by_email, alma);
    assert_eq!(by_name, alma);
    assert_eq!(wildcard, json!({ "totalCount": 0, "nodes": [] }));
    assert_eq!(sellers["totalCount"], 40);
}

#[tokio::test]
async fn pages_of_users_meet_without_gap_or_overlap() {
    let module = TestModule::seeded().await;
    let query = "query($after: String) { users(first: 70, after: $after) { \
                 nodes { id joinedAt } pageInfo { hasNextPage endCursor } } }";

    let mut users = Vec::new();
    let mut after = json!(null);
    loop {
        let answer = module.ask(&support(), query, json!({ "after": after })).await;
        let page = &answer["data"]["users"];
        users.extend(page["nodes"].as_array().expect("a list").iter().cloned());
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }

    let order = |user: &serde_json::Value| (user["joinedAt"].to_string(), user["id"].to_string());
    let keys: Vec<_> = users.iter().map(order).collect();
    assert_eq!(keys.len(), 200);
    assert!(keys.windows(2).all(|pair| pair[0] > pair[1]), "not newest first");
}

#[tokio::test]
async fn users_are_for_staff() {
    let module = TestModule::seeded().await;
    let (member, _) = module.member("ada").await;
    let query = "{ users { nodes { id } } }";

    let guest = module.ask(&Viewer::default(), query, json!({})).await;
    let customer = module.ask(&member, query, json!({})).await;

    assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
    assert_eq!(customer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

#[tokio::test]
async fn seeding_twice_is_seeding_once_and_demo_accounts_can_sign_in() {
    let module = TestModule::seeded().await;
    crate::seed::seed(&module.platform.db, kit::seed::Scale(1), &|_, _, _| ()).await.expect("seeds");
    // A stranger may choose such an email; that makes nobody a demo account.
    module.sign_up("zoe@demo.example", "zoe").await;
    let port = module.platform.ports.get::<dyn DemoAccounts>().expect("provided");

    let accounts = port.demo_accounts().await.expect("answers");
    let login = json!({ "email": accounts[0].email, "password": port.demo_password() });
    let payload = module.sign_in(json!({ "password": login })).await;

    let roles: Vec<String> =
        accounts.iter().map(|account| crate::roles::name(account.role).to_owned()).collect();
    assert_eq!(
        roles,
        [
            "CUSTOMER",
            "CUSTOMER",
            "CUSTOMER",
            "SELLER",
            "SELLER",
            "SELLER",
            "SUPPORT",
            "MODERATOR",
            "ADMIN"
        ]
    );
    assert!(accounts.iter().all(|account| account.email != "zoe@demo.example"));
    assert_eq!(payload["account"]["email"], accounts[0].email);
}

#[tokio::test]
async fn a_database_without_demo_data_has_no_demo_accounts() {
    let module = TestModule::start().await;
    module.sign_up("zoe@demo.example", "zoe").await;
    let port = module.platform.ports.get::<dyn DemoAccounts>().expect("provided");

    assert_eq!(port.demo_accounts().await.expect("answers"), []);
}

#[tokio::test]
async fn other_roles_hold_at_once_and_only_administrators_give_them() {
    let module = TestModule::seeded().await;
    let (ada, payload) = module.member("ada").await;
    let admin = Viewer {
        account: Some(kit::seed::id(199)),
        user: Some(kit::seed::id(199)),
        roles: vec![Role::Admin],
        ..Viewer::default()
    };
    let query = "mutation($id: ID!, $roles: [Role!]!) { accountRolesSet(accountId: $id, roles: $roles) { \
                 account { roles } userErrors { code field } } }";
    let set = async |viewer: &Viewer, id: &str, roles: Value| {
        module.ask(viewer, query, json!({ "id": id, "roles": roles })).await
    };
    let id = ada.account.expect("signed in").to_string();

    let refused = set(&ada, &id, json!(["ADMIN"])).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    let given = set(&admin, &id, json!(["MODERATOR", "MODERATOR"])).await;
    assert_eq!(given["data"]["accountRolesSet"]["account"]["roles"], json!(["CUSTOMER", "MODERATOR"]));
    let now = module.viewer(&payload).await.expect("a good token").roles;
    assert_eq!(now, [Role::Customer, Role::Moderator], "the token is the old one");
    let unknown = set(&admin, "acct_nobody", json!(["ADMIN"])).await;
    assert_eq!(unknown["data"]["accountRolesSet"]["userErrors"][0]["code"], "NOT_FOUND");
    let own = set(&admin, &admin.account.expect("signed in").to_string(), json!(["CUSTOMER"])).await;
    assert_eq!(own["data"]["accountRolesSet"]["userErrors"][0]["code"], "FORBIDDEN_TRANSITION");
}
