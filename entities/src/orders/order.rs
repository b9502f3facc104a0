//! `orders`: what was bought, by whom, for how much, and where it stands.

use std::sync::Arc;

use sea_orm::{FromQueryResult as _, QueryResult, entity::prelude::*};

use super::{OrderState, Scope};
use crate::{
    ids::{AccountId, CartId, OrderId, UserId},
    sql::Sql,
    time::DateTime,
    users::address::PostalAddress,
};

/// An order. Amounts are minor units of its currency, as bought.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "orders")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderId,
    /// Where it stands.
    pub state: OrderState,
    /// For people; none before it is placed.
    pub number: Option<i64>,
    /// Whose; none for a guest's.
    pub account_id: Option<AccountId>,
    /// The public side of that account.
    pub user_id: Option<UserId>,
    /// SHA-256 of the guest's secret, in hexadecimal.
    pub guest_access: Option<String>,
    /// The guest's.
    pub email: Option<String>,
    /// ISO 4217.
    pub currency: String,
    /// Sum of the lines after their own discounts.
    pub subtotal: i64,
    /// Discounts on the whole order.
    pub discount: i64,
    /// Shipping.
    pub shipping: i64,
    /// Tax on lines and shipping.
    pub tax: i64,
    /// To pay.
    pub total: i64,
    /// The chosen way to ship.
    pub shipping_title: String,
    /// Where to.
    #[sea_orm(column_type = "JsonBinary")]
    pub shipping_address: Option<PostalAddress>,
    /// Who pays.
    #[sea_orm(column_type = "JsonBinary")]
    pub billing_address: Option<PostalAddress>,
    /// What it was made of.
    pub cart_id: CartId,
    /// The cart's version.
    pub cart_version: i32,
    /// Counts changes.
    pub version: i32,
    /// Counts moves of the state.
    pub moves: i32,
    /// When it expires unpaid.
    pub pay_until: DateTime,
    /// When it was placed.
    pub placed_at: Option<DateTime>,
    /// When it was paid.
    pub paid_at: Option<DateTime>,
    /// When all of it was shipped.
    pub fulfilled_at: Option<DateTime>,
    /// Of its invoice; given when it is paid.
    pub invoice_number: Option<i64>,
    /// Whether the payment could not be opened when it was placed.
    pub is_payment_late: bool,
    /// Whether something outside this table is still to be done.
    pub has_loose_ends: bool,
    /// When another process may go on with placing it.
    pub leased_until: DateTime,
    /// Whose retry-safe key placed it.
    pub retry_scope: Option<String>,
    /// That key.
    pub retry_key: Option<String>,
    /// When checkout began.
    pub created_at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The order, placed or not. For the rules, not for anybody's eyes.
///
/// # Errors
/// When the database fails.
pub async fn find(db: &impl ConnectionTrait, id: OrderId) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).one(db).await
}

/// The orders with these ids that the scope sees.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    scope: &Scope,
    ids: &[OrderId],
) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT o.* FROM orders o WHERE ").among("o.id", ids).push(" AND ");
    scope.may_see(&mut sql);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(read).collect()
}

/// The order, if the scope sees it, locked until the transaction ends: nothing of
/// it changes meanwhile.
///
/// # Errors
/// When the database fails.
pub async fn lock(
    transaction: &impl ConnectionTrait,
    scope: &Scope,
    id: OrderId,
) -> Result<Option<Arc<Model>>, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("SELECT o.* FROM orders o WHERE o.id = ").bind(id).push(" AND ");
    scope.may_see(&mut sql);
    sql.lock("o");
    let row = transaction.query_one_raw(sql.statement()).await?;
    row.as_ref().map(read).transpose()
}

/// Counts a change of an order that is locked.
///
/// # Errors
/// When the database fails.
pub async fn touch(
    transaction: &impl ConnectionTrait,
    id: OrderId,
    has_loose_ends: bool,
) -> Result<(), DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE orders SET version = version + 1");
    if has_loose_ends {
        sql.push(", has_loose_ends = TRUE");
    }
    sql.push(" WHERE id = ").bind(id);
    transaction.execute_raw(sql.statement()).await.map(drop)
}

/// What a move writes besides the state.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stamps {
    /// The number that the order is placed under.
    pub number: Option<i64>,
    /// When it was placed.
    pub placed_at: Option<DateTime>,
    /// When it was paid.
    pub paid_at: Option<DateTime>,
    /// When all of it was shipped.
    pub fulfilled_at: Option<DateTime>,
    /// Whether the payment is opened later.
    pub is_payment_late: bool,
    /// Whether something outside this table is to be done.
    pub has_loose_ends: bool,
}

/// Moves an order on if it still stands at `from`: the one statement that changes
/// a state. The order after it; `None` when it stood elsewhere.
///
/// # Errors
/// When the database fails.
pub async fn advance(
    transaction: &impl ConnectionTrait,
    id: OrderId,
    from: OrderState,
    to: OrderState,
    stamps: Stamps,
) -> Result<Option<Model>, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE orders SET state = ").bind(to.into_value());
    sql.push(", version = version + 1, moves = moves + 1");
    if let Some(number) = stamps.number {
        // Whoever placed it needs no key any more to give it up.
        sql.push(", number = ").bind(number).push(", retry_scope = NULL, retry_key = NULL");
    }
    for (column, at) in [
        (", placed_at = ", stamps.placed_at),
        (", paid_at = ", stamps.paid_at),
        (", fulfilled_at = ", stamps.fulfilled_at),
    ] {
        if let Some(at) = at {
            sql.push(column).bind(at);
        }
    }
    if stamps.is_payment_late {
        sql.push(", is_payment_late = TRUE");
    }
    if stamps.has_loose_ends {
        sql.push(", has_loose_ends = TRUE");
    }
    sql.push(" WHERE id = ").bind(id).push(" AND state = ").bind(from.into_value());
    sql.push(" RETURNING *");
    let row = transaction.query_one_raw(sql.statement()).await?;
    row.map(|row| Model::from_query_result(&row, "")).transpose()
}

/// Gives a paid order the number of its invoice.
///
/// # Errors
/// When the database fails.
pub async fn number_invoice(
    transaction: &impl ConnectionTrait,
    id: OrderId,
    number: i64,
) -> Result<(), DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE orders SET invoice_number = ").bind(number).push(" WHERE id = ").bind(id);
    transaction.execute_raw(sql.statement()).await.map(drop)
}

/// Gives an order that is being placed up: from now on nobody can place it.
/// False when it is placed, or gone.
///
/// # Errors
/// When the database fails.
pub async fn give_up(db: &impl ConnectionTrait, id: OrderId) -> Result<bool, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("UPDATE orders SET state = 'UNDOING' WHERE id = ").bind(id);
    sql.push(" AND state IN ('PLACING', 'UNDOING')");
    Ok(db.execute_raw(sql.statement()).await?.rows_affected() == 1)
}

/// Removes an order that was given up. False when another process did.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &impl ConnectionTrait, id: OrderId) -> Result<bool, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("DELETE FROM orders WHERE id = ").bind(id).push(" AND state = 'UNDOING'");
    Ok(db.execute_raw(sql.statement()).await?.rows_affected() == 1)
}

/// An order from a row with all columns.
pub(super) fn read(row: &QueryResult) -> Result<Arc<Model>, DbErr> {
    Model::from_query_result(row, "").map(Arc::new)
}
