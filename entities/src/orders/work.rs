//! What workers look for: orders that somebody left half-way, or whose time has
//! come.

use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    ids::{OrderId, OrderRefundId},
    sql::Sql,
    time::DateTime,
};

/// Most rows at once.
const BATCH: i64 = 100;

/// Why an order needs a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Who was placing it, or giving it up, is gone.
    Unplaced,
    /// The time to pay is over.
    Unpaid,
    /// Something outside the table is to be done.
    LooseEnds,
}

/// Orders that are due for this reason.
///
/// # Errors
/// When the database fails.
pub async fn due(db: &impl ConnectionTrait, why: Due, now: DateTime) -> Result<Vec<OrderId>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT id FROM orders WHERE ");
    match why {
        Due::Unplaced => {
            sql.push("state IN ('PLACING', 'UNDOING') AND leased_until <= ").bind(now);
        }
        Due::Unpaid => {
            sql.push("state = 'PENDING_PAYMENT' AND pay_until <= ").bind(now);
        }
        Due::LooseEnds => {
            // Whoever made them is at it; this is for those who are gone.
            sql.push("has_loose_ends AND leased_until <= ").bind(now);
        }
    }
    sql.push(" ORDER BY id LIMIT ").bind(BATCH);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Orders that were shipped before this instant and wait for no return.
///
/// # Errors
/// When the database fails.
pub async fn to_complete(
    db: &impl ConnectionTrait,
    shipped_before: DateTime,
) -> Result<Vec<OrderId>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT o.id FROM orders o WHERE o.state = 'FULFILLED' AND o.fulfilled_at <= ");
    sql.bind(shipped_before).push(" AND NOT EXISTS (SELECT 1 FROM order_returns r WHERE ");
    sql.push("r.order_id = o.id AND r.state IN ('REQUESTED', 'APPROVED', 'RECEIVED'))");
    sql.push(" ORDER BY o.id LIMIT ").bind(BATCH);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Takes over an order that is being placed, or given up, for a while. False
/// when somebody else has it.
///
/// # Errors
/// When the database fails.
pub async fn lease(
    db: &impl ConnectionTrait,
    id: OrderId,
    now: DateTime,
    until: DateTime,
) -> Result<bool, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("UPDATE orders SET leased_until = ").bind(until).push(" WHERE id = ").bind(id);
    sql.push(" AND leased_until <= ").bind(now);
    Ok(db.execute_raw(sql.statement()).await?.rows_affected() == 1)
}

/// Lets go of an order, so that anybody may go on with it at once.
///
/// # Errors
/// When the database fails.
pub async fn let_go(db: &impl ConnectionTrait, id: OrderId) -> Result<(), DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("UPDATE orders SET leased_until = 0 WHERE id = ").bind(id);
    db.execute_raw(sql.statement()).await.map(drop)
}

/// Nothing is left to do for an order, unless it has changed since this version.
///
/// # Errors
/// When the database fails.
pub async fn tied_up(db: &impl ConnectionTrait, id: OrderId, version: i32) -> Result<(), DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("UPDATE orders SET has_loose_ends = FALSE WHERE id = ").bind(id);
    sql.push(" AND version = ").bind(version);
    db.execute_raw(sql.statement()).await.map(drop)
}

/// Refunds that somebody began and did not end.
///
/// # Errors
/// When the database fails.
pub async fn open_refunds(
    db: &impl ConnectionTrait,
    now: DateTime,
) -> Result<Vec<OrderRefundId>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT id FROM order_refunds WHERE NOT is_done AND leased_until <= ").bind(now);
    sql.push(" ORDER BY id LIMIT ").bind(BATCH);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
