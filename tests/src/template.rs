//! Seeded databases to copy: the demo marketplace is made once per test run and
//! database, every test gets its own copy.

use std::path::PathBuf;

use gateway::{Config, database};
use kit::Backend;
use secrecy::SecretString;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::{peers, postgres::Postgres};

static POSTGRES: OnceCell<Option<Postgres>> = OnceCell::const_new();
static POSTGRES_TEMPLATE: OnceCell<String> = OnceCell::const_new();
static SQLITE_TEMPLATE: OnceCell<(TempDir, PathBuf)> = OnceCell::const_new();

/// A database of one test, deleted with it.
pub(crate) struct TestDatabase {
    pub(crate) url: String,
    place: Place,
}

enum Place {
    Sqlite { _folder: TempDir },
    Postgres { name: String },
}

impl TestDatabase {
    /// A copy of the seeded database; `None` where the server is missing.
    pub(crate) async fn seeded(backend: Backend) -> Option<Self> {
        match backend {
            Backend::Sqlite => Some(Self::sqlite().await),
            Backend::Postgres => Self::postgres().await,
        }
    }

    async fn sqlite() -> Self {
        let (_, template) = SQLITE_TEMPLATE
            .get_or_init(|| async {
                let folder = tempfile::tempdir().expect("a temporary folder");
                let file = folder.path().join("template.db");
                seed(&format!("sqlite://{}", file.display())).await;
                (folder, file)
            })
            .await;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("weft.db");
        std::fs::copy(template, &file).expect("the template is a file");
        Self { url: format!("sqlite://{}", file.display()), place: Place::Sqlite { _folder: folder } }
    }

    async fn postgres() -> Option<Self> {
        let server = server().await?;
        let template = POSTGRES_TEMPLATE
            .get_or_init(|| async {
                let name = server.create(None).await.expect("an empty database");
                seed(&server.url(&name)).await;
                name
            })
            .await;
        let name = server.create(Some(template)).await.expect("a copy of the template");
        Some(Self { url: server.url(&name), place: Place::Postgres { name } })
    }

    /// Deletes a database that no folder deletes.
    pub(crate) async fn delete(self) {
        if let (Place::Postgres { name }, Some(server)) = (&self.place, server().await) {
            server.drop_database(name).await.expect("the database goes");
        }
    }
}

/// The address of a seeded database on this server.
///
/// # Panics
/// When the server refuses.
pub async fn seeded_postgres(server: &Postgres) -> String {
    let name = server.create(None).await.expect("an empty database");
    seed(&server.url(&name)).await;
    server.url(&name)
}

async fn server() -> Option<&'static Postgres> {
    let server = POSTGRES.get_or_init(Postgres::start).await.as_ref();
    if server.is_none() {
        peers::missing("postgres");
    }
    server
}

async fn seed(url: &str) {
    let mut config = Config::default();
    config.database.url = SecretString::from(url);
    config.database.migrate = true;
    config.database.seed_demo = false;
    let ready = database::ready(&config, &database::silent).await.expect("a migrated database");
    database::seed(&ready.db, kit::seed::Scale(1), &database::silent).await.expect("demo data");
    ready.db.close().await.expect("the database closes");
}
