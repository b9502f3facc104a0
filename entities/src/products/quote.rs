//! What variants are and cost at present, for carts.

use sea_orm::entity::prelude::*;

use super::{ProductStatus, variant::Choices};
use crate::{
    ids::{ProductId, SellerId, VariantId},
    sql::Sql,
};

/// What a variant is and costs at present.
#[derive(Debug, Clone)]
pub struct Row {
    /// Which.
    pub variant_id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// Who sells it.
    pub seller_id: SellerId,
    /// The product's title.
    pub title: String,
    /// The product's status.
    pub status: ProductStatus,
    /// Its SKU.
    pub sku: String,
    /// The chosen value of each option.
    pub options: Choices,
    /// Units in stock.
    pub on_hand: i32,
    /// Units of these that are promised.
    pub reserved: i32,
    /// Whether it can be ordered when none is left.
    pub is_backorderable: bool,
    /// Its price in the currency, if it is sold in it.
    pub minor_units: Option<i64>,
}

/// Those of these variants whose products are or were shown to everybody.
pub async fn of_variants(
    db: &impl ConnectionTrait,
    variants: &[VariantId],
    currency: &str,
) -> Result<Vec<Row>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT v.id, v.product_id, p.seller_id, p.title, p.status, v.sku, v.options, ");
    sql.push("v.on_hand, v.reserved, v.is_backorderable, r.minor_units FROM variants v ");
    sql.push("JOIN products p ON p.id = v.product_id ");
    sql.push("LEFT JOIN variant_prices r ON r.variant_id = v.id AND r.currency = ").bind(currency);
    sql.push(" WHERE p.was_shown AND ").among("v.id", variants);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter()
        .map(|row| {
            Ok(Row {
                variant_id: row.try_get_by_index(0)?,
                product_id: row.try_get_by_index(1)?,
                seller_id: row.try_get_by_index(2)?,
                title: row.try_get_by_index(3)?,
                status: row.try_get_by_index(4)?,
                sku: row.try_get_by_index(5)?,
                options: row.try_get_by_index(6)?,
                on_hand: row.try_get_by_index(7)?,
                reserved: row.try_get_by_index(8)?,
                is_backorderable: row.try_get_by_index(9)?,
                minor_units: row.try_get_by_index(10)?,
            })
        })
        .collect()
}
