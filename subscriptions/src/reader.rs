//! Reading the log: first what a reader missed, from memory or the database,
//! then what comes, from the relay; without a gap or a repetition at the seam.

use std::{collections::HashSet, sync::Arc};

use entities::events::{event, floor};
use futures_util::{StreamExt as _, stream::BoxStream};
use sea_orm::{DatabaseConnection, DbErr};

use crate::{
    Event, EventLog, Kinds, LogError, Position,
    listeners::{Heard, Queue},
};

/// Events read from the database at once.
pub(crate) const PAGE: u64 = 500;

/// What a reader of the log wants.
#[derive(Debug, Clone)]
pub struct Following {
    /// A cursor to resume behind; from now on when absent.
    pub after: Option<String>,
    /// Where to end; goes on for ever when absent.
    pub until: Option<Position>,
    /// Which kinds.
    pub kinds: Kinds,
    /// Whose; everything's when absent.
    pub subjects: Option<HashSet<String>>,
}

impl Following {
    /// Everything of these kinds, from now on.
    #[must_use]
    pub const fn new(kinds: Kinds) -> Self {
        Self { after: None, until: None, kinds, subjects: None }
    }

    /// Behind this cursor.
    #[must_use]
    pub fn after(mut self, cursor: Option<String>) -> Self {
        self.after = cursor;
        self
    }

    /// Only what happened to these.
    #[must_use]
    pub fn subjects(mut self, subjects: impl IntoIterator<Item = String>) -> Self {
        self.subjects = Some(subjects.into_iter().collect());
        self
    }

    fn wants(&self, event: &Event) -> bool {
        self.kinds.contains(&event.kind)
            && self.subjects.as_ref().is_none_or(|subjects| subjects.contains(&event.subject))
    }
}

/// The newest position that no later commit can precede.
pub(crate) async fn head(db: &DatabaseConnection) -> Result<Position, DbErr> {
    let row = event::newest_settled(db).await?;
    let head = row.map(|(transaction, sequence)| Position { transaction, sequence });
    Ok(head.unwrap_or(trimmed(db).await?))
}

/// The last event that was deleted; the log's start when there is none.
pub(crate) async fn trimmed(db: &DatabaseConnection) -> Result<Position, DbErr> {
    let (transaction, sequence) = floor::read(db).await?;
    Ok(Position { transaction, sequence })
}

/// The next settled events after a position.
pub(crate) async fn after(
    db: &DatabaseConnection,
    position: Position,
    limit: u64,
) -> Result<Vec<Event>, DbErr> {
    let rows = event::settled_after(db, position.transaction, position.sequence, limit).await?;
    Ok(rows.into_iter().map(Event::from).collect())
}

impl From<event::Model> for Event {
    fn from(row: event::Model) -> Self {
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

type Items = BoxStream<'static, Result<Arc<Event>, LogError>>;

pub(crate) async fn follow(log: EventLog, following: Following) -> Result<Items, LogError> {
    let after = following.after.as_deref().map(str::parse).transpose()?;
    // Listen before looking, so that nothing falls between the two.
    let queue = log.0.listeners.join(following.subjects.as_ref());
    let mut reader = Reader {
        position: after.unwrap_or_else(|| log.head()),
        log,
        queue,
        missed: Vec::new(),
        behind: false,
        following,
    };
    if after.is_some() && !reader.recall() {
        if reader.has_gap().await? {
            return Err(LogError::Gap(reader.log.head()));
        }
        reader.behind = true;
    }
    let stream = futures_util::stream::unfold(Some(reader), |reader| async {
        let mut reader = reader?;
        match reader.next().await {
            Ok(Some(event)) => Some((Ok(event), Some(reader))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    Ok(stream.boxed())
}

struct Reader {
    log: EventLog,
    queue: Arc<Queue>,
    /// How far this reader is.
    position: Position,
    /// Events that were missed, newest first.
    missed: Vec<Arc<Event>>,
    /// The database may hold events that the relay already passed.
    behind: bool,
    following: Following,
}

impl Reader {
    /// The next wanted event; `None` at the end.
    async fn next(&mut self) -> Result<Option<Arc<Event>>, LogError> {
        loop {
            if let Some(event) = self.missed.pop() {
                match self.take(event) {
                    Some(wanted) => return Ok(Some(wanted)),
                    None => continue,
                }
            }
            if self.behind {
                self.catch_up().await?;
                continue;
            }
            // The relay remembers events before it moves the head, which is the bound: they
            // were all in memory, or else in the database.
            if self.following.until.is_some() {
                return Ok(None);
            }
            match self.queue.next().await {
                Heard::Event(event) => {
                    if let Some(wanted) = self.take(event) {
                        return Ok(Some(wanted));
                    }
                }
                // Memory may still hold what the queue had no room for.
                Heard::Missed(behind) => {
                    self.position = self.position.max(behind);
                    self.behind = !self.recall();
                }
            }
        }
    }

    /// Moves on to this event; answers it when it is wanted.
    fn take(&mut self, event: Arc<Event>) -> Option<Arc<Event>> {
        if event.is_passing {
            let is_wanted = self.following.until.is_none() && self.following.wants(&event);
            // Who resumes behind it has been given all events up to there.
            let position = self.position.max(event.position);
            return is_wanted.then(|| Arc::new(Event { position, ..Event::clone(&event) }));
        }
        if event.position <= self.position {
            return None;
        }
        self.position = event.position;
        let is_past = self.following.until.is_some_and(|until| event.position > until);
        (!is_past && self.following.wants(&event)).then_some(event)
    }

    /// Takes what was missed from memory, if memory reaches back so far.
    fn recall(&mut self) -> bool {
        let recent = self.log.0.recent.read().expect("no code panics while it holds this lock");
        let reaches = recent.front().is_some_and(|oldest| oldest.position <= self.position)
            && recent.back().is_some_and(|newest| newest.position >= self.position);
        if reaches {
            let from = recent.partition_point(|event| event.position <= self.position);
            self.missed = recent.range(from..).rev().cloned().collect();
        }
        reaches
    }

    /// Whether events after the position are no longer in the log.
    async fn has_gap(&self) -> Result<bool, LogError> {
        let db = &self.log.0.db;
        let Position { transaction, sequence } = self.position;
        let trimmed = trimmed(db).await?;
        if self.position == trimmed {
            return Ok(false);
        }
        // A position that is not in the log was trimmed, or is of another life
        // of this database.
        Ok(self.position < trimmed || !event::exists(db, transaction, sequence).await?)
    }

    async fn catch_up(&mut self) -> Result<(), LogError> {
        let Position { transaction, sequence } = self.position;
        let db = &self.log.0.db;
        let rows = match &self.following.subjects {
            None => event::settled_after(db, transaction, sequence, PAGE).await?,
            Some(subjects) => event::settled_after_of(db, subjects, transaction, sequence, PAGE).await?,
        };
        self.behind = !rows.is_empty();
        self.missed = rows.into_iter().rev().map(|row| Arc::new(Event::from(row))).collect();
        Ok(())
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.log.0.listeners.leave(&self.queue, self.following.subjects.as_ref());
    }
}
