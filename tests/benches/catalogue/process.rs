//! A server as a process of its own, on a core of its own, so that its CPU time
//! is its own.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, ExitCode, Stdio},
};

use axum::Router;

use crate::{
    handwritten,
    plain::{self, Sharing},
};

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    child: Child,
    /// It works in a folder of its own.
    _folder: tempfile::TempDir,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts this program again as a server of the variant, on core 0.
    pub(crate) async fn start(variant: &str, database: &str) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut child = Command::new("taskset")
            .current_dir(folder.path())
            .args(["-c", "0"])
            .arg(program)
            .args(["--serve", variant, "--database", database])
            .stdout(Stdio::piped())
            .spawn()
            .expect("taskset of util-linux is installed");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let port = lines.next().expect("the server says its port").expect("text");
        Self { port: port.parse().expect("a port"), child, _folder: folder }
    }

    /// CPU seconds, user and system, that the server used so far.
    pub(crate) fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("it runs");
        let after_name = stat.rsplit(") ").next().expect("proc(5)");
        let fields: Vec<&str> = after_name.split(' ').collect();
        let ticks: f64 = [11, 12].iter().map(|at| fields[*at].parse::<f64>().expect("ticks")).sum();
        // USER_HZ is 100 on every Linux we know.
        ticks / 100.0
    }
}

/// Binds this process to a core.
pub(crate) fn pin_to_core(core: usize) {
    let pid = std::process::id().to_string();
    let pinned =
        Command::new("taskset").args(["-cp", &core.to_string(), &pid]).stdout(Stdio::null()).status();
    assert!(pinned.is_ok_and(|status| status.success()), "taskset of util-linux is needed");
}

/// Serves a variant until killed.
pub(crate) fn serve(variant: &str, database: &str) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let router = match variant {
            "handwritten" => handwritten::router(database).await,
            "plain" => plain::router(database, Sharing::Request).await,
            "plain-shared" => plain::router(database, Sharing::Process).await,
            _ => federated(database).await,
        };
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        println!("{}", listener.local_addr().expect("an address").port());
        axum::serve(listener, router).await.expect("the listener listens");
    });
    ExitCode::SUCCESS
}

async fn federated(database: &str) -> Router {
    let mut config = gateway::Config::default();
    config.database.url = secrecy::SecretString::from(database);
    // Paid for like any request, out of a budget that never ends; the answers of
    // all variants must be the same.
    config.limits.guest = gateway::BudgetConfig { points: u32::MAX, restore: 1e9 };
    config.limits.report_cost = false;
    let app = gateway::App::start(config, gateway::Extra::default()).await.expect("the gateway starts");
    let router = app.router();
    // The app lives as long as the process.
    std::mem::forget(app);
    router
}
