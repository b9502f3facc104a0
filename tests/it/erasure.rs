//! The end of an account through the front door: it is scheduled, taken back,
//! carried out, and nothing personal is left anywhere.

use std::{path::Path, time::Duration};

use futures_util::future::join_all;
use gateway::Config;
use kit::ids::{ProductId, UserId};
use sea_orm::{ConnectionTrait as _, DbBackend, Statement};
use serde_json::{Value, json};
use tests::{Client, TestApp, execute, on_each_database, on_each_database_with};

use crate::{
    accounts::{PASSWORD, data, somebody},
    instances::beside,
};

const SET: &str = "mutation($scheduled: Boolean!, $password: String, $code: String) { \
    accountDeletionSet(scheduled: $scheduled, password: $password, code: $code) { account { \
    deletionScheduledAt version } userErrors { code field message } } }";

const EMAIL: &str = "zitherina@example.com";

const FILE: &[u8] = b"plain words of Vera Verschwind, uploaded once";

async fn rows(app: &TestApp, sql: &str) -> Vec<String> {
    let db = app.app().db().read();
    let statement = Statement::from_string(db.get_database_backend(), sql);
    let rows = db.query_all_raw(statement).await.expect(sql);
    let text = |row: &sea_orm::QueryResult| match row.try_get_by_index::<Option<String>>(0) {
        Ok(text) => text.unwrap_or_default(),
        // SQLite keeps some documents in a form of its own.
        Err(_) => {
            let bytes: Vec<u8> = row.try_get_by_index(0).expect("bytes");
            String::from_utf8_lossy(&bytes).into_owned()
        }
    };
    rows.iter().map(text).collect()
}

/// Every row of every table, as one text each.
async fn everything(app: &TestApp) -> Vec<(String, String)> {
    let is_postgres = app.app().db().read().get_database_backend() == DbBackend::Postgres;
    let tables = match is_postgres {
        true => "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'",
        false => "SELECT name FROM sqlite_master WHERE type = 'table'",
    };
    let mut found = Vec::new();
    for table in rows(app, tables).await {
        let dump = match is_postgres {
            true => format!("SELECT t::text FROM \"{table}\" t"),
            false => {
                let columns = rows(app, &format!("SELECT name FROM pragma_table_info('{table}')")).await;
                let columns: Vec<String> = columns
                    .iter()
                    .map(|column| format!("COALESCE(CAST(\"{column}\" AS TEXT), '')"))
                    .collect();
                format!("SELECT {} FROM \"{table}\"", columns.join(" || ' | ' || "))
            }
        };
        found.extend(rows(app, &dump).await.into_iter().map(|row| (table.clone(), row)));
    }
    found
}

/// The contents of all files below a folder.
fn files(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.path() {
            path if path.is_dir() => files(&path, found),
            path => found.push(String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into()),
        }
    }
}

/// Where any of these texts stands: in a table, a stored file, or a mail.
async fn traces(app: &TestApp, texts: &[&str]) -> Vec<String> {
    let texts: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let tell = |place: &str, content: &str| {
        let content = content.to_lowercase();
        let hit = texts.iter().find(|text| content.contains(text.as_str()));
        hit.map(|hit| format!("{place}: {hit}"))
    };
    let mut found: Vec<String> =
        everything(app).await.iter().filter_map(|(table, row)| tell(table, row)).collect();
    for (place, folder) in [("files", app.files()), ("outbox", app.outbox())] {
        let mut contents = Vec::new();
        files(folder, &mut contents);
        // What others were mailed is theirs.
        contents.retain(|content| place == "files" || content.contains(EMAIL));
        found.extend(contents.iter().filter_map(|content| tell(place, content)));
    }
    found.sort_unstable();
    found.dedup();
    found
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never: {what}");
}

/// Whose day comes when the test says so; then a pause that is long enough for
/// what runs beside it.
fn slowly(config: &mut Config) {
    config.auth.deletion_grace = Duration::from_secs(60 * 60);
    config.auth.deletion_pause = Duration::from_millis(1_500);
}

/// Has the day come of all who asked for it.
async fn day_comes(app: &TestApp) {
    let due = "UPDATE accounts SET deletion_scheduled_at = 1 WHERE deletion_scheduled_at IS NOT NULL";
    execute(app, due).await;
}

