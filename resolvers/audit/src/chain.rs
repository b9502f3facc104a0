//! Makes the chain: takes the facts of the event log in its order, many in one
//! transaction, which also moves on how far it is. Whoever holds that row adds
//! to the chain, so that any number of processes make one.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use entities::{
    audit::{head, record, subject},
    events::{event, floor, handler},
};
use kit::{
    Clock, Database, Health, HealthCheck, Platform, Position, Result, SystemClock,
    facts::{JobProgressed, NotificationAdded},
};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::Value;
use subscriptions::{EventLog, Fact as _};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::seal::{Seal, ordered};

/// Under which the log knows how far the chain is: `weft events handlers` shows
/// it, and nothing is deleted from the log before it is in the chain.
pub(crate) const NAME: &str = "audit.chain";

/// Events in one transaction.
const PAGE: u64 = 500;
/// A pause after the database failed.
const REST: Duration = Duration::from_secs(1);
/// Looks at least so often, whatever the log says.
const IDLE: Duration = Duration::from_secs(30);
/// Behind for longer is worth a word, in milliseconds.
const LATE: i64 = 60_000;

/// What only follows from a fact that is recorded, and comes in great numbers.
/// Within an act it is recorded all the same.
const CONSEQUENCES: [&str; 2] = [JobProgressed::KIND, NotificationAdded::KIND];

/// Adds to the chain.
pub(crate) struct Chain {
    db: Database,
    events: EventLog,
    seal: Arc<Seal>,
}

/// Keeps the chain up with the log until `stop`.
pub(crate) async fn run(chain: Arc<Chain>, stop: CancellationToken) {
    let mut heads = chain.events.heads();
    heads.mark_changed();
    while !stop.is_cancelled() {
        heads.mark_unchanged();
        // Never broken off: a transaction ends before this does.
        let pause = match chain.catch_up(&stop).await {
            Ok(()) => IDLE,
            Err(error) => {
                tracing::error!(?error, "the audit log can't go on yet");
                REST
            }
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(pause) => {}
            changed = heads.changed() => if changed.is_err() { return },
        }
    }
}

impl Chain {
    pub(crate) fn new(platform: &Platform, seal: Seal) -> Self {
        Self { db: platform.db.clone(), events: platform.events.clone(), seal: Arc::new(seal) }
    }

    /// Adds everything that the log has handed on, unless it is to stop.
    async fn catch_up(&self, stop: &CancellationToken) -> Result<()> {
        while !stop.is_cancelled() && self.position().await? < self.events.head() {
            let seal = self.seal.clone();
            let add = self.db.transaction(move |transaction| {
                let seal = seal.clone();
                Box::pin(async move { Ok(add(transaction, &seal).await?) })
            });
            if add.await? == 0 {
                break;
            }
        }
        Ok(())
    }

    /// How far it is; begins where the log does.
    async fn position(&self) -> Result<Position> {
        let db = self.db.write();
        if let Some(row) = handler::by_name(db, NAME).await? {
            return Ok(Position { transaction: row.transaction, sequence: row.sequence });
        }
        let (transaction, sequence) = floor::read(db).await?;
        handler::register(db, NAME, (transaction, sequence), SystemClock.now()).await?;
        Ok(Position { transaction, sequence })
    }
}

#[async_trait::async_trait]
impl HealthCheck for Chain {
    async fn check(&self) -> Health {
        let row = match handler::by_name(self.db.read(), NAME).await {
            Ok(Some(row)) => row,
            Ok(None) => return Health::Up,
            Err(_) => return Health::Down("the database does not answer".to_owned()),
        };
        let position = Position { transaction: row.transaction, sequence: row.sequence };
        let late = SystemClock.now().0 - row.moved_at.0;
        match position < self.events.head() && late > LATE {
            true => Health::Degraded(format!("the audit log has not moved for {} s", late / 1_000)),
            false => Health::Up,
        }
    }
}

/// Adds the next events to the chain; how many there were.
async fn add(transaction: &impl ConnectionTrait, seal: &Seal) -> Result<usize, DbErr> {
    let now = SystemClock.now();
    let Some((number, sequence)) = handler::hold(transaction, NAME, now).await? else { return Ok(0) };
    let events = event::settled_after(transaction, number, sequence, PAGE).await?;
    let Some(last) = events.last() else { return Ok(0) };
    let (count, position) = (events.len(), (last.transaction, last.sequence));

    // After a restore the log may be read a second time.
    let sequences: Vec<i64> = events.iter().map(|event| event.sequence).collect();
    let known = record::known(transaction, &sequences).await?;
    let acts: HashSet<String> = events.iter().filter_map(|event| event.act.clone()).collect();
    let mut entries = record::entries_of(transaction, &acts).await?;
    let end = head::read(transaction).await?;
    let (mut sequence, mut hash) = end.map(|end| (end.sequence, end.hash)).unwrap_or_default();
    let (mut records, mut subjects) = (Vec::new(), Vec::new());
    for event in events {
        let is_consequence = event.act.is_none() && CONSEQUENCES.contains(&event.kind.as_str());
        if is_consequence || known.contains(&event.sequence) {
            continue;
        }
        sequence += 1;
        let entry = match &event.act {
            Some(act) => *entries.entry(act.clone()).or_insert(sequence),
            None => sequence,
        };
        let row = record(event, sequence, entry, hash, seal);
        subjects.extend(about(&row).into_iter().map(|subject| subject::Model {
            subject,
            record: sequence,
            entry,
        }));
        hash = row.hash.clone();
        records.push(row);
    }
    if !records.is_empty() {
        record::insert(transaction, records).await?;
        subject::insert(transaction, subjects).await?;
        let sealed = seal.head(sequence, &hash);
        head::write(transaction, sequence, hash, sealed).await?;
    }
    handler::move_to(transaction, NAME, position).await?;
    Ok(count)
}

fn record(
    event: event::Model,
    sequence: i64,
    entry: i64,
    previous_hash: String,
    seal: &Seal,
) -> record::Model {
    let mut row = record::Model {
        sequence,
        entry,
        event: event.sequence,
        at: event.at,
        act: event.act,
        actor: event.actor,
        action: event.action.unwrap_or_else(|| event.kind.clone()),
        kind: event.kind,
        version: event.version,
        subject: event.subject,
        data: ordered(event.payload),
        previous_hash,
        hash: String::new(),
    };
    row.hash = seal.record(&row);
    row
}

/// The ids of what a record is about: its subject, its actor, and every id in
/// its data.
pub(crate) fn about(row: &record::Model) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let data = serde_json::from_str(&row.data).unwrap_or_default();
    gather(&data, &mut found);
    found.extend([row.subject.clone()].into_iter().filter(|subject| is_id(subject)));
    found.extend(row.actor.map(|actor| actor.to_string()));
    found
}

fn gather(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if is_id(text) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| gather(item, found)),
        Value::Object(fields) => fields.values().for_each(|value| gather(value, found)),
        _ => {}
    }
}

fn is_id(text: &str) -> bool {
    text.split_once('_').is_some_and(|(prefix, ulid)| {
        prefix.bytes().all(|letter| letter.is_ascii_lowercase())
            && ulid.len() == ulid::ULID_LEN
            && Ulid::from_string(ulid).is_ok()
    })
}
