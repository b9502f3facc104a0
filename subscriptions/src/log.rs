//! Writing to the log, and the relay that follows it for all readers of this
//! process.

use std::{sync::Arc, time::Duration};

use entities::events::event;
use futures_util::stream::BoxStream;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait,
};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::{Event, NewEvent, Position, reader};

/// Why a stream can't start or go on.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log no longer reaches back to the cursor.
    #[error("the log no longer reaches back to this cursor")]
    Gap,
    /// The text was never a cursor of ours.
    #[error("not a cursor of this log")]
    BadCursor,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// How the relay follows the log.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// How often to look without being woken; the longest delay of an event
    /// that another process wrote.
    pub poll: Duration,
    /// Events a slow reader may fall behind before it reads from the database.
    pub buffer: usize,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self { poll: Duration::from_millis(250), buffer: 1_024 }
    }
}

/// The event log of one database. Cheap to clone.
#[derive(Clone)]
pub struct EventLog {
    pub(crate) db: DatabaseConnection,
    pub(crate) live: broadcast::Sender<Arc<Event>>,
    /// How far the relay has handed events on.
    pub(crate) head: watch::Sender<Position>,
    options: LogOptions,
}

impl EventLog {
    /// The log in this database; reads nothing yet.
    #[must_use]
    pub fn new(db: DatabaseConnection, options: LogOptions) -> Self {
        let (live, _) = broadcast::channel(options.buffer);
        Self { db, live, head: watch::Sender::new(Position::default()), options }
    }

    /// Writes a fact. Call it in the transaction that makes the fact true:
    /// either both are there afterwards or neither.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append(transaction: &impl ConnectionTrait, event: NewEvent) -> Result<(), DbErr> {
        let row = event::ActiveModel {
            sequence: NotSet,
            transaction: NotSet,
            kind: Set(event.kind.to_owned()),
            version: Set(event.version),
            subject: Set(event.subject),
            payload: Set(event.payload),
            at: Set(event.at),
        };
        event::Entity::insert(row).exec_without_returning(transaction).await.map(drop)
    }

    /// Follows the log until `stop` and hands events on; `commits` wakes it.
    ///
    /// # Errors
    /// When the database does not answer at the start.
    pub async fn relay(
        &self,
        mut commits: watch::Receiver<u64>,
        stop: CancellationToken,
    ) -> Result<impl Future<Output = ()> + Send + use<>, DbErr> {
        event::adopt_restored(&self.db).await?;
        self.head.send_replace(reader::head(&self.db).await?);
        let log = self.clone();
        Ok(async move {
            loop {
                let woken = async {
                    // A closed channel means that nobody writes here any more.
                    if commits.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                };
                let pause = tokio::time::timeout(log.options.poll, woken);
                if stop.run_until_cancelled(pause).await.is_none() {
                    return;
                }
                if let Err(error) = log.hand_on().await {
                    tracing::error!(%error, "the event log can't be read, trying again");
                }
            }
        })
    }

    async fn hand_on(&self) -> Result<(), DbErr> {
        loop {
            let head = *self.head.borrow();
            let events = reader::after(&self.db, head, reader::PAGE).await?;
            let Some(last) = events.last().map(|event| event.position) else {
                return Ok(());
            };
            for event in events {
                // Nobody listening is fine.
                let _ = self.live.send(Arc::new(event));
            }
            self.head.send_replace(last);
        }
    }

    /// All events after `after` that `wanted` accepts, then all new ones, each
    /// once and in order; from now on when `after` is absent.
    ///
    /// # Errors
    /// [`LogError::BadCursor`] for a foreign text, [`LogError::Gap`] when events
    /// after the cursor are already deleted. The stream ends after an error.
    pub async fn follow(
        &self,
        after: Option<&str>,
        wanted: impl Fn(&Event) -> bool + Send + Sync + 'static,
    ) -> Result<BoxStream<'static, Result<Arc<Event>, LogError>>, LogError> {
        let after = after.map(str::parse).transpose()?;
        reader::follow(self.clone(), after, wanted).await
    }
}
