//! The books of the sandbox, which plays a payment provider: intents, a ledger of
//! what was charged and given back, keys, and events to tell.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, FromQueryResult, Statement};

use crate::{
    ids::PaymentId,
    sql::{rows, run},
    time::DateTime,
};

/// Money that somebody wants; amounts in minor units.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Intent {
    /// Its id.
    pub id: String,
    /// For which payment; a payment has one.
    pub payment: PaymentId,
    /// Of all amounts.
    pub currency: String,
    /// How much.
    pub amount: i64,
    /// Whether what is set aside waits to be captured.
    pub is_manual: bool,
    /// How it stands.
    pub status: String,
    /// Why the last attempt was declined.
    pub failure: Option<String>,
    /// Taken.
    pub captured: i64,
    /// Given back.
    pub refunded: i64,
    /// For the payer's own program.
    pub secret: String,
    /// When it ends by itself.
    pub settles_at: Option<DateTime>,
    /// How it ends then: empty for success, or why it is declined.
    pub settles_as: Option<String>,
    /// When it was opened.
    pub created_at: DateTime,
}

/// A line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Booked {
    /// Its id.
    pub id: String,
    /// Of which intent.
    pub intent: String,
    /// `charge`, `capture`, `refund` or `void`.
    pub kind: String,
    /// How much.
    pub amount: i64,
    /// Our own id of it.
    pub reference: Option<String>,
    /// When.
    pub at: DateTime,
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq, FromQueryResult)]
pub struct Told {
    /// Its id.
    pub id: String,
    /// What happened.
    pub kind: String,
    /// To which intent.
    pub intent: String,
    /// For which payment.
    pub payment: PaymentId,
    /// When it happened.
    pub created_at: DateTime,
    /// When to tell it; `None` when it was told.
    pub sends_at: Option<DateTime>,
}

/// Opens the intent of a payment, unless it has one.
///
/// # Errors
/// When the database fails.
pub async fn open(db: &impl ConnectionTrait, intent: &Intent) -> Result<(), DbErr> {
    let sql = "INSERT INTO sandbox_intents (id, payment, currency, amount, is_manual, status, captured, \
               refunded, secret, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
               ON CONFLICT (payment) DO NOTHING";
    let values = [
        intent.id.as_str().into(),
        intent.payment.into(),
        intent.currency.as_str().into(),
        intent.amount.into(),
        intent.is_manual.into(),
        intent.status.as_str().into(),
        intent.captured.into(),
        intent.refunded.into(),
        intent.secret.as_str().into(),
        intent.created_at.into(),
    ];
    run(db, sql, values).await.map(drop)
}

/// The intent of a payment.
///
/// # Errors
/// When the database fails.
pub async fn of_payment(db: &impl ConnectionTrait, payment: PaymentId) -> Result<Option<Intent>, DbErr> {
    Ok(rows(db, "SELECT * FROM sandbox_intents WHERE payment = $1", [payment.into()]).await?.pop())
}

/// An intent, which nobody else changes before the transaction ends.
///
/// # Errors
/// When the database fails.
pub async fn lock(db: &impl ConnectionTrait, id: &str) -> Result<Option<Intent>, DbErr> {
    let lock = if db.get_database_backend() == DbBackend::Postgres { " FOR UPDATE" } else { "" };
    let sql = format!("SELECT * FROM sandbox_intents WHERE id = $1{lock}");
    Ok(rows(db, &sql, [id.into()]).await?.pop())
}

/// Writes how a locked intent stands.
///
/// # Errors
/// When the database fails.
pub async fn save(db: &impl ConnectionTrait, intent: &Intent) -> Result<(), DbErr> {
    let sql = "UPDATE sandbox_intents SET status = $2, failure = $3, captured = $4, refunded = $5, \
               settles_at = $6, settles_as = $7 WHERE id = $1";
    let values = [
        intent.id.as_str().into(),
        intent.status.as_str().into(),
        intent.failure.clone().into(),
        intent.captured.into(),
        intent.refunded.into(),
        intent.settles_at.into(),
        intent.settles_as.clone().into(),
    ];
    run(db, sql, values).await.map(drop)
}

/// Intents that end by themselves now.
///
/// # Errors
/// When the database fails.
pub async fn settling(db: &impl ConnectionTrait, now: DateTime) -> Result<Vec<Intent>, DbErr> {
    rows(db, "SELECT * FROM sandbox_intents WHERE settles_at <= $1", [now.into()]).await
}

/// Uses a key; what it was used for before.
///
/// # Errors
/// When the database fails.
pub async fn use_key(
    db: &impl ConnectionTrait,
    key: &str,
    input: &str,
    at: DateTime,
) -> Result<Option<String>, DbErr> {
    let sql = "INSERT INTO sandbox_keys (\"key\", input, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    if run(db, sql, [key.into(), input.into(), at.into()]).await? > 0 {
        return Ok(None);
    }
    let sql = "SELECT input FROM sandbox_keys WHERE \"key\" = $1";
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, [key.into()]);
    db.query_one_raw(statement).await?.map(|row| row.try_get("", "input")).transpose()
}

/// Writes a line into the ledger.
///
/// # Errors
/// When the database fails.
pub async fn book(db: &impl ConnectionTrait, line: &Booked) -> Result<(), DbErr> {
    let sql = "INSERT INTO sandbox_ledger (id, intent, kind, amount, reference, at) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        line.id.as_str().into(),
        line.intent.as_str().into(),
        line.kind.as_str().into(),
        line.amount.into(),
        line.reference.clone().into(),
        line.at.into(),
    ];
    run(db, sql, values).await.map(drop)
}

/// The ledger of an intent.
///
/// # Errors
/// When the database fails.
pub async fn booked(db: &impl ConnectionTrait, intent: &str) -> Result<Vec<Booked>, DbErr> {
    rows(db, "SELECT * FROM sandbox_ledger WHERE intent = $1 ORDER BY at, id", [intent.into()]).await
}

/// Something is to be told.
///
/// # Errors
/// When the database fails.
pub async fn tell(db: &impl ConnectionTrait, told: &Told) -> Result<(), DbErr> {
    let sql = "INSERT INTO sandbox_events (id, kind, intent, payment, created_at, sends_at) \
               VALUES ($1, $2, $3, $4, $5, $6)";
    let values = [
        told.id.as_str().into(),
        told.kind.as_str().into(),
        told.intent.as_str().into(),
        told.payment.into(),
        told.created_at.into(),
        told.sends_at.into(),
    ];
    run(db, sql, values).await.map(drop)
}

/// What happened since, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn told_since(db: &impl ConnectionTrait, since: DateTime) -> Result<Vec<Told>, DbErr> {
    let sql = "SELECT * FROM sandbox_events WHERE created_at >= $1 ORDER BY created_at, id";
    rows(db, sql, [since.into()]).await
}

/// Takes what is to be told now.
///
/// # Errors
/// When the database fails.
pub async fn take_unsent(db: &impl ConnectionTrait, now: DateTime) -> Result<Vec<Told>, DbErr> {
    let sql = "UPDATE sandbox_events SET sends_at = NULL WHERE sends_at <= $1 RETURNING *";
    rows(db, sql, [now.into()]).await
}

/// Whether somebody has put a switch: `away` or `silent`.
///
/// # Errors
/// When the database fails.
pub async fn switches(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let statement =
        Statement::from_string(db.get_database_backend(), "SELECT name FROM sandbox_switches");
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get("", "name")).collect()
}
