//! Who sees which orders. Every row query for somebody takes a [`Scope`], so
//! that a resolver can't forget it.

use crate::{
    ids::{AccountId, SellerId},
    sql::Sql,
};

/// Who looks. Nobody sees an order that is not placed, and a shop sees its
/// orders from the moment they are paid.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Staff.
    All,
    /// Somebody who is signed in, with their shop if they sell.
    Account(AccountId, Option<SellerId>),
    /// Who has shown an order's secret: the SHA-256 of it.
    Guest(String),
    /// Everybody else.
    Nobody,
}

impl Scope {
    /// Adds the condition on `orders o`.
    pub(super) fn may_see(&self, sql: &mut Sql) {
        sql.push("o.placed_at IS NOT NULL AND ");
        match self {
            Self::All => sql.push("TRUE"),
            Self::Account(account, None) => sql.push("o.account_id = ").bind(*account),
            Self::Account(account, Some(seller)) => {
                sql.push("(o.account_id = ").bind(*account);
                sql.push(" OR (o.paid_at IS NOT NULL AND EXISTS (SELECT 1 FROM order_parts sp ");
                sql.push("WHERE sp.order_id = o.id AND sp.seller_id = ").bind(*seller).push(")))")
            }
            Self::Guest(access) => sql.push("o.guest_access = ").bind(access.as_str()),
            Self::Nobody => sql.push("FALSE"),
        };
    }
}
