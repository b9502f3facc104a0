//! Mail to a real server: taken, put off, refused, away; and by two gateways at
//! once.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use gateway::Config;
use kit::{
    Backend, Id as _,
    facts::SessionStarted,
    ids::{AccountId, SessionId},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{TestApp, peers, postgres::free_port};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use super::{eventually, number, tell};
use crate::accounts::{rows, somebody};

/// Python with the mail server's package, outside the checkout; `None` where
/// either can't be had.
async fn python() -> Option<PathBuf> {
    let venv = Path::new(env!("CARGO_TARGET_TMPDIR")).join("smtp");
    peers::python(&venv, &peers_folder().join("requirements.txt"), "aiosmtpd").await
}

fn peers_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers")
}

/// A running mail server; it ends with the test.
struct MailServer {
    kept: PathBuf,
    _folder: TempDir,
    _process: Child,
}

impl MailServer {
    async fn start(python: &Path, port: u16) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = folder.path().join("mails");
        let mut process = Command::new(python)
            .arg(peers_folder().join("smtp.py"))
            .arg(port.to_string())
            .arg(&kept)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("python runs");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let ready = lines.next_line().await.expect("its output");
        assert_eq!(ready.as_deref(), Some("ready"));
        Self { kept, _folder: folder, _process: process }
    }

    fn mails(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.kept).expect("text");
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
    }

    fn mails_to(&self, email: &str) -> Vec<String> {
        let is_to = |mail: &Value| {
            let is_confirm =
                mail["text"].as_str().is_some_and(|text| text.contains("Confirm your address"));
            mail["to"] == json!([email]) && !is_confirm
        };
        let mails = self.mails().into_iter().filter(is_to);
        mails.map(|mail| mail["text"].as_str().expect("text").to_owned()).collect()
    }
}

fn mailing(port: u16) -> impl Fn(&mut Config) {
    move |config| {
        config.mail.url = format!("smtp://127.0.0.1:{port}").into();
        config.mail.from = "Weft <no-reply@weft.test>".to_owned();
        config.modules.health_interval = std::time::Duration::from_millis(50);
    }
}

/// State, tries and problem of the only delivery to this address.
async fn delivery(app: &TestApp, email: &str) -> String {
    let db = app.app().db().read();
    let sql = format!(
        "SELECT state || ' ' || attempts || ' ' || COALESCE(problem, '') FROM notification_deliveries \
         WHERE account_id = (SELECT id FROM accounts WHERE email = '{email}') \
         AND notification_id NOT IN (SELECT id FROM notifications WHERE kind = 'account.confirm')"
    );
    let statement =
        sea_orm::Statement::from_string(sea_orm::ConnectionTrait::get_database_backend(db), sql);
    let rows = sea_orm::ConnectionTrait::query_all_raw(db, statement).await.expect("a statement");
    let texts = rows.iter().map(|row| row.try_get_by_index::<String>(0).expect("text"));
    texts.collect::<Vec<_>>().join(", ")
}

#[tokio::test]
async fn a_mail_is_handed_over_once_put_off_or_given_up_as_the_server_says() {
    let Some(python) = python().await else { return };
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let port = free_port().expect("a port");
        let server = MailServer::start(&python, port).await;
        let Some(app) = TestApp::start(backend, mailing(port)).await else { continue };

        for name in ["ada", "later", "never"] {
            somebody(&app, name).await;
        }
        // A sign-in and an address to confirm each.
        let ended = "SELECT count(*) FROM notification_deliveries WHERE state IN ('SENT', 'DEAD')";
        eventually("all came to an end", async || number(&app, ended).await == 6).await;

        assert_eq!(delivery(&app, "ada@example.com").await, "SENT 1 ");
        // Two mails, and two tries that the server put off, of whichever.
        assert!(delivery(&app, "later@example.com").await.starts_with("SENT "));
        let tries = "SELECT CAST(sum(attempts) AS bigint) FROM notification_deliveries WHERE account_id = \
            (SELECT id FROM accounts WHERE email = 'later@example.com')";
        assert_eq!(number(&app, tries).await, 4);
        assert_eq!(delivery(&app, "never@example.com").await, "DEAD 1 refused with 550");
        for (name, count) in [("ada", 1), ("later", 1), ("never", 0)] {
            assert_eq!(server.mails_to(&format!("{name}@example.com")).len(), count, "{name}");
        }
        let mail = server.mails_to("ada@example.com").remove(0);
        for part in [
            "Subject: New sign-in to your account",
            "From: Weft <no-reply@weft.test>",
            "@weft.test>",
            "multipart/alternative",
            "text/plain",
            "text/html",
        ] {
            assert!(mail.contains(part), "{part} in {mail}");
        }
        app.stop().await;
    }
}

#[tokio::test]
async fn mails_wait_for_a_server_that_is_away_and_the_module_says_so() {
    let Some(python) = python().await else { return };
    let port = free_port().expect("a port");
    let app = TestApp::sqlite_with(mailing(port)).await;
    let health = async || {
        let report = app.guest().get("/health/ready").await.json();
        let modules = report["modules"].as_array().expect("modules").clone();
        modules.into_iter().find(|module| module["name"] == "notifications").expect("the module")
    };

    somebody(&app, "ada").await;
    let tried = "SELECT count(*) FROM notification_deliveries WHERE attempts > 2 AND state = 'CLAIMED'";
    eventually("it was tried in vain", async || number(&app, tried).await > 0).await;
    eventually("the module is degraded", async || health().await["status"] == "degraded").await;
    let reason = health().await["reason"].clone();
    let server = MailServer::start(&python, port).await;
    eventually("it was sent", async || delivery(&app, "ada@example.com").await.starts_with("SENT"))
        .await;
    eventually("the module is up again", async || health().await["status"] == "up").await;

    assert_eq!(reason, "mails wait: mail server is unavailable, try again later");
    assert_eq!(server.mails_to("ada@example.com").len(), 1);
    app.stop().await;
}

#[tokio::test]
async fn two_gateways_send_no_mail_twice_and_none_to_nowhere() {
    let Some(python) = python().await else { return };
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let port = free_port().expect("a port");
        let server = MailServer::start(&python, port).await;
        let Some(app) = TestApp::start(backend, mailing(port)).await else { continue };
        let mut config = Config::default();
        config.database.url = app.database_url().into();
        config.notifications.outbox = app.outbox().to_owned();
        config.notifications.poll = std::time::Duration::from_millis(10);
        mailing(port)(&mut config);
        let other = gateway::App::start(config, gateway::Extra::default()).await.expect("it starts");
        let demo: AccountId = kit::seed::id(100);
        super::execute(
            &app,
            &format!("UPDATE accounts SET email = 'ada@example.com' WHERE id = '{demo}'"),
        )
        .await;

        for _ in 0..30 {
            tell(&app, &SessionStarted { account: demo, session: SessionId::generate() }).await;
        }
        let nowhere: AccountId = kit::seed::id(101);
        tell(&app, &SessionStarted { account: nowhere, session: SessionId::generate() }).await;
        let over = "SELECT count(*) FROM notification_deliveries WHERE state IN ('SENT', 'DROPPED')";
        eventually("all came to an end", async || number(&app, over).await == 31).await;

        assert_eq!(server.mails().len(), 30);
        assert_eq!(server.mails_to("ada@example.com").len(), 30);
        assert_eq!(rows(&app, ["notification_deliveries WHERE attempts > 1"]).await, [0]);
        other.stop().await;
        app.stop().await;
    }
}
