//! Changing one's profile.

use futures_util::future::join_all;
use serde_json::{Value, json};
use tests::{Client, on_each_database};

use super::{data, rows, somebody};

const UPDATE: &str = "mutation($input: AccountUpdateInput!) { accountUpdate(input: $input) { account { \
    locale currency version user { displayName bio } } userErrors { __typename code field message ... \
    on VersionConflictError { currentVersion } } } }";

const PROFILE: &str = "{ me { locale currency version user { displayName bio } } }";

const TABLES: [&str; 1] = ["events"];

async fn update(client: &Client, input: Value) -> Value {
    data(client, UPDATE, json!({ "input": input })).await["accountUpdate"].take()
}

async fn profile(client: &Client) -> Value {
    data(client, PROFILE, json!({})).await["me"].take()
}

#[tokio::test]
async fn a_profile_changes_where_it_is_told_to_and_stays_otherwise() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let account = |locale: &str, currency: &str, version: i32, name: &str, bio: Value| {
            let user = json!({ "displayName": name, "bio": bio });
            json!({ "locale": locale, "currency": currency, "version": version, "user": user })
        };

        let all = json!({ "displayName": " Ada L. ", "bio": "Line one\nline two", "locale": "pt-BR",
            "currency": "JPY", "expectedVersion": 1 });
        let all = update(&ada, all).await;
        let name = update(&ada, json!({ "displayName": "Ada K." })).await;
        let nulls = json!({ "displayName": null, "bio": null, "locale": null, "currency": null });
        let nulls = update(&ada, nulls).await;

        let bio = json!("Line one\nline two");
        let done = |account: Value| json!({ "account": account, "userErrors": [] });
        assert_eq!(all, done(account("pt-BR", "JPY", 2, "Ada L.", bio.clone())));
        assert_eq!(name, done(account("pt-BR", "JPY", 3, "Ada K.", bio)));
        assert_eq!(
            nulls,
            done(account("pt-BR", "JPY", 4, "Ada K.", Value::Null)),
            "null removes the bio only"
        );
        assert_eq!(profile(&ada).await, nulls["account"]);
        let public = "{ user(by: { handle: \"ada\" }) { displayName bio } }";
        let public = data(&app.guest(), public, json!({})).await;
        assert_eq!(public, json!({ "user": { "displayName": "Ada K.", "bio": null } }));
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn every_broken_rule_of_a_profile_is_named_by_its_field_and_nothing_changes() {
    let name = "a display name has 1 to 80 characters, all of them printable";
    let bio = "a bio has at most 500 characters, printable ones and line breaks";
    let locale = "a locale is a language tag, e.g. en or pt-BR";
    let cases = [
        ("displayName", String::new(), name),
        ("displayName", " \n ".to_owned(), name),
        ("displayName", "a".repeat(81), name),
        ("displayName", "a\0b".to_owned(), name),
        ("bio", "a".repeat(501), bio),
        ("bio", "bell\u{7}".to_owned(), bio),
        ("bio", "a\0b".to_owned(), bio),
        ("locale", String::new(), locale),
        ("locale", "en_US".to_owned(), locale),
        ("locale", "english".to_owned(), locale),
        ("locale", "en-".to_owned(), locale),
    ];

    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let (before, profile_before) = (rows(&app, TABLES).await, profile(&ada).await);

        for (field, bad, message) in &cases {
            // A good field beside the bad one changes nothing either.
            let mut input = json!({ "displayName": "Good", "currency": "USD" });
            input[*field] = json!(bad);
            let error = json!({ "__typename": "GenericError", "code": "INVALID", "field": [field],
                "message": message });
            assert_eq!(
                update(&ada, input).await,
                json!({ "account": null, "userErrors": [error] }),
                "{field} {bad:?}"
            );
        }
        let currency = ada.ask(UPDATE, json!({ "input": { "currency": "XYZ" } })).await;

        assert_eq!(currency["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{currency}");
        assert_eq!(rows(&app, TABLES).await, before);
        assert_eq!(profile(&ada).await, profile_before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_stale_version_is_a_conflict_that_names_the_current_one() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        update(&ada, json!({ "displayName": "First", "expectedVersion": 1 })).await;
        let before = (rows(&app, TABLES).await, profile(&ada).await);

        for stale in [1, 0, 3, -1] {
            let payload =
                update(&ada, json!({ "displayName": "Second", "expectedVersion": stale })).await;
            let conflict = json!({ "__typename": "VersionConflictError", "code": "VERSION_CONFLICT",
                "field": ["expectedVersion"], "message": "changed meanwhile: the version is now 2",
                    "currentVersion": 2 });
            assert_eq!(payload, json!({ "account": null, "userErrors": [conflict] }));
        }

        assert_eq!((rows(&app, TABLES).await, profile(&ada).await), before);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn of_twenty_changes_at_once_to_one_version_exactly_one_wins() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let names: Vec<String> = (0..20).map(|number| format!("Ada {number}")).collect();
        let change = |name: &str| update(&ada, json!({ "displayName": name, "expectedVersion": 1 }));

        let payloads = join_all(names.iter().map(|name| change(name))).await;

        let winners: Vec<&Value> =
            payloads.iter().filter(|payload| payload["userErrors"] == json!([])).collect();
        let losers = payloads.iter().filter(|payload| payload["userErrors"][0]["currentVersion"] == 2);
        assert_eq!((winners.len(), losers.count()), (1, 19), "{payloads:?}");
        assert_eq!(winners[0]["account"]["version"], 2);
        assert_eq!(profile(&ada).await, winners[0]["account"]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn twenty_changes_at_once_without_a_version_all_count() {
    on_each_database(async |app| {
        let ada = somebody(&app, "ada").await;
        let names: Vec<String> = (0..20).map(|number| format!("Ada {number}")).collect();
        let change = |name: &str| update(&ada, json!({ "displayName": name }));

        let payloads = join_all(names.iter().map(|name| change(name))).await;

        let mut versions: Vec<i64> =
            payloads.iter().filter_map(|payload| payload["account"]["version"].as_i64()).collect();
        versions.sort_unstable();
        assert_eq!(versions, (2..=21).collect::<Vec<i64>>());
        let last =
            payloads.iter().find(|payload| payload["account"]["version"] == 21).expect("the last");
        assert_eq!(profile(&ada).await, last["account"]);
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_guest_changes_nothing() {
    on_each_database(async |app| {
        let before = rows(&app, TABLES).await;

        let answer = app.guest().ask(UPDATE, json!({ "input": { "displayName": "Nobody" } })).await;

        assert_eq!(answer["data"], json!({ "accountUpdate": null }));
        assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
        assert_eq!(rows(&app, TABLES).await, before);
        app.stop().await;
    })
    .await;
}
