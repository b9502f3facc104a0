//! The audit log through the front door: what is in it, who reads it, and that
//! nobody changes it unseen.

mod tampering;

use std::{collections::BTreeMap, time::Duration};

use futures_util::future::join_all;
use gateway::Config;
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};
use tests::{Client, TestApp, execute, number, on_each_database, on_each_database_with};

use crate::accounts::{
    access::{ACCESS, clients, outcome, variables},
    data, new, somebody,
};

const ENTRIES: &str = "query($kind: String, $actor: ID, $action: String, $subject: ID, $at: DateRange, \
    $first: Int, $after: String) { auditEntries(kind: $kind, actorId: $actor, action: $action, \
    subjectId: $subject, at: $at, first: $first, after: $after) { nodes { id action actorId \
    actor { user { handle } } facts { kind subjectId data } } pageInfo { hasNextPage endCursor } \
    totalCount } }";

/// Waits until everything that was told is in the log.
async fn caught_up(app: &TestApp) {
    const MISSING: &str = "SELECT count(*) FROM events WHERE act IS NOT NULL \
        AND sequence NOT IN (SELECT event FROM audit_records)";
    for _ in 0..3_000 {
        if number(app, MISSING).await == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the audit log does not catch up");
}

async fn admin(app: &TestApp) -> Client {
    app.sign_in("alma-admin@demo.example").await
}

/// The entries, as everything that was told is in them.
async fn entries(app: &TestApp, reader: &Client, variables: Value) -> Vec<Value> {
    caught_up(app).await;
    let mut page = data(reader, ENTRIES, variables).await["auditEntries"].take();
    let Value::Array(nodes) = page["nodes"].take() else { panic!("a list: {page}") };
    nodes
}

/// Kinds and subjects of an entry's facts.
fn told(entry: &Value) -> Vec<(String, Value)> {
    let facts = entry["facts"].as_array().expect("facts");
    let told =
        |fact: &Value| (fact["kind"].as_str().unwrap_or_default().to_owned(), fact["data"].clone());
    facts.iter().map(told).collect()
}

/// Notes in a table of its own which operation changes a row, other than what
/// handlers and workers do beside it.
async fn watch_rows(app: &TestApp) {
    let is_postgres = app.app().db().read().get_database_backend() == DbBackend::Postgres;
    execute(app, "CREATE TABLE touched (name text NOT NULL)").await;
    let tables = match is_postgres {
        true => {
            execute(
                app,
                "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 INSERT INTO touched VALUES (TG_TABLE_NAME); RETURN NULL; END $$",
            )
            .await;
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'"
        }
        false => "SELECT name FROM sqlite_master WHERE type = 'table'",
    };
    let db = app.app().db().read();
    let rows = db.query_all_raw(Statement::from_string(db.get_database_backend(), tables)).await;
    for row in rows.expect("tables") {
        let table: String = row.try_get_by_index(0).expect("a name");
        let is_others = [
            "audit_",
            "event_",
            "mailed_tokens",
            // What guests ask for changes nothing.
            "passkey_challenges",
            "notification",
            "webhook_deliveries",
            "sqlite_",
            "touched",
        ]
        .iter()
        .any(|prefix| table.starts_with(prefix));
        if is_others {
            continue;
        }
        let when = if table == "events" { "WHEN (NEW.act IS NOT NULL)" } else { "" };
        for change in ["INSERT", "UPDATE", "DELETE"] {
            if table == "events" && change != "INSERT" {
                continue;
            }
            let body = match is_postgres {
                true => "EXECUTE FUNCTION touch()".to_owned(),
                false => format!("BEGIN INSERT INTO touched VALUES ('{table}'); END"),
            };
            let trigger = format!(
                "CREATE TRIGGER touch_{table}_{change} AFTER {change} ON {table} FOR EACH ROW {when} {body}"
            );
            execute(app, &trigger).await;
        }
    }
}

#[tokio::test]
async fn every_mutation_that_changed_a_row_has_exactly_one_entry() {
    // Everybody comes from one address.
    let patient = |config: &mut Config| config.limits.attempts.address.points = 1_000;
    on_each_database_with(patient, async |app| {
        let clients = clients(&app).await;
        let mut variables = variables(&app, &clients[2]).await;
        let served = app.serve().await;
        caught_up(&app).await;
        let before = number(&app, "SELECT count(*) FROM audit_records").await;
        watch_rows(&app).await;
        let mut changed: BTreeMap<&str, i64> = BTreeMap::new();
        let mut silent = Vec::new();

        for (field, operation, _) in ACCESS.iter().filter(|row| row.1.starts_with("mutation")) {
            for (index, client) in clients.iter().enumerate() {
                variables["new"] = new(&format!("audited-{index}"));
                execute(&app, "DELETE FROM touched").await;
                outcome(client, &served, operation, &variables).await;
                if number(&app, "SELECT count(*) FROM touched").await > 0 {
                    *changed.entry(field).or_default() += 1;
                } else {
                    silent.push(*field);
                }
            }
        }
        // What the table asks of things that are somebody else's.
        let open = "mutation($somebody: ID!) { conversationOpen(memberIds: [$somebody]) { conversation { \
            id } } }";
        let somebody = json!({ "somebody": variables["somebody"] });
        let talk = data(&clients[1], open, somebody).await["conversationOpen"]["conversation"]["id"].take();
        let talk = talk.as_str().expect("an id");
        let send = format!(
            "mutation {{ messageSend(input: {{ conversationId: \"{talk}\", body: \"Hi\", clientId: \"1\" }}) \
             {{ message {{ id }} }} }}"
        );
        let message = data(&clients[1], &send, json!({})).await["messageSend"]["message"]["id"].take();
        *changed.entry("messageSend").or_default() += 1;
        let message = message.as_str().expect("an id");
        let own = [
            ("messageSend", send.clone()),
            ("messageEdit", format!("mutation {{ messageEdit(id: \"{message}\", body: \"Ho\") {{ message {{ id }} }} }}")),
            ("messageEdit", format!("mutation {{ messageEdit(id: \"{message}\", body: \"Ho\") {{ message {{ id }} }} }}")),
            ("messageReact", format!("mutation {{ messageReact(id: \"{message}\", emoji: \"👍\", on: true) {{ message {{ id }} }} }}")),
            ("conversationMute", format!("mutation {{ conversationMute(id: \"{talk}\", muted: true) {{ userErrors {{ code }} }} }}")),
            ("conversationMarkRead", format!("mutation {{ conversationMarkRead(id: \"{talk}\", sequence: 1) {{ userErrors {{ code }} }} }}")),
            ("conversationTyping", format!("mutation {{ conversationTyping(id: \"{talk}\") }}")),
            ("messageDelete", format!("mutation {{ messageDelete(id: \"{message}\") {{ message {{ id }} }} }}")),
            ("userBlock", format!("mutation {{ userBlock(userId: {}, blocked: true) }}", variables["somebody"])),
            ("accountDeletionSet", "mutation { accountDeletionSet(scheduled: true, password: \"wrong\") { userErrors { code } } }".to_owned()),
            ("accountDeletionSet", "mutation { accountDeletionSet(scheduled: true, password: \"weft-demo-2026\") { userErrors { code } } }".to_owned()),
            ("accountDeletionSet", "mutation { accountDeletionSet(scheduled: false) { userErrors { code } } }".to_owned()),
            ("sessionRevoke", "mutation { sessionRevoke { userErrors { code } } }".to_owned()),
        ];
        for (field, operation) in &own {
            execute(&app, "DELETE FROM touched").await;
            clients[1].ask(operation, json!({})).await;
            if number(&app, "SELECT count(*) FROM touched").await > 0 {
                *changed.entry(field).or_default() += 1;
            } else {
                silent.push(*field);
            }
        }

        caught_up(&app).await;
        for (field, count) in &changed {
            let entries = format!(
                "SELECT count(*) FROM audit_records WHERE action = '{field}' AND sequence = entry \
                 AND sequence > {before}"
            );
            assert_eq!(number(&app, &entries).await, *count, "{field}");
        }
        for field in silent.iter().filter(|field| !changed.contains_key(**field)) {
            let entries = format!("SELECT count(*) FROM audit_records WHERE action = '{field}'");
            assert_eq!(number(&app, &entries).await, 0, "{field} changes nothing");
        }
        assert!(changed.len() > 28, "most mutations change something: {changed:?}");
        drop(served);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_entry_says_who_did_what_to_whom_and_is_found_by_each() {
    on_each_database(async |app| {
        let admin = admin(&app).await;
        let me = data(&admin, "{ me { id user { handle } } }", json!({})).await["me"].take();
        let customer = somebody(&app, "carla").await;
        let carla = data(&customer, "{ me { id } }", json!({})).await["me"]["id"].take();
        let set = "mutation($id: ID!) { accountRolesSet(accountId: $id, roles: [SUPPORT]) { userErrors { \
            code } } }";

        data(&admin, set, json!({ "id": carla })).await;

        let found = entries(&app, &admin, json!({ "action": "accountRolesSet" })).await;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["actorId"], me["id"]);
        assert_eq!(found[0]["actor"]["user"], me["user"]);
        assert_eq!(
            told(&found[0]),
            [(
                "account.roles_changed".to_owned(),
                json!({ "account": carla, "roles": ["CUSTOMER", "SUPPORT"] })
            )]
        );
        for by in [
            json!({ "actor": me["id"], "action": "accountRolesSet" }),
            json!({ "subject": carla, "kind": "account.roles_changed" }),
        ] {
            assert_eq!(entries(&app, &admin, by.clone()).await, found, "{by}");
        }
        let nothing = json!({ "subject": carla, "action": "productSave" });
        assert_eq!(entries(&app, &admin, nothing).await, Vec::<Value>::new());
        let node = "query($id: ID!) { node(id: $id) { ... on AuditEntry { id action } } }";
        let own = data(&admin, node, json!({ "id": found[0]["id"] })).await["node"].take();
        assert_eq!(own, json!({ "id": found[0]["id"], "action": "accountRolesSet" }));
        let others = data(&customer, node, json!({ "id": found[0]["id"] })).await["node"].take();
        assert_eq!(others, Value::Null);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn failed_sign_ins_and_refusals_are_told_without_what_was_typed() {
    on_each_database(async |app| {
        let admin = admin(&app).await;
        let customer = somebody(&app, "carla").await;
        let carla = data(&customer, "{ me { id } }", json!({})).await["me"]["id"].take();
        let sign_in = "mutation($input: SignInInput!) { sessionSignIn(input: $input) { userErrors { code } } }";
        let login = |email: &str| {
            let password = json!({ "email": email, "password": "typed-by-mistake" });
            json!({ "input": { "method": { "password": password } } })
        };

        data(&app.guest(), sign_in, login("carla@example.com")).await;
        data(&app.guest(), sign_in, login("nobody@example.com")).await;
        customer.ask("{ users { nodes { id } } again: users { nodes { id } } }", json!({})).await;
        customer
            .ask(
                "mutation($id: ID!) { accountRolesSet(accountId: $id, roles: [ADMIN]) { userErrors { code } } }",
                json!({ "id": carla }),
            )
            .await;

        let failed = entries(&app, &admin, json!({ "kind": "session.refused" })).await;
        let data: Vec<Value> = failed.iter().map(|entry| entry["facts"][0]["data"].clone()).collect();
        assert_eq!(
            data,
            [
                json!({ "account": null, "reason": "BAD_CREDENTIALS" }),
                json!({ "account": carla, "reason": "BAD_CREDENTIALS" })
            ]
        );
        let refused = entries(&app, &admin, json!({ "kind": "permission.refused" })).await;
        let told: Vec<(Value, Value, Value)> = refused
            .iter()
            .map(|entry| {
                let entry = entry.clone();
                let data = entry["facts"][0]["data"].clone();
                (entry["action"].clone(), entry["actorId"].clone(), data["permission"].clone())
            })
            .collect();
        assert_eq!(
            told,
            [
                (json!("accountRolesSet"), carla.clone(), json!("accounts:write")),
                (json!("users"), carla, json!("accounts:read"))
            ]
        );
        let typed = "SELECT count(*) FROM audit_records WHERE data LIKE '%@%' OR data LIKE '%mistake%'";
        assert_eq!(number(&app, typed).await, 0);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_one_act_makes_true_in_several_steps_is_one_entry() {
    on_each_database(async |app| {
        let admin = admin(&app).await;
        let both = "mutation { a: accountUpdate(input: { locale: \"de\" }) { userErrors { code } } \
            b: accountUpdate(input: { locale: \"en\" }) { userErrors { code } } \
            sessionRevoke { userErrors { code } } }";

        app.sign_in("alma-admin@demo.example").await;
        data(&admin, both, json!({})).await;

        let updates = entries(&app, &admin, json!({ "action": "accountUpdate" })).await;
        assert_eq!(updates.len(), 2, "each root field is an act of its own");
        let ended = entries(&app, &admin, json!({ "action": "sessionRevoke" })).await;
        assert_eq!(ended.len(), 1);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn two_gateways_make_one_chain() {
    on_each_database(async |app| {
        let (second, guest) = app.beside().await;
        let admins =
            [admin(&app).await, guest.sign_in("alma-admin@demo.example", "weft-demo-2026").await];
        let update = "mutation { accountUpdate(input: { locale: \"en\" }) { userErrors { code } } }";

        join_all((0..40).map(|index| data(&admins[index % 2], update, json!({})))).await;

        let found = json!({ "action": "accountUpdate", "first": 100 });
        assert_eq!(entries(&app, &admins[0], found).await.len(), 40);
        let gaps = "SELECT max(sequence) - count(*) FROM audit_records";
        assert_eq!(number(&app, gaps).await, 0);
        assert!(tampering::verify(&app).0, "{:?}", tampering::verify(&app));
        second.stop().await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn entries_are_paged_newest_first_with_few_statements() {
    on_each_database(async |app| {
        let admin = admin(&app).await;
        let update = "mutation { accountUpdate(input: { locale: \"en\" }) { userErrors { code } } }";
        for _ in 0..5 {
            data(&admin, update, json!({})).await;
        }
        let all = entries(&app, &admin, json!({ "action": "accountUpdate" })).await;

        let mut walked = Vec::new();
        let mut after = Value::Null;
        loop {
            let variables = json!({ "action": "accountUpdate", "first": 2, "after": after });
            let mut page = data(&admin, ENTRIES, variables).await["auditEntries"].take();
            assert_eq!(page["totalCount"], 5);
            let Value::Array(nodes) = page["nodes"].take() else { panic!("a list") };
            walked.extend(nodes);
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = page["pageInfo"]["endCursor"].take();
        }
        let facts = "{ auditEntries { nodes { facts { kind } } } }";
        let (_, few) = app.statements(data(&admin, facts, json!({}))).await;
        let one = "{ auditEntries(first: 1) { nodes { facts { kind } } } }";
        let (_, fewer) = app.statements(data(&admin, one, json!({}))).await;

        assert_eq!(walked, all);
        assert_eq!(few, fewer, "statements don't grow with the rows");
        for (variables, message) in [
            (json!({ "after": "rubbish" }), "not a cursor of this list"),
            (json!({ "kind": "a\0" }), "no entry of the audit log has such a text"),
        ] {
            let refused = admin.ask(ENTRIES, variables).await;
            assert_eq!(refused["errors"][0]["message"], message);
        }
        for arguments in ["first: 101", "first: -1", "first: 1, last: 1"] {
            let query = format!("{{ auditEntries({arguments}) {{ nodes {{ id }} }} }}");
            let refused = admin.ask(&query, json!({})).await;
            assert_eq!(
                refused["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
                "{arguments}: {refused}"
            );
        }
        let of_a_product = json!({ "actor": "prod_01KCXKZQQ2WA0CPSVDR8PGTVQ5" });
        assert_eq!(entries(&app, &admin, of_a_product).await, Vec::<Value>::new());
        let backwards =
            json!({ "at": { "from": "2030-01-01T00:00:00Z", "to": "2020-01-01T00:00:00Z" } });
        assert_eq!(entries(&app, &admin, backwards).await, Vec::<Value>::new());
        app.stop().await;
    })
    .await;
}
