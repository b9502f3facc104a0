//! Whoever changes the audit log is found out: by the database, then by the
//! chain.

use sea_orm::{ConnectionTrait as _, DbBackend};
use serde_json::json;
use tests::{Process, TestApp, on_each_database};

use super::{admin, caught_up, execute, number};
use crate::accounts::data;

const TABLES: [&str; 2] = ["audit_records", "audit_subjects"];

/// Whether `weft audit verify` is content, and what it says.
pub(super) fn verify(app: &TestApp) -> (bool, String) {
    verify_with(app, &[])
}

fn verify_with(app: &TestApp, further: &[(&str, &str)]) -> (bool, String) {
    let mut settings = vec![("WEFT_DATABASE__URL", app.database_url())];
    settings.extend(further);
    let program = env!("CARGO_BIN_EXE_weft-under-test");
    let done = Process::command(program, &settings, &["audit", "verify"]);
    let said = [done.stdout, done.stderr].concat();
    (done.status.success(), String::from_utf8_lossy(&said).trim().to_owned())
}

/// Some records.
async fn with_records(app: &TestApp) -> i64 {
    let admin = admin(app).await;
    let update = "mutation { accountUpdate(input: { locale: \"en\" }) { userErrors { code } } }";
    for _ in 0..6 {
        data(&admin, update, json!({})).await;
    }
    caught_up(app).await;
    number(app, "SELECT max(sequence) FROM audit_records").await
}

/// Lets the test do what the database refuses.
async fn disarm(app: &TestApp) {
    for table in TABLES {
        match app.app().db().read().get_database_backend() {
            DbBackend::Postgres => {
                execute(app, &format!("ALTER TABLE {table} DISABLE TRIGGER USER")).await;
            }
            _ => {
                for change in ["UPDATE", "DELETE"] {
                    execute(app, &format!("DROP TRIGGER {table}_{change}")).await;
                }
            }
        }
    }
}

#[tokio::test]
async fn the_database_refuses_to_change_or_delete_records() {
    on_each_database(async |app| {
        let last = with_records(&app).await;
        let db = app.app().db().write();

        for table in TABLES {
            for statement in
                [format!("UPDATE {table} SET entry = entry + 1"), format!("DELETE FROM {table}")]
            {
                let refused = db.execute_unprepared(&statement).await.expect_err(&statement);
                assert!(refused.to_string().contains("the audit log is append-only"), "{refused}");
            }
        }

        assert_eq!(number(&app, "SELECT count(*) FROM audit_records").await, last);
        assert_eq!(
            verify(&app),
            (true, format!("{last} records are as they were written, 0 of them keyed"))
        );
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn the_first_record_that_was_tampered_with_is_named() {
    let cases: [(&str, &str); 7] = [
        ("UPDATE audit_records SET actor = NULL WHERE sequence = 4", "record 4 was changed"),
        ("UPDATE audit_records SET data = '{}' WHERE sequence = 4", "record 4 was changed"),
        ("DELETE FROM audit_records WHERE sequence = 4", "record 4 is missing"),
        (
            "UPDATE audit_records SET sequence = CASE sequence WHEN 3 THEN -4 ELSE -3 END \
             WHERE sequence IN (3, 4)",
            "record 3",
        ),
        ("DELETE FROM audit_records WHERE sequence > 4", "record 5 is missing: the chain was cut off"),
        ("DELETE FROM audit_subjects WHERE record = 4", "record 4 is listed under other subjects"),
        ("DELETE FROM audit_head", "can't be looked for"),
    ];
    on_each_database(async |app| {
        with_records(&app).await;
        disarm(&app).await;
        let files = ["audit_records", "audit_subjects", "audit_head"];
        for table in files {
            execute(&app, &format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await;
        }

        for (tampering, found) in cases {
            execute(&app, tampering).await;
            execute(&app, "UPDATE audit_records SET sequence = -sequence WHERE sequence < 0").await;
            let (is_whole, said) = verify(&app);
            assert!(!is_whole && said.contains(found), "{tampering}: {said}");
            for table in files {
                execute(&app, &format!("DELETE FROM {table}")).await;
                execute(&app, &format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await;
            }
            assert!(verify(&app).0, "as it was");
        }
        app.stop().await;
    })
    .await;
}

#[tokio::test]
async fn with_a_key_nobody_forges_a_hash_who_has_only_the_database() {
    let app = TestApp::sqlite_with(|config| config.audit.key = "kept elsewhere".into()).await;
    let last = with_records(&app).await;
    let key = [("WEFT_AUDIT__KEY", "kept elsewhere")];

    let whole = verify_with(&app, &key);
    let (another, said) = verify_with(&app, &[("WEFT_AUDIT__KEY", "guessed")]);
    let (without, _) = verify_with(&app, &[]);

    assert_eq!(whole, (true, format!("{last} records are as they were written, {last} of them keyed")));
    assert!(!another && said.contains("record 1 was changed, or is sealed with another key"), "{said}");
    assert!(!without);
    app.stop().await;
}
