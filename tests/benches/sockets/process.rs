//! A server as a process of its own, on a core of its own.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tokio::net::TcpStream;

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
    /// Starts this program again as a server, on core 0.
    pub(crate) async fn start(role: &str, environment: &[(&str, &str)]) -> Self {
        let port = tests::postgres::free_port().expect("a free port");
        let program = std::env::current_exe().expect("this program has a path");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let child = Command::new("taskset")
            .current_dir(folder.path())
            .args(["-c", "0"])
            .arg(program)
            .args([role, &port.to_string()])
            .envs(environment.iter().copied())
            .stdin(Stdio::null())
            .spawn()
            .expect("taskset of util-linux is installed");
        while TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Self { port, child, _folder: folder }
    }

    /// Resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("proc(5)");
        let kilobytes = line.split_whitespace().nth(1).and_then(|text| text.parse::<u64>().ok());
        kilobytes.expect("proc(5)") * 1_024
    }
}

/// Binds this process to a core.
pub(crate) fn pin_to_core(core: usize) {
    let pid = std::process::id().to_string();
    let pinned =
        Command::new("taskset").args(["-cp", &core.to_string(), &pid]).stdout(Stdio::null()).status();
    assert!(pinned.is_ok_and(|status| status.success()), "taskset of util-linux is needed");
}
