//! `order_lines`: what was bought, as it was then, and what became of its units.

use sea_orm::{QueryOrder as _, entity::prelude::*};

use crate::{
    ids::{OrderId, OrderLineId, OrderPartId, ProductId, SellerId, VariantId},
    products::variant::Choices,
    sql::Sql,
    time::DateTime,
};

/// A line as bought. Units are shipped or cancelled, and what was shipped may be
/// returned; the database refuses more than were ordered.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_lines")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: OrderLineId,
    /// Of which order.
    pub order_id: OrderId,
    /// Of which seller's part.
    pub part_id: OrderPartId,
    /// Its place among the lines.
    pub position: i32,
    /// What was bought.
    pub variant_id: VariantId,
    /// The variant's product.
    pub product_id: ProductId,
    /// Who sells it.
    pub seller_id: SellerId,
    /// The product's title then.
    pub title: String,
    /// The SKU then.
    pub sku: String,
    /// The options then.
    #[sea_orm(column_type = "JsonBinary")]
    pub options: Choices,
    /// Units.
    pub quantity: i32,
    /// Price of one.
    pub unit_price: i64,
    /// The line's discount and its share of the order's.
    pub discount: i64,
    /// Tax.
    pub tax: i64,
    /// `quantity * unit_price - discount + tax`.
    pub total: i64,
    /// The shopper's note.
    pub note: Option<String>,
    /// Units in shipments.
    pub shipped: i32,
    /// Units that will not be shipped.
    pub cancelled: i32,
    /// Units in returns that were not rejected.
    pub returned: i32,
    /// Units paid back.
    pub refunded: i32,
    /// Units put back into stock.
    pub restocked: i32,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// Units that are neither shipped nor cancelled.
    #[must_use]
    pub const fn open(&self) -> i32 {
        self.quantity - self.shipped - self.cancelled
    }
}

/// The lines of these orders, in their order.
///
/// # Errors
/// When the database fails.
pub async fn of_orders(db: &impl ConnectionTrait, orders: &[OrderId]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::OrderId.is_in(orders.iter().copied()))
        .order_by_asc(Column::OrderId)
        .order_by_asc(Column::Position)
        .all(db)
        .await
}

/// The orders of these lines.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[OrderLineId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// Adds shipped units to a line of an order, if so many are open. False when not.
///
/// # Errors
/// When the database fails.
pub async fn ship(
    transaction: &impl ConnectionTrait,
    order: OrderId,
    id: OrderLineId,
    units: i32,
) -> Result<bool, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE order_lines SET shipped = shipped + ").bind(units);
    sql.push(" WHERE id = ").bind(id).push(" AND order_id = ").bind(order);
    sql.push(" AND shipped + cancelled + ").bind(units).push(" <= quantity");
    Ok(transaction.execute_raw(sql.statement()).await?.rows_affected() == 1)
}

/// The units of a line in returns that are not at their end.
const ON_THEIR_WAY: &str = "SELECT COALESCE(SUM(l.quantity), 0) FROM order_return_lines l \
    JOIN order_returns r ON r.id = l.return_id \
    WHERE l.line_id = order_lines.id AND r.state IN ('REQUESTED', 'APPROVED', 'RECEIVED')";

/// Adds units on their way back, if so many were shipped and neither are on
/// their way nor were paid back before; takes them off again when negative.
/// False when not.
///
/// # Errors
/// When the database fails.
pub async fn bring_back(
    transaction: &impl ConnectionTrait,
    order: OrderId,
    id: OrderLineId,
    units: i32,
) -> Result<bool, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE order_lines SET returned = returned + ").bind(units);
    sql.push(" WHERE id = ").bind(id).push(" AND order_id = ").bind(order);
    sql.push(" AND returned + ").bind(units).push(" <= shipped");
    if units > 0 {
        // Of what came back, what was paid back for it counts as refunded.
        sql.push(" AND ").bind(units).push(" + (").push(ON_THEIR_WAY).push(") <= quantity - refunded");
    }
    Ok(transaction.execute_raw(sql.statement()).await?.rows_affected() == 1)
}

/// How many units of a line can still come back.
///
/// # Errors
/// When the database fails.
pub async fn returnable(transaction: &impl ConnectionTrait, id: OrderLineId) -> Result<i32, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("SELECT CAST(shipped - returned AS bigint), CAST(quantity - refunded - (");
    sql.push(ON_THEIR_WAY).push(") AS bigint) FROM order_lines WHERE id = ").bind(id);
    let Some(row) = transaction.query_one_raw(sql.statement()).await? else { return Ok(0) };
    let (there, unpaid): (i64, i64) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
    Ok(i32::try_from(there.min(unpaid).max(0)).unwrap_or_default())
}

/// Adds units that are paid back, and of these the ones that will not be shipped;
/// takes them off again when negative. False when more than were ordered.
///
/// # Errors
/// When the database fails.
pub async fn refund(
    transaction: &impl ConnectionTrait,
    order: OrderId,
    id: OrderLineId,
    units: i32,
    cancelled: i32,
) -> Result<bool, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE order_lines SET refunded = refunded + ").bind(units);
    sql.push(", cancelled = cancelled + ").bind(cancelled);
    sql.push(" WHERE id = ").bind(id).push(" AND order_id = ").bind(order);
    sql.push(" AND refunded + ").bind(units).push(" <= quantity");
    sql.push(" AND shipped + cancelled + ").bind(cancelled).push(" <= quantity");
    Ok(transaction.execute_raw(sql.statement()).await?.rows_affected() == 1)
}

/// Counts units that are put back into stock.
///
/// # Errors
/// When the database fails.
pub async fn restock(
    transaction: &impl ConnectionTrait,
    id: OrderLineId,
    units: i32,
) -> Result<(), DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE order_lines SET restocked = restocked + ").bind(units);
    sql.push(" WHERE id = ").bind(id);
    transaction.execute_raw(sql.statement()).await.map(drop)
}

/// No unit of the order will be shipped any more; after payment all are paid back.
///
/// # Errors
/// When the database fails.
pub async fn cancel_all(
    transaction: &impl ConnectionTrait,
    order: OrderId,
    is_paid: bool,
) -> Result<(), DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE order_lines SET cancelled = quantity - shipped");
    if is_paid {
        sql.push(", refunded = quantity");
    }
    sql.push(" WHERE order_id = ").bind(order);
    transaction.execute_raw(sql.statement()).await.map(drop)
}

/// Units of each of these variants in orders that were paid since this instant
/// and not called off; variants without any are absent.
///
/// # Errors
/// When the database fails.
pub async fn sold_since(
    db: &impl ConnectionTrait,
    variants: &[VariantId],
    since: DateTime,
) -> Result<Vec<(VariantId, i64)>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT l.variant_id, sum(l.quantity - l.cancelled) FROM order_lines l ");
    sql.push("JOIN orders o ON o.id = l.order_id WHERE ").among("l.variant_id", variants);
    sql.push(" AND o.paid_at >= ").bind(since).push(" GROUP BY l.variant_id");
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}
