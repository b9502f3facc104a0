//! `order_counters`: the numbers of orders and invoices. A number is taken in the
//! transaction that uses it, which holds the counter until it commits: numbers
//! grow in the order of commits, and one that rolls back leaves no gap.

use sea_orm::{ConnectionTrait, DbErr};

use crate::sql::Sql;

/// Which number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    /// Of orders.
    Order,
    /// Of invoices.
    Invoice,
}

/// Takes the next number.
///
/// # Errors
/// When the database fails.
pub async fn next(transaction: &impl ConnectionTrait, counter: Counter) -> Result<i64, DbErr> {
    advance(transaction, counter, 1).await
}

/// Takes this many numbers; the last of them.
///
/// # Errors
/// When the database fails.
pub async fn advance(
    transaction: &impl ConnectionTrait,
    counter: Counter,
    by: i64,
) -> Result<i64, DbErr> {
    let name = match counter {
        Counter::Order => "order",
        Counter::Invoice => "invoice",
    };
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE order_counters SET value = value + ").bind(by);
    sql.push(" WHERE name = ").bind(name).push(" RETURNING value");
    let row = transaction.query_one_raw(sql.statement()).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(format!("order_counters {name}")))?.try_get_by_index(0)
}
