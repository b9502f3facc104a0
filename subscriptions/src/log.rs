//! The log of one database: writing to it, and following it.

use std::{
    collections::VecDeque,
    sync::{Arc, RwLock},
    time::Duration,
};

use entities::events::event;
use futures_util::stream::BoxStream;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ConnectionTrait, DatabaseConnection, DbErr, EntityTrait,
};
use tokio::sync::{Notify, watch};

use crate::{Act, Event, Following, NewEvent, Position, RedisBus, listeners::Listeners, reader};

/// Events in one statement; SQLite binds at most 32,766 values.
const BATCH: usize = 1_000;

/// Why a stream can't start or go on.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The log no longer reaches back to the cursor. Who reads the state anew
    /// and then follows from here has missed nothing.
    #[error("the log no longer reaches back to this cursor")]
    Gap(Position),
    /// The text was never a cursor of ours.
    #[error("not a cursor of this log")]
    BadCursor,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// How the log is followed and kept.
#[derive(Debug, Clone)]
pub struct LogOptions {
    /// How often to look without being woken; the longest delay of an event
    /// that another process wrote, when no bus tells of it.
    pub poll: Duration,
    /// The latest events that are kept in memory: a reader who is behind by no
    /// more needs no database.
    pub buffer: usize,
    /// How long events stay in the log; `None` keeps them all.
    pub retention: Option<Duration>,
}

impl Default for LogOptions {
    fn default() -> Self {
        Self {
            poll: Duration::from_millis(250),
            buffer: 4_096,
            retention: Some(Duration::from_secs(7 * 24 * 60 * 60)),
        }
    }
}

/// The event log of one database. Cheap to clone.
#[derive(Clone)]
pub struct EventLog(pub(crate) Arc<Shared>);

pub(crate) struct Shared {
    pub(crate) db: DatabaseConnection,
    /// Where the log is trimmed and handlers note how far they are.
    pub(crate) writer: DatabaseConnection,
    pub(crate) listeners: Listeners,
    /// The latest events that the relay handed on, oldest first.
    pub(crate) recent: RwLock<VecDeque<Arc<Event>>>,
    /// How far the relay has handed events on.
    pub(crate) head: watch::Sender<Position>,
    /// Somebody says that there is something to read.
    pub(crate) wake: Notify,
    pub(crate) bus: Option<RedisBus>,
    pub(crate) options: LogOptions,
}

impl EventLog {
    /// The log in this database; reads nothing yet. `bus` joins it with the
    /// other instances on the same database.
    #[must_use]
    pub fn new(
        db: DatabaseConnection,
        writer: DatabaseConnection,
        options: LogOptions,
        bus: Option<RedisBus>,
    ) -> Self {
        Self(Arc::new(Shared {
            db,
            writer,
            listeners: Listeners::default(),
            recent: RwLock::default(),
            head: watch::Sender::new(Position::default()),
            wake: Notify::new(),
            bus,
            options,
        }))
    }

    /// Writes a fact. Call it in the transaction that makes the fact true:
    /// either both are there afterwards or neither. Within an [`Act`] it carries
    /// the act's name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append(transaction: &impl ConnectionTrait, event: NewEvent) -> Result<(), DbErr> {
        event::Entity::insert(row(event)).exec_without_returning(transaction).await.map(drop)
    }

    /// Writes many facts in their order, with a statement for every thousand.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn append_all(
        transaction: &impl ConnectionTrait,
        events: Vec<NewEvent>,
    ) -> Result<(), DbErr> {
        let mut rows = events.into_iter().map(row).peekable();
        while rows.peek().is_some() {
            let batch: Vec<event::ActiveModel> = rows.by_ref().take(BATCH).collect();
            event::Entity::insert_many(batch).exec_without_returning(transaction).await?;
        }
        Ok(())
    }

    /// Tells whoever follows now, on every instance, and stores nothing: for
    /// what is worthless a moment later, such as "is typing". May be lost.
    pub fn pass(&self, event: NewEvent) {
        let signal = Event {
            position: Position::default(),
            kind: event.kind.to_owned(),
            version: event.version,
            subject: event.subject,
            payload: event.payload,
            at: event.at,
            is_passing: true,
        };
        if let Some(bus) = &self.0.bus {
            bus.pass(&signal);
        }
        self.0.listeners.pass(signal);
    }

    /// The events that `following` asks for, each once and in order; the stream
    /// ends after an error.
    ///
    /// # Errors
    /// [`LogError::BadCursor`] for a foreign text, [`LogError::Gap`] when events
    /// after the cursor are already deleted.
    pub async fn follow(
        &self,
        following: Following,
    ) -> Result<BoxStream<'static, Result<Arc<Event>, LogError>>, LogError> {
        reader::follow(self.clone(), following).await
    }

    /// Changes whenever the relay has handed events on.
    #[must_use]
    pub fn heads(&self) -> watch::Receiver<Position> {
        self.0.head.subscribe()
    }

    /// The last event that was handed on in this process.
    #[must_use]
    pub fn head(&self) -> Position {
        *self.0.head.borrow()
    }
}

fn row(event: NewEvent) -> event::ActiveModel {
    let act = Act::current();
    if let Some(act) = &act {
        act.count();
    }
    let act = act.as_deref();
    event::ActiveModel {
        sequence: NotSet,
        transaction: NotSet,
        kind: Set(event.kind.to_owned()),
        version: Set(event.version),
        subject: Set(event.subject),
        payload: Set(event.payload),
        at: Set(event.at),
        act: Set(act.map(|act| act.id.to_string())),
        actor: Set(act.and_then(|act| act.actor)),
        action: Set(act.map(|act| act.action.clone())),
    }
}
