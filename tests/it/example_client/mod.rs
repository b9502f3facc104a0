//! The example client of `playground/examples/resume`: whatever breaks on its
//! way, it handles every event once and in order.

mod proxy;
mod scripted;

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use gateway::Config;
use serde_json::{Value, json};
use tests::{Client, Served, TestApp, peers};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    sync::OnceCell,
    time::timeout,
};

use crate::{
    events::{EVENTS, own_product, rename},
    suites::install_packages,
    transports::{Stream, asking},
};
use proxy::Proxy;
use scripted::{Scripted, Step};

/// Longer than any rest of the client.
const SOON: Duration = Duration::from_secs(30);

/// The client, compiled outside the checkout.
async fn compiled() -> Option<&'static Path> {
    static COMPILED: OnceCell<PathBuf> = OnceCell::const_new();
    if !peers::has("node") || !peers::has("npm") {
        return None;
    }
    let compile = async || {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../playground/examples/resume");
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("resume");
        std::fs::create_dir_all(&copy).expect("a folder for the client");
        for file in std::fs::read_dir(source).expect("the client").flatten() {
            if file.path().is_file() {
                std::fs::copy(file.path(), copy.join(file.file_name())).expect("a copy");
            }
        }
        install_packages(&copy).await;
        let compiler = copy.join("node_modules/typescript/bin/tsc");
        let done =
            Command::new("node").arg(compiler).current_dir(&copy).output().await.expect("node runs");
        assert!(done.status.success(), "tsc: {}", String::from_utf8_lossy(&done.stdout));
        copy
    };
    Some(COMPILED.get_or_init(compile).await)
}

