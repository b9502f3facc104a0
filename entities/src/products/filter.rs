//! Conditions on products, as data: they nest, and they are hashed as a part of
//! a loader's key.

use super::ProductStatus;
use crate::sql::Sql;
use crate::{
    ids::{CategoryId, SellerId},
    time::DateTime,
};

/// A condition on a product.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Filter {
    /// All of these; true when there are none.
    All(Vec<Filter>),
    /// Any of these; false when there are none.
    Any(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// The title is exactly one of these.
    TitleIn(Vec<String>),
    /// The title contains this, upper and lower case alike.
    TitleContains(String),
    /// The title starts with this, upper and lower case alike.
    TitleStartsWith(String),
    /// In this category or below it.
    Category(CategoryId),
    /// Of this seller.
    Seller(SellerId),
    /// A variant's price is in this range.
    Price {
        /// ISO 4217 code.
        currency: String,
        /// Lowest minor units, inclusive.
        from: Option<i64>,
        /// Highest minor units, inclusive.
        to: Option<i64>,
    },
    /// A variant can (or none can) be bought now.
    InStock(bool),
    /// One of these states.
    Status(Vec<ProductStatus>),
    /// Created at this instant or later.
    CreatedFrom(DateTime),
    /// Created before this instant.
    CreatedBefore(DateTime),
}

impl Default for Filter {
    fn default() -> Self {
        Self::All(Vec::new())
    }
}

impl Filter {
    /// Whether it lets everything through.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::All(filters) if filters.is_empty())
    }

    /// Adds the condition on the product `p`.
    pub(super) fn write(&self, sql: &mut Sql) {
        match self {
            Self::All(filters) => join(sql, filters, " AND ", "TRUE"),
            Self::Any(filters) => join(sql, filters, " OR ", "FALSE"),
            Self::Not(filter) => {
                sql.push("NOT (");
                filter.write(sql);
                sql.push(")");
            }
            Self::TitleIn(titles) => {
                sql.among("p.title", titles);
            }
            Self::TitleContains(text) => {
                like(sql, &format!("%{}%", escaped(text)));
            }
            Self::TitleStartsWith(text) => {
                like(sql, &format!("{}%", escaped(text)));
            }
            Self::Category(id) => {
                sql.push("(p.category_id IS NOT NULL AND p.category_id IN (SELECT c.id FROM ");
                sql.push("categories c JOIN categories top ON c.path LIKE top.path || '%' ");
                sql.push("WHERE top.id = ").bind(*id).push("))");
            }
            Self::Seller(id) => {
                sql.push("p.seller_id = ").bind(*id);
            }
            Self::Price { currency, from, to } => price(sql, currency, *from, *to),
            Self::InStock(wanted) => {
                sql.push(if *wanted { "(" } else { "NOT (" });
                sql.push("p.status = 'ACTIVE' AND EXISTS (SELECT 1 FROM variants v WHERE ");
                sql.push("v.product_id = p.id AND (v.on_hand > v.reserved OR v.is_backorderable)))");
            }
            Self::Status(states) => {
                let names: Vec<&str> = states.iter().map(|status| status.name()).collect();
                sql.among("p.status", &names);
            }
            Self::CreatedFrom(at) => {
                sql.push("p.created_at >= ").bind(at.0);
            }
            Self::CreatedBefore(at) => {
                sql.push("p.created_at < ").bind(at.0);
            }
        }
    }
}

fn join(sql: &mut Sql, filters: &[Filter], word: &str, none: &str) {
    if filters.is_empty() {
        sql.push(none);
        return;
    }
    sql.push("(");
    for (index, filter) in filters.iter().enumerate() {
        if index > 0 {
            sql.push(word);
        }
        filter.write(sql);
    }
    sql.push(")");
}

fn price(sql: &mut Sql, currency: &str, from: Option<i64>, to: Option<i64>) {
    sql.push("EXISTS (SELECT 1 FROM variant_prices r WHERE r.product_id = p.id AND r.currency = ");
    sql.bind(currency);
    if let Some(from) = from {
        sql.push(" AND r.minor_units >= ").bind(from);
    }
    if let Some(to) = to {
        sql.push(" AND r.minor_units <= ").bind(to);
    }
    sql.push(")");
}

fn like(sql: &mut Sql, pattern: &str) {
    sql.push("p.title_key LIKE ").bind(pattern.to_lowercase()).push(" ESCAPE '!'");
}

/// Takes the meaning from the signs that LIKE knows.
fn escaped(text: &str) -> String {
    text.replace('!', "!!").replace('%', "!%").replace('_', "!_")
}
