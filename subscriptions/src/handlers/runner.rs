//! Runs one handler: takes the lease, reads on from its position, sets failures
//! aside and tries them again.

use std::{
    collections::{HashSet, VecDeque},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use entities::events::{handler as positions, retry};
use futures_util::FutureExt as _;
use sea_orm::DbErr;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use super::{Handler, HandlerOptions};
use crate::{Event, EventLog, Position, reader, retention::now};

/// Events that wait for another attempt and are looked at together.
const WAITING: u64 = 200;
/// A pause after the database failed.
const REST: Duration = Duration::from_secs(1);
/// Events that a handler does not want are noted as done this often.
const UNWANTED: i64 = 1_000;

pub(super) async fn run(
    log: EventLog,
    handler: Arc<dyn Handler>,
    options: HandlerOptions,
    stop: CancellationToken,
) {
    let process = Ulid::generate().to_string();
    let mut runner =
        Runner { log, handler, options, process, lease: None, waiting: true, retry_at: None };
    while !stop.is_cancelled() {
        let mut head = runner.log.0.head.subscribe();
        head.mark_unchanged();
        let turn = stop.run_until_cancelled(runner.turn()).await;
        let pause = match turn {
            None => break,
            Some(Ok(Turn::More)) => continue,
            Some(Ok(Turn::Elsewhere)) => runner.options.lease / 3,
            Some(Ok(Turn::Done)) => runner.until_retry(),
            Some(Err(error)) => {
                tracing::error!(handler = runner.handler.name(), %error, "a handler can't go on yet");
                runner.lease = None;
                REST
            }
        };
        let is_elsewhere = runner.lease.is_none();
        let woken = async {
            // Who does not run the handler need not know of events.
            if is_elsewhere || head.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(pause) => runner.waiting = true,
            () = woken => {}
        }
    }
    runner.leave().await;
}

struct Runner {
    log: EventLog,
    handler: Arc<dyn Handler>,
    options: HandlerOptions,
    /// Names this run among those of other processes.
    process: String,
    lease: Option<Lease>,
    /// Events may wait for another attempt.
    waiting: bool,
    /// When the first of them is due, in milliseconds.
    retry_at: Option<i64>,
}

struct Lease {
    renew: Instant,
    /// Done with everything up to here.
    position: Position,
    /// As the database knows it.
    saved: Position,
}

enum Turn {
    /// There is more to read.
    More,
    /// Nothing to do until something happens.
    Done,
    /// Another process runs the handler.
    Elsewhere,
}

impl Runner {
    async fn turn(&mut self) -> Result<Turn, DbErr> {
        if !self.take_lease().await? {
            return Ok(Turn::Elsewhere);
        }
        if self.waiting || self.retry_at.is_some_and(|at| at <= now().0) {
            self.retry().await?;
        }
        let Some(position) = self.lease.as_ref().map(|lease| lease.position) else {
            return Ok(Turn::Elsewhere);
        };
        // What the relay has not handed on yet is not asked for.
        if position >= self.log.head() {
            return Ok(Turn::Done);
        }
        let events = reader::after(&self.log.0.db, position, reader::PAGE).await?;
        let Some(last) = events.last().map(|event| event.position) else {
            return Ok(Turn::Done);
        };
        let kinds = self.handler.kinds();
        for event in &events {
            if kinds.contains(&event.kind) {
                // A page may take longer than the lease lasts.
                if !self.take_lease().await? {
                    return Ok(Turn::Elsewhere);
                }
                self.take(event).await?;
                self.done(event.position, true).await?;
                if self.lease.is_none() {
                    return Ok(Turn::Elsewhere);
                }
            }
        }
        self.done(last, false).await?;
        Ok(Turn::More)
    }

    /// Takes or renews the lease; false while another process has it.
    async fn take_lease(&mut self) -> Result<bool, DbErr> {
        if self.lease.as_ref().is_some_and(|lease| Instant::now() < lease.renew) {
            return Ok(true);
        }
        let (db, name) = (&self.log.0.writer, self.handler.name());
        let now = now();
        if self.lease.is_none() {
            let floor = reader::trimmed(db).await?;
            positions::register(db, name, (floor.transaction, floor.sequence), now).await?;
        }
        let length = i64::try_from(self.options.lease.as_millis()).unwrap_or(i64::MAX);
        let leased = positions::lease(db, name, &self.process, now, now.plus(length)).await?;
        let Some((transaction, sequence)) = leased else {
            self.lease = None;
            return Ok(false);
        };
        let renew = Instant::now() + self.options.lease / 3;
        match &mut self.lease {
            Some(lease) => {
                lease.renew = renew;
                // Somebody may have requeued a dead letter.
                self.waiting = true;
                self.save().await?;
            }
            None => {
                let position = Position { transaction, sequence };
                self.lease = Some(Lease { renew, position, saved: position });
                self.waiting = true;
            }
        }
        Ok(self.lease.is_some())
    }

    /// Notes that everything up to here is done; what was unwanted only now and then.
    async fn done(&mut self, position: Position, is_wanted: bool) -> Result<(), DbErr> {
        let Some(lease) = &mut self.lease else { return Ok(()) };
        lease.position = position;
        let is_far = position.sequence - lease.saved.sequence >= UNWANTED;
        if is_wanted || is_far {
            self.save().await?;
        }
        Ok(())
    }

    async fn save(&mut self) -> Result<(), DbErr> {
        let Some(lease) = &mut self.lease else { return Ok(()) };
        if lease.saved == lease.position {
            return Ok(());
        }
        let Position { transaction, sequence } = lease.position;
        let (db, name) = (&self.log.0.writer, self.handler.name());
        let place = (transaction, sequence);
        if positions::advance(db, name, &self.process, place, now()).await? {
            lease.saved = lease.position;
        } else {
            tracing::warn!(handler = name, "another process has taken over");
            self.lease = None;
        }
        Ok(())
    }

    /// Gives the handler an event, or sets it aside.
    async fn take(&mut self, event: &Event) -> Result<(), DbErr> {
        let (db, name) = (&self.log.0.writer, self.handler.name());
        let waits_behind = self.retry_at.is_some() && retry::waits(db, name, &event.subject).await?;
        let failure = match waits_behind {
            true => None,
            false => match self.attempt(event).await {
                Ok(()) => return Ok(()),
                Err(failure) => Some(failure),
            },
        };
        let attempts = u32::from(failure.is_some());
        let next = now().plus(self.pause(attempts));
        tracing::debug!(handler = name, event.kind, event.subject, ?failure, "set aside");
        let row = retry::Model {
            handler: name.to_owned(),
            sequence: event.position.sequence,
            transaction: event.position.transaction,
            kind: event.kind.clone(),
            version: event.version,
            subject: event.subject.clone(),
            payload: event.payload.clone(),
            at: event.at,
            attempts: i32::try_from(attempts).unwrap_or(i32::MAX),
            next_attempt_at: next,
            error: failure.unwrap_or_default(),
            is_dead: false,
        };
        retry::park(db, row).await?;
        self.retry_at = Some(self.retry_at.map_or(next.0, |at| at.min(next.0)));
        Ok(())
    }

    async fn attempt(&self, event: &Event) -> Result<(), String> {
        let work = AssertUnwindSafe(self.handler.handle(event)).catch_unwind();
        match timeout(self.options.timeout, work).await {
            Ok(Ok(Ok(()))) => Ok(()),
            Ok(Ok(Err(error))) => Err(told(error.as_ref())),
            Ok(Err(_)) => Err("the handler panicked".to_owned()),
            Err(_) => Err(format!("took longer than {:?}", self.options.timeout)),
        }
    }

    /// Tries again what is due, the oldest of each subject first.
    async fn retry(&mut self) -> Result<(), DbErr> {
        let (db, name) = (self.log.0.writer.clone(), self.handler.name());
        let mut held: HashSet<String> = HashSet::new();
        let mut first_due = None;
        let mut from = (0, 0);
        let mut rows = VecDeque::new();
        loop {
            if rows.is_empty() {
                rows.extend(retry::waiting(&db, name, from, WAITING).await?);
            }
            let Some(row) = rows.pop_front() else { break };
            from = (row.transaction, row.sequence);
            if held.contains(&row.subject) {
                continue;
            }
            if row.next_attempt_at > now() && row.attempts > 0 {
                let due = row.next_attempt_at.0;
                first_due = Some(first_due.map_or(due, |first: i64| first.min(due)));
                held.insert(row.subject);
                continue;
            }
            if !self.take_lease().await? {
                return Ok(());
            }
            let event = Event::from(row.clone());
            let Err(error) = self.attempt(&event).await else {
                retry::remove(&db, name, row.sequence).await?;
                continue;
            };
            let attempts = u32::try_from(row.attempts).unwrap_or_default() + 1;
            let is_dead = attempts >= self.options.attempts;
            let next = now().plus(self.pause(attempts));
            let count = i32::try_from(attempts).unwrap_or(i32::MAX);
            retry::failed(&db, &row, count, next, &error, is_dead).await?;
            if is_dead {
                tracing::error!(handler = name, event.kind, event.subject, %error, "dead letter");
            } else {
                first_due = Some(first_due.map_or(next.0, |first: i64| first.min(next.0)));
                held.insert(row.subject);
            }
        }
        self.retry_at = first_due;
        self.waiting = false;
        Ok(())
    }

    /// The pause after so many attempts, in milliseconds; spread, so that what
    /// failed together does not come back together.
    fn pause(&self, attempts: u32) -> i64 {
        let doubled = self.options.pause.saturating_mul(1 << attempts.saturating_sub(1).min(20));
        let pause = doubled.min(self.options.longest_pause);
        let spread =
            f64::from(u8::try_from(Ulid::generate().random() & 0x7f).unwrap_or_default()) / 512.0;
        i64::try_from(pause.mul_f64(1.0 + spread).as_millis()).unwrap_or(i64::MAX)
    }

    /// How long there is nothing to do.
    fn until_retry(&self) -> Duration {
        let regular = self.options.lease / 3;
        let Some(at) = self.retry_at else { return regular };
        let left = u64::try_from(at - now().0).unwrap_or_default();
        Duration::from_millis(left).clamp(Duration::from_millis(1), regular)
    }

    /// Notes how far it is and lets another process go on.
    async fn leave(&mut self) {
        let left = async {
            self.save().await?;
            positions::release(&self.log.0.writer, self.handler.name(), &self.process).await
        };
        if let Err(error) = left.await {
            tracing::warn!(%error, "a handler's lease was not given back");
        }
    }
}

/// An error and what caused it.
fn told(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
