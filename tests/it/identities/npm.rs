//! Providers of others, from npm, as processes of their own.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use serde_json::Value;
use tests::{peers, postgres::free_port};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    sync::OnceCell,
};

use crate::suites::install_packages;

/// The peers with their packages, outside the checkout; `None` where they can't
/// be had.
pub(super) async fn installed() -> Option<&'static Path> {
    static INSTALLED: OnceCell<PathBuf> = OnceCell::const_new();
    if !peers::has("node") || !peers::has("npm") {
        return None;
    }
    let install = async || {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
        let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
        std::fs::create_dir_all(&copy).expect("a folder for the peers");
        for file in std::fs::read_dir(sources).expect("the peers").flatten() {
            std::fs::copy(file.path(), copy.join(file.file_name())).expect("a copy");
        }
        install_packages(&copy).await;
        copy
    };
    Some(INSTALLED.get_or_init(install).await)
}

/// A running peer; it ends with this value.
pub(super) struct Peer {
    pub(super) port: u16,
    /// What it said when it was ready, after the word itself.
    pub(super) said: String,
    _process: Child,
}

impl Peer {
    /// Runs a script, which is given a port, until it says that it is ready.
    pub(super) async fn start(folder: &Path, script: &str) -> Self {
        let port = free_port().expect("a free port");
        let mut command = Command::new("node");
        command.arg(script).arg(port.to_string());
        Self::run(folder, command, port, "ready").await
    }

    /// Runs a program until a line of its output starts so.
    pub(super) async fn run(folder: &Path, mut command: Command, port: u16, ready: &str) -> Self {
        let mut process = command
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs");
        let mut lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let said = async {
            loop {
                let line = lines.next_line().await.expect("its output").expect("it becomes ready");
                if let Some(said) = line.trim().strip_prefix(ready) {
                    break said.trim().to_owned();
                }
            }
        };
        let said = tokio::time::timeout(Duration::from_secs(60), said).await.expect("ready within 60 s");
        // What else it says is nobody's business, but somebody has to read it.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Self { port, said, _process: process }
    }

    /// Gets JSON from a path.
    pub(super) async fn get(&self, path: &str) -> Value {
        json(reqwest::Client::new().get(format!("http://127.0.0.1:{}{path}", self.port))).await
    }
}

/// Sends a request that is answered in JSON.
pub(super) async fn json(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.expect("it answers");
    let text = response.text().await.expect("text");
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("not JSON: {text}"))
}
