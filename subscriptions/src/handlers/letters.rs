//! What operators see of handlers: how far each is, and its dead letters.

use entities::{
    events::{event, handler, retry},
    time::DateTime,
};
use sea_orm::{DatabaseConnection, DbErr, EntityTrait as _, PaginatorTrait as _, QueryFilter as _};

use crate::{Event, Position};

/// The handlers of one database, for those who keep it.
pub struct Handlers {
    db: DatabaseConnection,
}

/// How far a handler is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lag {
    /// The handler.
    pub name: String,
    /// The last event it is done with.
    pub position: Position,
    /// Events that it has not looked at yet.
    pub behind: u64,
    /// Events that will be tried again.
    pub waiting: u64,
    /// Events that were given up.
    pub dead: u64,
    /// When it last moved.
    pub moved_at: DateTime,
}

/// An event that was given up.
#[derive(Debug, Clone, PartialEq)]
pub struct DeadLetter {
    /// Who gave it up.
    pub handler: String,
    /// The event.
    pub event: Event,
    /// How often it was tried.
    pub attempts: i32,
    /// Why it failed the last time.
    pub error: String,
}

impl Handlers {
    /// The handlers of this database.
    #[must_use]
    pub const fn new(db: DatabaseConnection) -> Self {
        Self { db }
    }

    /// How far every handler is, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lag(&self) -> Result<Vec<Lag>, DbErr> {
        let counts = retry::counts(&self.db).await?;
        let count = |name: &str, is_dead| {
            let found = counts.iter().find(|row| row.handler == name && row.is_dead == is_dead);
            found.map_or(0, |row| u64::try_from(row.events).unwrap_or_default())
        };
        let mut lags = Vec::new();
        for row in handler::all(&self.db).await? {
            let behind = event::Entity::find().filter(event::after(row.transaction, row.sequence));
            lags.push(Lag {
                position: Position { transaction: row.transaction, sequence: row.sequence },
                behind: behind.count(&self.db).await?,
                waiting: count(&row.name, false),
                dead: count(&row.name, true),
                moved_at: row.moved_at,
                name: row.name,
            });
        }
        Ok(lags)
    }

    /// The first dead letters, of one handler or of all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dead(&self, handler: Option<&str>, limit: u64) -> Result<Vec<DeadLetter>, DbErr> {
        let rows = retry::dead(&self.db, handler, limit).await?;
        Ok(rows.into_iter().map(DeadLetter::from).collect())
    }

    /// Has a handler try its dead letters again, one or all; how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn requeue(&self, handler: &str, sequence: Option<i64>) -> Result<u64, DbErr> {
        retry::requeue(&self.db, handler, sequence).await
    }

    /// Drops a handler's dead letters, one or all; how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn discard(&self, handler: &str, sequence: Option<i64>) -> Result<u64, DbErr> {
        retry::discard(&self.db, handler, sequence).await
    }

    /// Forgets how far a handler is that is no more, so that the log need not
    /// keep events for it; false when it was not known.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget(&self, handler: &str) -> Result<bool, DbErr> {
        handler::forget(&self.db, handler).await
    }
}

impl From<retry::Model> for DeadLetter {
    fn from(row: retry::Model) -> Self {
        let (handler, attempts, error) = (row.handler.clone(), row.attempts, row.error.clone());
        Self { handler, attempts, error, event: Event::from(row) }
    }
}

impl From<retry::Model> for Event {
    fn from(row: retry::Model) -> Self {
        Self {
            position: Position { transaction: row.transaction, sequence: row.sequence },
            kind: row.kind,
            version: row.version,
            subject: row.subject,
            payload: row.payload,
            at: row.at,
            is_passing: false,
        }
    }
}