async fn payload(client: &Client, mutation: &str, variables: Value) -> Value {
    let mut answer = data(client, mutation, variables).await;
    let Some((_, payload)) = answer.as_object_mut().and_then(|data| data.iter_mut().next()) else {
        panic!("a payload: {answer}");
    };
    assert!(
        payload.get("userErrors").is_none_or(|errors| *errors == json!([])),
        "{mutation}: {payload}"
    );
    payload.take()
}

async fn schedule(client: &Client, password: &str) -> Value {
    let variables = json!({ "scheduled": true, "password": password });
    data(client, SET, variables).await["accountDeletionSet"].take()
}

/// Leaves something of Vera in every module.
async fn live(app: &TestApp, vera: &Client, other: &Client) {
    payload(
        vera,
        "mutation { accountUpdate(input: { displayName: \"Vera Verschwind\", bio: \"I collect zithers\" \
            }) { userErrors { code } } }",
        json!({}),
    )
    .await;
    payload(
        vera,
        "mutation { addressSave(input: { address: { name: \"Vera Verschwind\", lines: \
            [\"Geheimgasse 77\"], city: \"Linz\", country: \"AT\" } }) { userErrors { code } } }",
        json!({}),
    )
    .await;
    payload(vera, "mutation { mfaEnroll(kind: TOTP) { userErrors { code } } }", json!({})).await;
    let product: ProductId = kit::seed::id(0);
    payload(
        vera,
        "mutation($id: ID!) { reviewSave(productId: $id, stars: 2, body: \"Squeaks like a zither\") { \
            userErrors { code } } }",
        json!({ "id": product }),
    )
    .await;
    payload(
        vera,
        "mutation($id: ID!) { favouriteSet(productId: $id, favourite: true) { userErrors { code } } }",
        json!({ "id": product }),
    )
    .await;
    let variants =
        "query($id: ID!) { product(by: { id: $id }) { variants(first: 1) { nodes { id } } } }";
    let variants = data(vera, variants, json!({ "id": product })).await;
    payload(
        vera,
        "mutation($variant: ID!) { cartCreate(lines: [{ variantId: $variant, note: \"For my zither\" }]) { \
            userErrors { code } } cartShippingAddressSet(address: { name: \"Vera Verschwind\", lines: \
            [\"Geheimgasse 77\"], city: \"Linz\", country: \"AT\" }) { userErrors { code } } }",
        json!({ "variant": variants["product"]["variants"]["nodes"][0]["id"] }),
    )
    .await;
    payload(
        vera,
        "mutation { pushDeviceRegister(token: \"veras-phone-token\", platform: \"ios\") { userErrors { \
            code } } }",
        json!({}),
    )
    .await;
    payload(
        vera,
        "mutation { notificationPreferenceSet(kind: \"message.*\", channels: [IN_APP, PUSH]) { \
            userErrors { code } } }",
        json!({}),
    )
    .await;

    let create = "mutation($size: Long!) { uploadCreate(filename: \"veras-diary.txt\", mediaType: \
        \"text/plain\", size: $size) { slot { id url } userErrors { code } } }";
    let slot = payload(vera, create, json!({ "size": FILE.len() })).await["slot"].take();
    let put = vera.put(slot["url"].as_str().expect("an address"), FILE).await;
    assert_eq!(put.status.as_u16(), 200, "{:?}", put.json());

    let me = data(other, "{ me { user { id } } }", json!({})).await["me"]["user"]["id"].take();
    let open = "mutation($to: ID!) { conversationOpen(memberIds: [$to]) { conversation { id } userErrors \
        { code } } }";
    let talk = payload(vera, open, json!({ "to": me })).await["conversation"]["id"].take();
    let send = "mutation($input: MessageSendInput!) { messageSend(input: $input) { message { id } \
        userErrors { code } } }";
    let input = |body: &str, name: &str, uploads: Value| {
        let input =
            json!({ "conversationId": talk, "body": body, "clientId": name, "uploadIds": uploads });
        json!({ "input": input })
    };
    payload(vera, send, input("My secret is Geheimnis-4711", "veras-first", json!([slot["id"]]))).await;
    let answer = payload(other, send, input("Oh.", "theirs", json!([]))).await["message"]["id"].take();
    let react = "mutation($id: ID!) { messageReact(id: $id, emoji: \"🪕\", on: true) { userErrors { code \
        } } }";
    payload(vera, react, json!({ "id": answer })).await;
    let report = "mutation($id: ID!) { messageReport(id: $id, reason: \"Too curt for a zither\") }";
    data(vera, report, json!({ "id": answer })).await;
    let (name, street) = ("Vera Verschwind", "Geheimgasse 77");
    crate::orders::leave_a_trace(app, vera, name, street, "It is no zither").await;
    // Somebody types Vera's email at the wrong place, too.
    data(&app.guest(), "mutation { passwordResetRequest(email: \"zitherina@example.com\") }", json!({}))
        .await;
}

