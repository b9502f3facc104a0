//! A Postgres server of the test run's own: started on first use on a free
//! port, stopped when the run ends, however it ends.

use std::{
    io,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sea_orm::{ConnectionTrait as _, Database, DatabaseConnection, DbErr};

/// A running server. It stops, and its data is deleted, when this process ends.
pub struct Postgres {
    port: u16,
    databases: AtomicU32,
}

impl Postgres {
    /// Starts a server; `None` where Postgres is not installed.
    ///
    /// # Panics
    /// When it is installed and does not start.
    pub async fn start() -> Option<Self> {
        let bin = bin_folder()?;
        let folder =
            tempfile::Builder::new().prefix("weft-postgres").tempdir().expect("a temporary folder");
        let folder = folder.keep();
        let data = folder.join("data");
        // Postgres refuses to run as root.
        let is_root = Command::new("id").arg("-u").output().is_ok_and(|id| id.stdout == b"0\n");
        if is_root {
            let owned = Command::new("chown").arg("postgres").arg(&folder).status();
            assert!(
                owned.is_ok_and(|status| status.success()),
                "can't give the folder to the user postgres"
            );
        }
        let as_user = |program: &Path| match is_root {
            true => format!("runuser -u postgres -- {}", program.display()),
            false => program.display().to_string(),
        };
        let initdb = format!(
            "{} -D {} -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync",
            as_user(&bin.join("initdb")),
            data.display()
        );
        let made =
            Command::new("sh").args(["-c", &initdb]).stdin(Stdio::null()).output().expect("sh runs");
        assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));
        let port = free_port().expect("a free port");
        let server = format!(
            "{} -D {} -p {port} -k {} -h 127.0.0.1 -c fsync=off -c full_page_writes=off \
             -c max_connections=400 -c shared_buffers=64MB",
            as_user(&bin.join("postgres")),
            data.display(),
            folder.display()
        );
        // The shell waits for the end of its input, which comes when this
        // process ends, and then stops the server.
        let folder = folder.display();
        let guard = format!("{server} >/dev/null 2>&1 & read _; kill -TERM $!; wait; rm -rf {folder}");
        Command::new("sh")
            .args(["-c", &guard])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map(|mut child| std::mem::forget(child.stdin.take()))
            .expect("sh runs");
        let postgres = Self { port, databases: AtomicU32::new(0) };
        postgres.wait().await;
        Some(postgres)
    }

    /// The address of a database on this server.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes a database, a copy of `template` when one is named; answers its name.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create(&self, template: Option<&str>) -> Result<String, DbErr> {
        let name = format!("weft_{}", self.databases.fetch_add(1, Ordering::SeqCst));
        let template = template.unwrap_or("template1");
        let admin = self.admin().await?;
        admin.execute_unprepared(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
        admin.close().await?;
        Ok(name)
    }

    /// Deletes a database, open connections notwithstanding.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn drop_database(&self, name: &str) -> Result<(), DbErr> {
        let admin = self.admin().await?;
        admin.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        admin.close().await
    }

    async fn admin(&self) -> Result<DatabaseConnection, DbErr> {
        let mut options = sea_orm::ConnectOptions::new(self.url("postgres"));
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await
    }

    async fn wait(&self) {
        for _ in 0..200 {
            if self.admin().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("Postgres did not come up on port {}", self.port);
    }
}

/// A port of the loopback that nobody listens on now.
///
/// # Errors
/// When there is none.
pub fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

fn bin_folder() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
        .collect();
    versions.sort();
    versions.pop()
}
