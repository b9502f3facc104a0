//! Which open carts a change of a product changes: a line remembers the price
//! and the shortage that its watchers know of, so that a change costs what it
//! changes for somebody and not what has the product in it.

use sea_orm::{ConnectionTrait, DbErr};

use crate::{
    ids::{CartId, ProductId, VariantId},
    sql::Sql,
};

/// What a variant is to carts of one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which variant.
    pub variant: VariantId,
    /// Of which carts.
    pub currency: String,
    /// What it costs; `None` when it can't be bought.
    pub price: Option<i64>,
    /// Units left; `None` without end.
    pub available: Option<i32>,
}

/// The variants of a product that open carts hold, by currency.
///
/// # Errors
/// When the database fails.
pub async fn held(
    db: &impl ConnectionTrait,
    product: ProductId,
) -> Result<Vec<(String, VariantId)>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push(
        "SELECT DISTINCT c.currency, l.variant_id FROM cart_lines l JOIN carts c ON c.id = l.cart_id ",
    );
    sql.push("WHERE c.state = 'OPEN' AND l.product_id = ").bind(product);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// Notes how a variant stands in lines that know it otherwise, at most `limit`,
/// and says in which carts they are. Nothing when all know it.
///
/// # Errors
/// When the database fails.
pub async fn tell(
    transaction: &impl ConnectionTrait,
    product: ProductId,
    standing: &Standing,
    limit: i64,
) -> Result<Vec<CartId>, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("UPDATE cart_lines SET told_price = ").bind(standing.price).push(", told_left = ");
    left(&mut sql, "cart_lines", standing.available);
    sql.push(" WHERE id IN (SELECT l.id FROM cart_lines l JOIN carts c ON c.id = l.cart_id");
    sql.push(" WHERE c.state = 'OPEN' AND c.currency = ").bind(standing.currency.as_str());
    sql.push(" AND l.product_id = ").bind(product).push(" AND l.variant_id = ").bind(standing.variant);
    sql.push(" AND (l.told_price IS DISTINCT FROM ").bind(standing.price);
    sql.push(" OR l.told_left IS DISTINCT FROM ");
    left(&mut sql, "l", standing.available);
    sql.push(") LIMIT ").bind(limit).push(") RETURNING cart_id");
    let rows = transaction.query_all_raw(sql.statement()).await?;
    let mut carts =
        rows.iter().map(|row| row.try_get_by_index(0)).collect::<Result<Vec<CartId>, _>>()?;
    carts.sort_unstable();
    carts.dedup();
    Ok(carts)
}

/// What is left of the variant of a line if that is less than its cart has, in
/// all lines together.
fn left(sql: &mut Sql, line: &str, available: Option<i32>) {
    let Some(available) = available else {
        sql.push("NULL");
        return;
    };
    sql.push("(SELECT CASE WHEN SUM(o.quantity) > ").bind(available).push(" THEN ").bind(available);
    sql.push(" END FROM cart_lines o WHERE o.cart_id = ").push(line).push(".cart_id");
    sql.push(" AND o.variant_id = ").push(line).push(".variant_id)");
}