#[tokio::test]
async fn an_erased_accounts_personal_data_is_in_no_table_file_or_mail() {
    const TRACES: [&str; 11] = [
        "zitherina",
        "Verschwind",
        "zither",
        "Geheimgasse",
        "Geheimnis-4711",
        "veras-first",
        "veras-phone-token",
        "veras-diary",
        "Zitherbrowser/1.0",
        "plain words of",
        "🪕",
    ];
    on_each_database_with(slowly, async |app| {
        somebody(&app, "zitherina").await;
        let browser = app.guest().named("Zitherbrowser/1.0");
        let vera = browser.sign_in("zitherina@example.com", PASSWORD).await;
        let other = somebody(&app, "otto").await;
        live(&app, &vera, &other).await;
        let before = traces(&app, &TRACES).await;
        for place in [
            "users",
            "accounts",
            "sessions",
            "addresses",
            "reviews",
            "messages",
            "uploads",
            "carts",
            "cart_lines",
            "orders",
        ] {
            assert!(before.iter().any(|trace| trace.starts_with(place)), "{place}: {before:?}");
        }
        let ids = data(&vera, "{ me { id user { id } } }", json!({})).await["me"].take();

        schedule(&vera, PASSWORD).await;
        eventually("the day is mailed", async || {
            let mut mails = Vec::new();
            files(app.outbox(), &mut mails);
            mails.iter().any(|mail| mail.contains(EMAIL) && mail.contains("will be deleted"))
        })
        .await;
        day_comes(&app).await;

        let (account, user) = (&ids["id"], &ids["user"]["id"]);
        let kept = format!(
            "SELECT 'upload' FROM uploads WHERE account_id = '{account}' \
             UNION ALL SELECT 'notification' FROM notifications WHERE account_id = '{account}' \
             UNION ALL SELECT 'review' FROM reviews WHERE author_id = '{user}' \
             UNION ALL SELECT 'message' FROM messages WHERE sender_id = '{user}' AND state = 'VISIBLE' \
             UNION ALL SELECT 'account' FROM accounts WHERE id = '{account}'",
            account = account.as_str().expect("an id"),
            user = user.as_str().expect("an id"),
        );
        eventually("all modules have heard of it", async || rows(&app, &kept).await.is_empty()).await;
        eventually("no trace is left", async || traces(&app, &TRACES).await.is_empty()).await;
        let standing = vera.post(json!({ "query": "{ me { id } }" })).await;
        assert_eq!(standing.status.as_u16(), 401);

        // The others' side of it stands.
        let conversations = "{ me { conversations(first: 5) { nodes { members { user { displayName } } \
            messages(first: 5) { nodes { body state sender { displayName } } } } } } }";
        let talk =
            data(&other, conversations, json!({})).await["me"]["conversations"]["nodes"][0].take();
        let messages = talk["messages"]["nodes"].as_array().expect("messages").clone();
        let states: Vec<(Value, Value)> =
            messages.iter().map(|message| (message["state"].clone(), message["body"].clone())).collect();
        assert_eq!(states, [(json!("VISIBLE"), json!("Oh.")), (json!("DELETED"), json!(""))], "{talk}");
        assert_eq!(messages[1]["sender"]["displayName"], "Deleted user");
        let user = "query($id: ID!) { node(id: $id) { ... on User { displayName bio avatarUrl } } }";
        let profile = data(&other, user, json!({ "id": ids["user"]["id"] })).await["node"].take();
        assert_eq!(profile, json!({ "displayName": "Deleted user", "bio": null, "avatarUrl": null }));
        let stars =
            rows(&app, "SELECT CAST(count(*) AS text) FROM reviews WHERE body = '' AND stars = 2");
        assert_eq!(stars.await, ["1"], "the stars stay");

        let amounts = "SELECT CAST(count(*) AS text) FROM orders WHERE total > 0 AND account_id IS NULL AND \
            shipping_address IS NULL AND billing_address IS NULL";
        assert_eq!(rows(&app, amounts).await, ["1"], "the amounts stay");

        // The email is free again, and opens nothing of before.
        let again = somebody(&app, "zitherina").await;
        let again = data(&again, "{ me { id } }", json!({})).await["me"]["id"].take();
        assert_ne!(again, ids["id"]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_erased_sellers_shop_is_closed_and_its_products_are_off_sale() {
    on_each_database_with(slowly, async |app| {
        let seller = app.seller(4).await;
        let shop = data(
            &seller,
            "{ me { user { id seller { id name products(first: 1) { totalCount } } } } }",
            json!({}),
        )
        .await["me"]["user"]
            .take();
        let user = shop["id"].as_str().expect("an id").parse::<UserId>().expect("a user");
        assert!(shop["seller"]["products"]["totalCount"].as_i64() > Some(0), "{shop}");
        let counted = "mutation { productSave(input: { title: \"Lamp\", variants: [{ sku: \"LAMP\", \
            optionValues: [], prices: [], onHand: 3 }] }) { userErrors { code } } }";
        assert_eq!(data(&seller, counted, json!({})).await["productSave"]["userErrors"], json!([]));
        let counters =
            "SELECT DISTINCT COALESCE(account_id, '') || reason FROM stock_changes WHERE delta = 3";
        assert_ne!(rows(&app, counters).await, [""]);

        schedule(&seller, "weft-demo-2026").await;
        day_comes(&app).await;

        let id = shop["seller"]["id"].as_str().expect("an id");
        let on_sale = format!(
            "SELECT CAST(count(*) AS text) FROM products WHERE seller_id = '{id}' AND status <> 'ARCHIVED'"
        );
        eventually("products are off sale", async || rows(&app, &on_sale).await == ["0"]).await;
        assert_eq!(rows(&app, counters).await, [""], "what was counted, whoever counted it");
        let answers = format!(
            "SELECT reply FROM reviews WHERE reply IS NOT NULL AND product_id IN (SELECT id FROM products \
             WHERE seller_id = '{id}')"
        );
        assert_eq!(rows(&app, &answers).await, Vec::<String>::new());
        let closed = format!("SELECT status || ' ' || name FROM sellers WHERE user_id = '{user}'");
        assert_eq!(rows(&app, &closed).await, ["CLOSED Closed shop"]);
        let public = "query($id: ID!) { products(filter: { sellerId: $id }) { totalCount } }";
        assert_eq!(data(&app.guest(), public, json!({ "id": id })).await["products"]["totalCount"], 0);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn scheduling_needs_the_password_and_taking_it_back_only_the_session() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let error = |code: &str, field: &str, message: &str| {
            json!({ "account": null, "userErrors": [{ "code": code, "field": [field], "message": message }] })
        };

        let without = data(&ada, SET, json!({ "scheduled": true })).await["accountDeletionSet"].take();
        let wrong = schedule(&ada, "not the password").await;
        let guest = app.guest().ask(SET, json!({ "scheduled": false })).await;

        assert_eq!(without, error("INVALID", "password", "give the account's password"));
        assert_eq!(wrong, error("BAD_CREDENTIALS", "password", "this is not the password"));
        assert_eq!(guest["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        let day = "SELECT CAST(deletion_scheduled_at AS text) FROM accounts WHERE email = 'ada@example.com'";
        assert_eq!(rows(&app, day).await, [""], "nothing changed");

        let scheduled = schedule(&ada, PASSWORD).await["account"].take();
        let again = schedule(&ada, PASSWORD).await["account"].take();
        let kept = data(&ada, SET, json!({ "scheduled": false })).await["accountDeletionSet"].take();
        let kept_again = data(&ada, SET, json!({ "scheduled": false })).await["accountDeletionSet"].take();

        assert!(scheduled["deletionScheduledAt"].is_string(), "{scheduled}");
        assert_eq!(again, scheduled, "a day that is set stays");
        assert_eq!(kept["account"]["deletionScheduledAt"], Value::Null);
        assert_eq!(kept_again, kept);
        let feed = "{ me { notifications(first: 10) { nodes { kind title } } } }";
        eventually("both are told", async || {
            let feed = data(&ada, feed, json!({})).await["me"]["notifications"]["nodes"].take();
            let feed = feed.as_array().expect("a list").clone();
            let told = feed.iter().filter(|node| node["kind"] == "account.deletion").count();
            let day = scheduled["deletionScheduledAt"].as_str().expect("a day")[..10].to_owned();
            let title = json!(format!("Your account will be deleted on {day}"));
            told == 2 && feed.iter().any(|node| node["title"] == title)
        })
        .await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn what_shows_whose_account_it_is_is_bounded_and_so_are_wrong_tries() {
    on_each_database_with(|config| config.limits.enabled = false, async |app| {
        let ada = somebody(&app, "ada").await;
        let code = async |password: &str| {
            let variables = json!({ "scheduled": true, "password": password });
            let payload = data(&ada, SET, variables).await["accountDeletionSet"].take();
            payload["userErrors"][0]["code"].as_str().unwrap_or("OK").to_owned()
        };

        for wrong in [String::new(), "x".repeat(129), "x".repeat(100_000)] {
            assert_eq!(code(&wrong).await, "BAD_CREDENTIALS", "{} letters", wrong.len());
        }
        for _ in 3..20 {
            assert_eq!(code("wrong horse battery").await, "BAD_CREDENTIALS");
        }
        assert_eq!(code("wrong horse battery").await, "LIMIT_EXCEEDED", "the 21st");
        assert_eq!(code(PASSWORD).await, "LIMIT_EXCEEDED", "a right one reads the same");

        let day = "SELECT CAST(deletion_scheduled_at AS text) FROM accounts WHERE email = 'ada@example.com'";
        assert_eq!(rows(&app, day).await, [""], "nothing changed");
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn an_account_that_can_not_be_erased_holds_up_nobody() {
    on_each_database_with(slowly, async |app| {
        for name in ["ada", "bob"] {
            schedule(&somebody(&app, name).await, PASSWORD).await;
        }
        let is_postgres = app.app().db().read().get_database_backend() == DbBackend::Postgres;
        let refuse = match is_postgres {
            true => vec![
                "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$",
                "CREATE TRIGGER refuse BEFORE DELETE ON accounts FOR EACH ROW \
                 WHEN (OLD.email = 'ada@example.com') EXECUTE FUNCTION refuse()",
            ],
            false => vec![
                "CREATE TRIGGER refuse BEFORE DELETE ON accounts WHEN OLD.email = 'ada@example.com' \
                 BEGIN SELECT RAISE(ABORT, 'no'); END",
            ],
        };
        for statement in refuse {
            execute(&app, statement).await;
        }

        let due = "UPDATE accounts SET deletion_scheduled_at = CASE email WHEN 'ada@example.com' THEN 1 ELSE 2 \
                   END WHERE deletion_scheduled_at IS NOT NULL";
        execute(&app, due).await;

        let left = "SELECT email FROM accounts WHERE email IN ('ada@example.com', 'bob@example.com')";
        eventually("bob is erased", async || rows(&app, left).await == ["ada@example.com"]).await;
        execute(&app, if is_postgres { "DROP TRIGGER refuse ON accounts" } else { "DROP TRIGGER refuse" }).await;
        eventually("ada is erased", async || rows(&app, left).await.is_empty()).await;
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn until_its_day_an_account_stays_and_on_it_every_session_ends_once_on_all_gateways() {
    on_each_database_with(slowly, async |app| {
        let second = beside(&app, slowly).await;
        let guest = Client::new(second.router());
        let people: Vec<Client> =
            join_all(["ada", "bob", "cyd", "dan"].map(|name| somebody(&app, name))).await;
        let other = guest.sign_in("ada@example.com", PASSWORD).await;
        for person in &people {
            schedule(person, PASSWORD).await;
        }
        let standing = async |client: &Client| {
            client.post(json!({ "query": "{ me { id } }" })).await.status.as_u16()
        };
        assert_eq!(standing(&people[0]).await, 200, "the day has not come");

        day_comes(&app).await;

        let erased = "SELECT subject FROM events WHERE kind = 'account.erased'";
        eventually("all are erased", async || rows(&app, erased).await.len() >= 4).await;
        for client in people.iter().chain([&other]) {
            eventually("the session has ended", async || standing(client).await == 401).await;
        }
        let mut subjects = rows(&app, erased).await;
        subjects.sort_unstable();
        subjects.dedup();
        assert_eq!((subjects.len(), rows(&app, erased).await.len()), (4, 4), "each once");
        let refused = guest
            .ask(
                "mutation { sessionSignIn(input: { method: { password: { email: \"ada@example.com\", \
                    password: \"correct horse battery\" } } }) { userErrors { code } } }",
                json!({}),
            )
            .await;
        assert_eq!(refused["data"]["sessionSignIn"]["userErrors"][0]["code"], "BAD_CREDENTIALS");
        second.stop().await;
        app.stop().await;
    })
    .await;
}
