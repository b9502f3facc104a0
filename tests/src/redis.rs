//! A Redis server of one test's own, on a free port; it can be killed and
//! started again. It stores nothing.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use crate::{peers, postgres::free_port};

/// A Redis server; it ends with this value.
pub struct Redis {
    port: u16,
    child: Child,
}

impl Redis {
    /// Starts a server; `None` where Redis is not installed.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub async fn start() -> Option<Self> {
        if !peers::has("redis-server") {
            return None;
        }
        let port = free_port().expect("a free port");
        let redis = Self { port, child: spawn(port) };
        redis.wait().await;
        Some(redis)
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends the server without a word to anybody.
    ///
    /// # Panics
    /// When it can't be ended.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server can be killed");
        self.child.wait().expect("the server ends");
    }

    /// Starts it again, at the same address, empty.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn restart(&mut self) {
        self.child = spawn(self.port);
        self.wait().await;
    }

    async fn wait(&self) {
        for _ in 0..200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("Redis did not come up on port {}", self.port);
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(port: u16) -> Child {
    let port = port.to_string();
    Command::new("redis-server")
        .args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server runs")
}
