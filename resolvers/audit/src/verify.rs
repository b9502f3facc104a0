//! Walks the whole chain and says where it is broken first.

use std::collections::BTreeMap;

use entities::audit::{head, record, subject};
use sea_orm::{ConnectionTrait, DbErr};

use crate::{AuditOptions, chain::about, seal::Seal};

/// Records read at once.
const PAGE: u64 = 500;

/// A chain without a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verified {
    /// All records.
    pub records: u64,
    /// Those whose hash needs the key.
    pub keyed: u64,
}

/// Where a chain is broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("record {sequence} {reason}")]
pub struct Broken {
    /// The first record that is not as it was written.
    pub sequence: i64,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// Why a chain is not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Somebody has changed it.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// Looks at every record. Records that are added meanwhile are looked at, too.
///
/// # Errors
/// [`VerifyError::Broken`] with the first record that was changed, removed,
/// moved or cut off.
pub async fn verify(db: &impl ConnectionTrait, options: &AuditOptions) -> Result<Verified, VerifyError> {
    let seal = Seal::new(options);
    // Read first: records are only ever added.
    let end = head::read(db).await?;
    let mut verified = Verified::default();
    let mut last: Option<record::Model> = None;
    let mut at_end = None;
    loop {
        let from = last.as_ref().map_or(0, |row| row.sequence);
        let rows = record::after(db, from, PAGE).await?;
        let Some(until) = rows.last().map(|row| row.sequence) else { break };
        let mut listed: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for (record, subject) in subject::between(db, from + 1, until).await? {
            listed.entry(record).or_default().push(subject);
        }
        for row in rows {
            check(&row, last.as_ref(), &seal)?;
            let mut listed = listed.remove(&row.sequence).unwrap_or_default();
            listed.sort_unstable();
            if !listed.iter().eq(about(&row).iter()) {
                return broken(row.sequence, "is listed under other subjects than it has");
            }
            verified.records += 1;
            verified.keyed += u64::from(Seal::is_keyed(&row.hash));
            if end.as_ref().is_some_and(|end| end.sequence == row.sequence) {
                at_end = Some(row.hash.clone());
            }
            last = Some(row);
        }
    }
    let next = last.as_ref().map_or(1, |row| row.sequence + 1);
    match end {
        None if last.is_none() => Ok(verified),
        None => broken(next, "can't be looked for: where the chain ends was removed"),
        Some(end) if !seal.is_of_head(&end) => {
            broken(end.sequence, "is not what the chain's end was sealed with")
        }
        Some(end) if seal.has_key() && !Seal::is_keyed(&end.seal) => {
            broken(end.sequence, "is the end and not keyed: all was rewritten, or the key is new")
        }
        Some(end) => match at_end {
            Some(hash) if hash == end.hash => Ok(verified),
            Some(_) => broken(end.sequence, "is not the one at which the chain ended"),
            None => broken(next, "is missing: the chain was cut off here"),
        },
    }
}

fn check(row: &record::Model, last: Option<&record::Model>, seal: &Seal) -> Result<(), VerifyError> {
    let expected = last.map_or(1, |last| last.sequence + 1);
    if row.sequence != expected {
        return broken(expected, "is missing");
    }
    if row.previous_hash != last.map_or("", |last| &last.hash) {
        return broken(row.sequence, "does not follow the one before it");
    }
    if !seal.is_of_record(row) {
        return broken(row.sequence, "was changed, or is sealed with another key");
    }
    if last.is_some_and(|last| Seal::is_keyed(&last.hash)) && !Seal::is_keyed(&row.hash) {
        return broken(row.sequence, "has no keyed hash although the one before it has");
    }
    Ok(())
}

fn broken<T>(sequence: i64, reason: &'static str) -> Result<T, VerifyError> {
    Err(Broken { sequence, reason }.into())
}
