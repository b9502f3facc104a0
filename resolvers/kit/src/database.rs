//! The database a module reads and writes: SQLite by default, Postgres when
//! configured, one writer and many readers, and a count of the statements sent.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::future::BoxFuture;
use sea_orm::{
    ConnectOptions, ConnectionTrait as _, DatabaseConnection, DatabaseTransaction, DbErr, RuntimeErr,
    SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};
use subscriptions::{Act, EventLog, NewEvent};
use tokio::sync::watch;

use crate::{Clock as _, Error, Result, SystemClock, facts::ActDone, written};

/// How often a transaction is tried when the database asks to try again.
const ATTEMPTS: u32 = 5;
/// Statements that take longer are marked in the log.
const SLOW: Duration = Duration::from_millis(500);

/// Which of the two databases answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The embedded default.
    Sqlite,
    /// A configured server.
    Postgres,
}

tokio::task_local! {
    /// The statements of the work that is being counted, see [`Database::counted`].
    static COUNTED: Arc<AtomicU64>;
}

/// How to connect.
#[derive(Debug, Clone)]
pub struct DatabaseOptions {
    /// `sqlite://path` or `postgres://…`.
    pub url: String,
    /// Reading connections.
    pub max_connections: u32,
    /// How long a request may wait for a connection.
    pub acquire_timeout: Duration,
}

/// The pools of one process. Cheap to clone.
#[derive(Clone)]
pub struct Database {
    read: DatabaseConnection,
    write: DatabaseConnection,
    backend: Backend,
    statements: Arc<AtomicU64>,
    commits: watch::Sender<u64>,
}

impl Database {
    /// Opens the pools; creates an SQLite file that does not exist.
    ///
    /// # Errors
    /// When the address is not understood or nobody answers there.
    pub async fn connect(options: &DatabaseOptions) -> Result<Self, DbErr> {
        let backend =
            if options.url.starts_with("sqlite:") { Backend::Sqlite } else { Backend::Postgres };
        let statements = Arc::new(AtomicU64::new(0));
        let (read, write) = match backend {
            Backend::Sqlite => {
                // SQLite has one writer: a pool of one queues writers without busy errors.
                let write = open(options, 1, &statements).await?;
                (open(options, options.max_connections, &statements).await?, write)
            }
            Backend::Postgres => {
                let pool = open(options, options.max_connections, &statements).await?;
                (pool.clone(), pool)
            }
        };
        Ok(Self { read, write, backend, statements, commits: watch::Sender::new(0) })
    }

    /// For reading.
    #[must_use]
    pub const fn read(&self) -> &DatabaseConnection {
        &self.read
    }

    /// For migrations and single statements that write; several statements
    /// belong into a [`transaction`](Self::transaction).
    #[must_use]
    pub const fn write(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Which database answers.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        self.backend
    }

    /// Does some work and tells how many statements it sent itself, whatever
    /// handlers and workers do meanwhile.
    pub async fn counted<T>(work: impl Future<Output = T>) -> (T, u64) {
        let counted = Arc::new(AtomicU64::new(0));
        let answer = COUNTED.scope(counted.clone(), work).await;
        (answer, counted.load(Ordering::Relaxed))
    }

    /// How many statements were sent so far; tests hold lists to O(levels).
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Changes whenever a transaction of this process commits.
    #[must_use]
    pub fn commits(&self) -> watch::Receiver<u64> {
        self.commits.subscribe()
    }

