//! Reading the log: first what a reader missed, from the database, then what
//! comes, from the relay; without a gap or a repetition at the seam.

use std::sync::Arc;

use entities::events::event;
use futures_util::{StreamExt as _, stream::BoxStream};
use sea_orm::{DatabaseConnection, DbErr};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{Event, EventLog, LogError, Position};

/// Events read from the database at once.
pub(crate) const PAGE: u64 = 500;

/// The newest position that no later commit can precede.
pub(crate) async fn head(db: &DatabaseConnection) -> Result<Position, DbErr> {
    let row = event::newest_settled(db).await?;
    Ok(row.map(|(transaction, sequence)| Position { transaction, sequence }).unwrap_or_default())
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
        }
    }
}

type Items = BoxStream<'static, Result<Arc<Event>, LogError>>;

pub(crate) async fn follow(
    log: EventLog,
    after: Option<Position>,
    wanted: impl Fn(&Event) -> bool + Send + Sync + 'static,
) -> Result<Items, LogError> {
    // Listen before looking, so that nothing falls between the two.
    let live = log.live.subscribe();
    let position = match after {
        None => *log.head.borrow(),
        Some(position)
            if event::has_gap_after(&log.db, position.transaction, position.sequence).await? =>
        {
            return Err(LogError::Gap);
        }
        Some(position) => position,
    };
    let reader = Reader { log, live, position, missed: Vec::new(), behind: after.is_some() };
    let stream = futures_util::stream::unfold(Some(reader), |reader| async {
        let mut reader = reader?;
        match reader.next().await {
            Ok(Some(event)) => Some((Ok(event), Some(reader))),
            Ok(None) => None,
            Err(error) => Some((Err(error), None)),
        }
    });
    Ok(stream
        .filter(move |item| {
            let is_wanted = item.as_ref().map_or(true, |event| wanted(event));
            std::future::ready(is_wanted)
        })
        .boxed())
}

struct Reader {
    log: EventLog,
    live: Receiver<Arc<Event>>,
    /// The last event given out.
    position: Position,
    /// Events read from the database, newest first.
    missed: Vec<Arc<Event>>,
    /// The database may hold events that the relay already passed.
    behind: bool,
}

impl Reader {
    /// The next event; `None` when the log is closed.
    async fn next(&mut self) -> Result<Option<Arc<Event>>, LogError> {
        loop {
            if let Some(event) = self.missed.pop() {
                self.position = event.position;
                return Ok(Some(event));
            }
            if self.behind {
                self.catch_up().await?;
                continue;
            }
            match self.live.recv().await {
                Ok(event) if event.position > self.position => {
                    self.position = event.position;
                    return Ok(Some(event));
                }
                Ok(_) => {}
                Err(RecvError::Lagged(_)) => self.behind = true,
                Err(RecvError::Closed) => return Ok(None),
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), LogError> {
        let events = after(&self.log.db, self.position, PAGE).await?;
        self.behind = !events.is_empty();
        self.missed = events.into_iter().rev().map(Arc::new).collect();
        Ok(())
    }
}
