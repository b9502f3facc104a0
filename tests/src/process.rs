//! The gateway as a process: started with settings in its environment, killed
//! without warning, started again.

use std::{
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use tempfile::TempDir;

use crate::postgres::free_port;

/// A gateway in a process of its own; it ends with this value.
pub struct Process {
    program: &'static str,
    settings: Vec<(String, String)>,
    arguments: &'static [&'static str],
    port: u16,
    child: Child,
    /// Where it works: what no setting puts elsewhere goes with it.
    folder: TempDir,
}

impl Process {
    /// Starts `program serve` on a free port and waits until it answers.
    /// `settings` are such as `("WEFT_DATABASE__URL", …)`.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(program: &'static str, settings: &[(&str, &str)]) -> Self {
        Self::start_with(program, settings, &[]).await
    }

    /// As [`start`](Self::start), with further arguments.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_with(
        program: &'static str,
        settings: &[(&str, &str)],
        arguments: &'static [&'static str],
    ) -> Self {
        let port = free_port().expect("a free port");
        let settings: Vec<(String, String)> =
            settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let child = spawn(program, &settings, arguments, port, &folder);
        let mut process = Self { program, settings, arguments, port, child, folder };
        process.wait().await;
        process
    }

    /// Its address, without a path.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The memory it holds, in bytes; `None` where the system does not tell.
    #[must_use]
    pub fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1_024)
    }

    /// Whether it has not ended by itself.
    ///
    /// # Panics
    /// When the system does not tell.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the gateway can be looked at").is_none()
    }

    /// Ends it without warning, as a lost machine would.
    ///
    /// # Panics
    /// When it can't be ended.
    pub fn kill(&mut self) {
        self.child.kill().expect("the gateway can be killed");
        self.child.wait().expect("the gateway ends");
    }

    /// Starts it again, at the same address.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart(&mut self) {
        self.child = spawn(self.program, &self.settings, self.arguments, self.port, &self.folder);
        self.wait().await;
    }

    /// Runs another command of the program with the same settings, to its end.
    ///
    /// # Panics
    /// When it can't be run.
    #[must_use]
    pub fn command(program: &str, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Command::new(program)
            .current_dir(folder.path())
            .args(arguments)
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("the program runs")
    }

    async fn wait(&mut self) {
        for _ in 0..1_200 {
            if let Some(status) = self.child.try_wait().expect("the gateway can be looked at") {
                panic!("the gateway ended at its start: {status}");
            }
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the gateway did not come up on port {}", self.port);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(
    program: &str,
    settings: &[(String, String)],
    arguments: &[&str],
    port: u16,
    folder: &TempDir,
) -> Child {
    Command::new(program)
        .current_dir(folder.path())
        .args(["serve", "--port", &port.to_string()])
        .args(arguments)
        .envs(settings.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the gateway runs")
}