    /// Runs `work` in one transaction, and again when the database reports a
    /// conflict with another one: `work` must have no effect but on the
    /// transaction. What changes rows within an [`Act`] and tells no fact is
    /// told as [`ActDone`], so that no change by a mutation goes unrecorded.
    ///
    /// # Errors
    /// What `work` answers, after a rollback; [`Error::Internal`] when the
    /// commit fails.
    pub async fn transaction<T, F>(&self, work: F) -> Result<T>
    where
        T: Send,
        F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T>> + Send + Sync,
    {
        let mut attempt = 1;
        loop {
            let outcome = self.attempt(&work).await;
            match outcome {
                Err(Error::Internal(cause)) if attempt < ATTEMPTS && is_conflict(cause.as_ref()) => {
                    tokio::time::sleep(Duration::from_millis(u64::from(attempt) * 5)).await;
                    attempt += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn attempt<T, F>(&self, work: &F) -> Result<T>
    where
        F: for<'t> Fn(&'t DatabaseTransaction) -> BoxFuture<'t, Result<T>>,
    {
        let options = TransactionOptions {
            // Take the write lock at the start: upgrading a read later can fail.
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        // In a task of its own: when a caller leaves while the database begins, the
        // driver would give the connection back with the transaction open.
        let write = self.write.clone();
        #[expect(clippy::disallowed_methods, reason = "the one place that begins transactions")]
        let begin = tokio::spawn(async move { write.begin_with_options(options).await });
        let transaction = begin.await.map_err(Error::internal)??;
        let untold = match Act::current().filter(|act| !act.is_told()) {
            Some(act) => Some((act.facts(), written::before(&transaction).await?, act)),
            None => None,
        };
        match work(&transaction).await {
            Ok(value) => {
                if let Some((facts, before, act)) = &untold
                    && act.facts() == *facts
                    && written::has_written(&transaction, *before).await?
                {
                    let done = ActDone { account: act.actor() };
                    EventLog::append(&transaction, NewEvent::new(&done, SystemClock.now())).await?;
                }
                transaction.commit().await?;
                if let Some((facts, _, act)) = untold
                    && act.facts() != facts
                {
                    act.told();
                }
                self.commits.send_modify(|commits| *commits += 1);
                Ok(value)
            }
            Err(error) => {
                // The work's own error is the one to answer, or to try again for.
                if let Err(cause) = transaction.rollback().await {
                    tracing::warn!(%cause, "a rollback failed");
                }
                Err(error)
            }
        }
    }

    /// Closes all connections; an SQLite file is whole by itself afterwards.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close(&self) -> Result<(), DbErr> {
        self.read.close_by_ref().await?;
        self.write.close_by_ref().await
    }

    /// Whether the database answers now.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DbErr> {
        self.read.execute_unprepared("SELECT 1").await.map(drop)
    }
}

async fn open(
    options: &DatabaseOptions,
    connections: u32,
    statements: &Arc<AtomicU64>,
) -> Result<DatabaseConnection, DbErr> {
    let mut connect = ConnectOptions::new(options.url.clone());
    connect
        .max_connections(connections)
        .acquire_timeout(options.acquire_timeout)
        // A dead connection shows at its next statement; a ping before each costs more.
        .test_before_acquire(false)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .create_if_missing(true)
                .foreign_keys(true)
                .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
                .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Normal)
                .busy_timeout(Duration::from_secs(10))
        });
    let mut connection = sea_orm::Database::connect(connect).await?;
    let statements = statements.clone();
    connection.set_metric_callback(move |info| {
        statements.fetch_add(1, Ordering::Relaxed);
        // Whoever is not counted counts for nobody.
        let _ = COUNTED.try_with(|counted| counted.fetch_add(1, Ordering::Relaxed));
        if info.elapsed > SLOW {
            let duration_ms = info.elapsed.as_millis();
            tracing::warn!(db.statement = %info.statement.sql, duration_ms, "slow statement");
        }
    });
    Ok(connection)
}

/// Whether the database gave up in favour of another transaction, so that
/// trying again can succeed: SQLSTATE 40001 and 40P01, SQLITE_BUSY.
fn is_conflict(cause: &(dyn std::error::Error + 'static)) -> bool {
    // SeaORM does not name the driver's error as the source of its own.
    let Some(
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)),
    ) = cause.downcast_ref::<DbErr>()
    else {
        return false;
    };
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01" | "5" | "517"))
}
