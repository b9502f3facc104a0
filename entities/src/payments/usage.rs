//! `usage_entries`: pieces of work, each counted once by its key; `usage_counters`:
//! what an account used of a metric in a period, never more than is included.

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Value};

use crate::{
    ids::AccountId,
    sql::{Sql, rows, run},
    time::DateTime,
};

/// A piece of work that is counted.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Entry {
    /// What names the work.
    pub key: String,
    /// Who uses it.
    pub account_id: AccountId,
    /// What is used.
    pub metric: String,
    /// In the period that began then.
    pub period_start: DateTime,
    /// How much is counted.
    pub units: i64,
    /// `RESERVED`, `RECORDED` or `REFUNDED`.
    pub state: String,
    /// When it began.
    pub at: DateTime,
}

/// What an account used of a metric.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Counter {
    /// Who.
    pub account_id: AccountId,
    /// Of what.
    pub metric: String,
    /// In the period that began then.
    pub period_start: DateTime,
    /// How much.
    pub used: i64,
}

/// Adds a piece of work, unless one of its key is there that was not refunded;
/// whether it was added.
///
/// # Errors
/// When the database fails.
pub async fn begin(db: &impl ConnectionTrait, entry: &Entry) -> Result<bool, DbErr> {
    let sql = "INSERT INTO usage_entries (\"key\", account_id, metric, period_start, units, state, at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (\"key\") DO UPDATE SET \
               metric = excluded.metric, period_start = excluded.period_start, \
               units = excluded.units, state = excluded.state, at = excluded.at \
               WHERE usage_entries.state = 'REFUNDED' \
               AND usage_entries.account_id = excluded.account_id";
    let values = [
        entry.key.as_str().into(),
        entry.account_id.into(),
        entry.metric.as_str().into(),
        entry.period_start.into(),
        entry.units.into(),
        entry.state.as_str().into(),
        entry.at.into(),
    ];
    Ok(run(db, sql, values).await? > 0)
}

/// The work of this key.
///
/// # Errors
/// When the database fails.
pub async fn entry(db: &impl ConnectionTrait, key: &str) -> Result<Option<Entry>, DbErr> {
    Ok(rows(db, "SELECT * FROM usage_entries WHERE \"key\" = $1", [key.into()]).await?.pop())
}

/// Moves work from one state to another, with what is counted of it now; whether it
/// was there.
///
/// # Errors
/// When the database fails.
pub async fn end(
    db: &impl ConnectionTrait,
    entry: &Entry,
    state: &str,
    units: i64,
) -> Result<bool, DbErr> {
    let sql = "UPDATE usage_entries SET state = $2, units = $3 \
               WHERE \"key\" = $1 AND state = $4 AND units = $5";
    let values = [
        entry.key.as_str().into(),
        state.into(),
        units.into(),
        entry.state.as_str().into(),
        entry.units.into(),
    ];
    Ok(run(db, sql, values).await? > 0)
}

/// Takes back work that was just added.
///
/// # Errors
/// When the database fails.
pub async fn forget(db: &impl ConnectionTrait, key: &str) -> Result<(), DbErr> {
    run(db, "DELETE FROM usage_entries WHERE \"key\" = $1", [key.into()]).await.map(drop)
}

/// Counts units where no more than `included` are used then; whether they were.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &impl ConnectionTrait, entry: &Entry, included: i64) -> Result<bool, DbErr> {
    let sql = "INSERT INTO usage_counters (account_id, metric, period_start, used) \
               VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING";
    let key = || [entry.account_id.into(), entry.metric.as_str().into(), entry.period_start.into()];
    run::<3>(db, sql, key()).await?;
    let sql = "UPDATE usage_counters SET used = used + $4 WHERE account_id = $1 AND metric = $2 \
               AND period_start = $3 AND used + $4 <= $5";
    let [account, metric, start]: [Value; 3] = key();
    let values = [account, metric, start, entry.units.into(), included.into()];
    Ok(run(db, sql, values).await? > 0)
}

/// Counts so many units less.
///
/// # Errors
/// When the database fails.
pub async fn uncount(db: &impl ConnectionTrait, entry: &Entry, units: i64) -> Result<(), DbErr> {
    let sql = "UPDATE usage_counters SET used = used - $4 WHERE account_id = $1 AND metric = $2 \
               AND period_start = $3 AND used >= $4";
    let values =
        [entry.account_id.into(), entry.metric.as_str().into(), entry.period_start.into(), units.into()];
    run(db, sql, values).await.map(drop)
}

/// What these accounts used in periods that began then or later.
///
/// # Errors
/// When the database fails.
pub async fn used(
    db: &impl ConnectionTrait,
    accounts: &[AccountId],
    since: DateTime,
) -> Result<Vec<Counter>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT * FROM usage_counters WHERE ").among("account_id", accounts);
    sql.push(" AND period_start >= ").bind(since);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| Counter::from_query_result(row, "")).collect()
}

/// Forgets what an account used.
///
/// # Errors
/// When the database fails.
pub async fn erase(db: &impl ConnectionTrait, account: AccountId) -> Result<(), DbErr> {
    for table in ["usage_entries", "usage_counters"] {
        run(db, &format!("DELETE FROM {table} WHERE account_id = $1"), [account.into()]).await?;
    }
    Ok(())
}
