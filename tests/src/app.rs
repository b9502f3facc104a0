//! One gateway, started in this process.

use std::{future::Future, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use axum::Router;
use gateway::{App, Config, Extra};
use kit::{AuthenticationHook, Backend};
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::{Client, Probe, template::TestDatabase};

/// A gateway with the demo marketplace and the probe module.
pub struct TestApp {
    app: App,
    router: Router,
    database: TestDatabase,
    files: TempDir,
    outbox: TempDir,
}

/// A gateway behind a port of the loopback.
pub struct Served {
    /// Its address, without a path.
    pub url: String,
    server: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// Runs a test on SQLite, and on Postgres where it is installed.
pub async fn on_each_database<F>(test: impl Fn(TestApp) -> F)
where
    F: Future<Output = ()>,
{
    on_each_database_with(|_| {}, test).await;
}

/// As [`on_each_database`], configured.
pub async fn on_each_database_with<F>(configure: impl Fn(&mut Config), test: impl Fn(TestApp) -> F)
where
    F: Future<Output = ()>,
{
    for backend in [Backend::Sqlite, Backend::Postgres] {
        if let Some(app) = TestApp::start(backend, &configure).await {
            test(app).await;
        }
    }
}

impl TestApp {
    /// A gateway on SQLite.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn sqlite() -> Self {
        Self::sqlite_with(|_| {}).await
    }

    /// A gateway on SQLite, configured.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn sqlite_with(configure: impl FnOnce(&mut Config)) -> Self {
        Self::start(Backend::Sqlite, configure).await.expect("SQLite is always there")
    }

    /// A gateway on a copy of the seeded database; `None` where the database's
    /// server is missing.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start(backend: Backend, configure: impl FnOnce(&mut Config)) -> Option<Self> {
        Self::start_hooked(backend, configure, Vec::new()).await
    }

    /// As [`start`](Self::start), with hooks before and after authentication.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_hooked(
        backend: Backend,
        configure: impl FnOnce(&mut Config),
        hooks: Vec<Arc<dyn AuthenticationHook>>,
    ) -> Option<Self> {
        let database = TestDatabase::seeded(backend).await?;
        let mut config = Config::default();
        config.database.url = SecretString::from(database.url.as_str());
        config.database.max_connections = 8;
        let files = tempfile::tempdir().expect("a temporary folder");
        config.files.url = files.path().display().to_string();
        let outbox = tempfile::tempdir().expect("a temporary folder");
        config.notifications.outbox = outbox.path().to_owned();
        config.notifications.poll = Duration::from_millis(50);
        config.notifications.retry_pause = Duration::from_millis(20);
        // Most tests compare whole answers.
        config.limits.report_cost = false;
        // Some read the whole marketplace in few pages.
        config.graph.limits.cost = 50_000;
        configure(&mut config);
        let extra = Extra { modules: vec![Box::new(Probe)], hooks, ..Extra::default() };
        let app = App::start(config, extra).await.expect("the gateway starts");
        let router = app.router();
        Some(Self { app, router, database, files, outbox })
    }

    /// Another gateway on the same database, which knows nothing of this one, and
    /// a client of it.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn beside(&self) -> (App, Client) {
        let app = App::start(self.config(), Extra::default()).await.expect("the gateway starts");
        let client = Client::new(app.router());
        (app, client)
    }

    /// The configuration of another gateway on the same database and folders.
    #[must_use]
    pub fn config(&self) -> Config {
        let mut config = Config::default();
        config.database.url = SecretString::from(self.database_url());
        config.database.max_connections = 8;
        config.files.url = self.files.path().display().to_string();
        config.notifications.outbox = self.outbox.path().to_owned();
        config.limits.report_cost = false;
        config
    }

    /// The running graph.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// Where its mails and pushes go.
    #[must_use]
    pub fn outbox(&self) -> &Path {
        self.outbox.path()
    }

    /// The address of its database.
    #[must_use]
    pub fn database_url(&self) -> &str {
        &self.database.url
    }

    /// The folder where it keeps files, unless it was configured otherwise.
    #[must_use]
    pub fn files(&self) -> &std::path::Path {
        self.files.path()
    }

    /// A client that is not signed in.
    #[must_use]
    pub fn guest(&self) -> Client {
        Client::new(self.router.clone())
    }

    /// A client signed in as this demo account.
    ///
    /// # Panics
    /// When the account does not exist.
    pub async fn sign_in(&self, email: &str) -> Client {
        self.guest().sign_in(email, "weft-demo-2026").await
    }

    /// A client signed in as the `index`-th demo seller.
    ///
    /// # Panics
    /// When it does not exist.
    pub async fn seller(&self, index: u32) -> Client {
        self.sign_in(&self.email(index).await).await
    }

    /// The email of the `index`-th demo user; the first forty are sellers.
    ///
    /// # Panics
    /// When it does not exist.
    pub async fn email(&self, index: u32) -> String {
        let id: kit::ids::UserId = kit::seed::id(index);
        let query = "query($id: ID!) { user(by: {id: $id}) { handle } }";
        let answer = self.guest().ask(query, serde_json::json!({ "id": id })).await;
        let handle = answer["data"]["user"]["handle"].as_str().expect("a demo user").to_owned();
        format!("{handle}@demo.example")
    }

    /// How many SQL statements `work` sends.
    pub async fn statements<T>(&self, work: impl Future<Output = T>) -> (T, u64) {
        kit::Database::counted(work).await
    }

    /// Listens on a free port of the loopback.
    ///
    /// # Panics
    /// When there is none.
    pub async fn serve(&self) -> Served {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let router = self.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        let server = tokio::spawn(async move {
            axum::serve(listener, router).await.expect("the listener listens");
        });
        Served { url: format!("http://{address}"), server }
    }

    /// Stops the gateway and deletes its database.
    pub async fn stop(self) {
        self.app.stop().await;
        self.database.delete().await;
    }
}
