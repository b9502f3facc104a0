//! Lists of orders: all, or those of accounts and shops, several in one statement.

use std::sync::Arc;

use sea_orm::{ActiveEnum as _, ConnectionTrait, DbErr};
use serde::{Deserialize, Serialize};

use super::{
    OrderState,
    order::{Model, read},
};
use crate::{
    Page,
    ids::OrderId,
    sql::{Sql, Window, counted, windowed},
    time::DateTime,
};

/// Whose orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parent {
    /// An account's own.
    Account,
    /// Those with a part of a shop, once they are paid.
    Seller,
}

/// Conditions of a list, all of which hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// Standing at one of these.
    pub states: Option<Vec<OrderState>>,
    /// Not placed before.
    pub from: Option<DateTime>,
    /// Placed before.
    pub to: Option<DateTime>,
    /// The number begins with these digits.
    pub number: Option<String>,
}

/// Where an order stands in a list.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// When it was placed.
    pub at: DateTime,
    /// The tie-breaker.
    pub id: OrderId,
}

impl Model {
    /// Where the order stands in a list.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { at: self.placed_at.unwrap_or(self.created_at), id: self.id }
    }
}

impl Filter {
    fn on(&self, sql: &mut Sql) {
        sql.push("o.placed_at IS NOT NULL");
        if let Some(states) = &self.states {
            let states: Vec<String> = states.iter().map(|state| state.to_value()).collect();
            sql.push(" AND ").among("o.state", &states);
        }
        if let Some(from) = self.from {
            sql.push(" AND o.placed_at >= ").bind(from);
        }
        if let Some(to) = self.to {
            sql.push(" AND o.placed_at < ").bind(to);
        }
        if let Some(number) = &self.number {
            sql.push(" AND CAST(o.number AS text) LIKE ").bind(format!("{number}%"));
        }
    }
}

impl Parent {
    fn body(self, sql: &mut Sql, key: &str, filter: &Filter) {
        match self {
            Self::Account => sql.push("orders o WHERE o.account_id = ").push(key),
            Self::Seller => {
                sql.push("order_parts p JOIN orders o ON o.id = p.order_id WHERE p.seller_id = ");
                sql.push(key).push(" AND o.paid_at IS NOT NULL")
            }
        };
        sql.push(" AND ");
        filter.on(sql);
    }
}

fn beyond(sql: &mut Sql, page: &Page<'_, Position>) {
    if let Some(from) = page.from {
        let (_, beyond) = page.direction(true);
        sql.push(" AND (o.placed_at, o.id) ").push(beyond);
        sql.push(" (").bind(from.at).push(", ").bind(from.id).push(")");
    }
}

fn order(page: &Page<'_, Position>) -> String {
    let (direction, _) = page.direction(true);
    format!("o.placed_at {direction}, o.id {direction}")
}

/// A page of all orders, newest first.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &impl ConnectionTrait,
    filter: &Filter,
    page: Page<'_, Position>,
) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT o.* FROM orders o WHERE ");
    filter.on(&mut sql);
    beyond(&mut sql, &page);
    sql.push(" ORDER BY ").push(&order(&page)).push(" LIMIT ");
    sql.bind(i64::try_from(page.limit).unwrap_or(i64::MAX));
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(read).collect()
}

/// How many orders there are.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &impl ConnectionTrait, filter: &Filter) -> Result<i64, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT count(*) FROM orders o WHERE ");
    filter.on(&mut sql);
    let row = db.query_one_raw(sql.statement()).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// A page of each parent's list, newest first, with the parent's key.
///
/// # Errors
/// When the database fails.
pub async fn pages(
    db: &impl ConnectionTrait,
    parent: Parent,
    keys: &[String],
    filter: &Filter,
    page: Page<'_, Position>,
) -> Result<Vec<(String, Arc<Model>)>, DbErr> {
    let order = order(&page);
    let window = Window { keys, columns: "o.*", order: &order, limit: page.limit };
    let statement = windowed(db.get_database_backend(), &window, |sql, key| {
        parent.body(sql, key, filter);
        beyond(sql, &page);
    });
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, read(row)?))).collect()
}

/// How long each parent's whole list is; those of none are absent.
///
/// # Errors
/// When the database fails.
pub async fn counts(
    db: &impl ConnectionTrait,
    parent: Parent,
    keys: &[String],
    filter: &Filter,
) -> Result<Vec<(String, i64)>, DbErr> {
    let statement = counted(db.get_database_backend(), keys, |sql, key| parent.body(sql, key, filter));
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}