/// The running client. It keeps its cursor in a file of the test.
struct Watcher {
    process: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Watcher {
    fn start(folder: &Path, url: &str, email: &str, product: &str, cursor: &Path) -> Self {
        let mut process = Command::new("node")
            .arg(folder.join("dist/watch.js"))
            .arg(product)
            .env("WEFT_URL", url)
            .env("WEFT_EMAIL", email)
            .env("WEFT_PASSWORD", "weft-demo-2026")
            .env("WEFT_CURSOR_FILE", cursor)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs");
        let output = process.stdout.take().expect("its output is ours");
        Self { process, lines: BufReader::new(output).lines() }
    }

    /// The next line that it prints; `None` when it has ended.
    async fn next(&mut self) -> Option<Value> {
        let line = timeout(SOON, self.lines.next_line()).await.expect("a line in time");
        let line = line.expect("its output can be read")?;
        Some(serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}")))
    }

    /// The cursors of the next events.
    async fn cursors(&mut self, count: usize) -> Vec<Value> {
        let mut cursors = Vec::new();
        while cursors.len() < count {
            let event = self.next().await.expect("it follows for ever");
            assert_eq!(event["type"], "event", "{event}");
            cursors.push(event["cursor"].clone());
        }
        cursors
    }

    /// Stops it as Ctrl-C does. Answers what it had still to print, whether it
    /// ended well, and what it told of broken connections.
    async fn stop(mut self) -> (Vec<Value>, bool, String) {
        let id = self.process.id().expect("it runs").to_string();
        let killed = Command::new("kill").args(["-INT", &id]).status().await.expect("kill runs");
        assert!(killed.success());
        let mut rest = Vec::new();
        while let Some(line) = self.next().await {
            rest.push(line);
        }
        let (is_well, told) = self.end().await;
        (rest, is_well, told)
    }

    /// Waits for its end.
    async fn end(mut self) -> (bool, String) {
        let status = timeout(SOON, self.process.wait()).await.expect("an end in time");
        let mut told = String::new();
        let mut errors = self.process.stderr.take().expect("its errors are ours");
        errors.read_to_string(&mut told).await.expect("text");
        (status.expect("an end").success(), told)
    }
}

/// All events of a product over a connection that does not break.
async fn reference(served: &Served, client: &Client, product: &str) -> Stream {
    let body = json!({ "query": EVENTS, "variables": { "ids": [product] } });
    let stream = Stream::open(asking(served, client, "text/event-stream", &body)).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    stream
}

async fn cursor(stream: &mut Stream) -> Value {
    let event = timeout(SOON, stream.event()).await.expect("an event in time");
    let (_, event) = event.expect("an open stream");
    event["data"]["productEvents"]["cursor"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_arrives_once_and_in_order_however_often_the_connection_breaks() {
    let Some(folder) = compiled().await else { return };
    let app = TestApp::sqlite_with(|config: &mut Config| {
        // Several tokens end while the test runs.
        config.auth.access_token_lifetime = Duration::from_secs(3);
    })
    .await;
    let served = app.serve().await;
    let proxy = Proxy::before(&served.url).await;
    let email = app.email(4).await;
    let product = own_product(&app.sign_in(&email).await).await;
    let mut unbroken = reference(&served, &app.guest(), &product).await;
    rename(&app.sign_in(&email).await, &product, "The first title").await;
    let files = tempfile::tempdir().expect("a temporary folder");
    let file = files.path().join("cursor.txt");
    let start = cursor(&mut unbroken).await;
    std::fs::write(&file, start.as_str().expect("a cursor")).expect("a cursor to start from");
    let mut watcher = Watcher::start(folder, &proxy.url, &email, &product, &file);

    let (mut expected, mut seen) = (Vec::new(), Vec::new());
    for round in 0..8 {
        let seller = app.sign_in(&email).await;
        for change in 0..3 {
            rename(&seller, &product, &format!("Title {round} {change}")).await;
            expected.push(cursor(&mut unbroken).await);
            if change == round % 3 {
                proxy.cut();
            }
        }
        // Every other time the next cut comes before the client has caught up.
        if round % 2 == 0 {
            seen.extend(watcher.cursors(expected.len() - seen.len()).await);
        }
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    seen.extend(watcher.cursors(expected.len() - seen.len()).await);
    let (rest, is_well, told) = watcher.stop().await;
    // Changes while the app is closed are shown when it is opened again.
    for change in 0..3 {
        rename(&app.sign_in(&email).await, &product, &format!("Title while closed {change}")).await;
        expected.push(cursor(&mut unbroken).await);
    }
    let mut reopened = Watcher::start(folder, &proxy.url, &email, &product, &file);
    seen.extend(reopened.cursors(3).await);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let (more, is_well_again, _) = reopened.stop().await;

    assert_eq!(seen, expected, "{told}");
    assert_eq!((rest, more), (Vec::new(), Vec::new()), "nothing is printed twice");
    assert!(is_well && is_well_again, "{told}");
    assert!(told.lines().count() >= 4, "the connection broke: {told}");
    drop((unbroken, served));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_whose_cursor_is_too_old_loads_anew_and_follows_from_now() {
    let Some(folder) = compiled().await else { return };
    let app = TestApp::sqlite().await;
    let served = app.serve().await;
    let email = app.email(4).await;
    let seller = app.sign_in(&email).await;
    let product = own_product(&seller).await;
    rename(&seller, &product, "As of the snapshot").await;
    let mut unbroken = reference(&served, &app.guest(), &product).await;
    let files = tempfile::tempdir().expect("a temporary folder");
    let file = files.path().join("cursor.txt");
    // No event stands there.
    std::fs::write(&file, "AAAAAAAAAAAAAAAAAJiWfw").expect("a cursor");

    let mut watcher = Watcher::start(folder, &served.url, &email, &product, &file);
    let snapshot = watcher.next().await.expect("a line");
    // The gap told a cursor from before the snapshot: no change after it is missed.
    let mut expected = Vec::new();
    for title in ["After the snapshot", "The last title"] {
        rename(&seller, &product, title).await;
        expected.push(cursor(&mut unbroken).await);
    }
    let seen = watcher.cursors(expected.len()).await;
    let (rest, is_well, told) = watcher.stop().await;

    assert_eq!(snapshot["type"], "snapshot");
    assert_eq!(snapshot["products"][0]["title"], "As of the snapshot");
    assert_eq!(seen, expected);
    assert_eq!(rest, Vec::<Value>::new());
    assert!(is_well && told.starts_with("STREAM_GAP: "), "{told}");
    assert_eq!(Some(&json!(std::fs::read_to_string(&file).expect("a cursor"))), expected.last());
    drop((unbroken, served));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_ends_a_stream_the_client_does_what_helps() {
    let Some(folder) = compiled().await else { return };
    let refused = |code: &str| json!([{ "message": "no", "extensions": { "code": code } }]);
    let steps = VecDeque::from([
        Step::Event("1"),
        Step::Error(refused("SLOW_CONSUMER")),
        Step::Event("2"),
        Step::Close(4_403, "token expired"),
        Step::Close(1_001, "the gateway stops: reconnect"),
        Step::Event("3"),
        Step::Unreadable(refused("UNAVAILABLE")),
        Step::Drop,
        Step::Error(refused("STREAM_GAP")),
        Step::Event("7"),
        Step::Complete,
        Step::Event("8"),
        Step::Close(4_400, "Invalid message received"),
    ]);
    let gateway = Scripted::serve(steps).await;
    let files = tempfile::tempdir().expect("a temporary folder");
    let file = files.path().join("cursor.txt");
    std::fs::write(&file, "0").expect("a cursor");

    let mut watcher = Watcher::start(folder, &gateway.url, "ada@demo.example", "prod_1", &file);
    let mut lines = Vec::new();
    while let Some(line) = watcher.next().await {
        lines.push(line["cursor"].as_str().unwrap_or("snapshot").to_owned());
    }
    let (is_well, told) = watcher.end().await;

    assert_eq!(lines, ["1", "2", "3", "snapshot", "7", "8"], "{told}");
    assert!(!is_well && told.ends_with("closed with 4400 Invalid message received\n"), "{told}");
    let seen = gateway.seen();
    let after: Vec<Value> = seen.iter().map(|(_, after)| after.clone()).collect();
    let expected = json!(["0", "1", "2", "2", "3", "3", null, "7"]);
    assert_eq!(Value::Array(after), expected, "where each subscription went on: {told}");
    let tokens: Vec<&str> = seen.iter().map(|(token, _)| token.as_str()).collect();
    assert_eq!(tokens[..2], ["Bearer access-1", "Bearer access-1"]);
    assert_eq!(tokens[2..], ["Bearer access-2"; 6], "a fresh token after 4403, and only then");
}
