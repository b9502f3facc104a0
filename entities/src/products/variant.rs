//! `variants`: the purchasable units of a product, with their stock.

use std::sync::Arc;

use async_graphql::Enum;
use sea_orm::{FromJsonQueryResult, QueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::Scope;
use crate::{
    Page,
    ids::{ProductId, VariantId},
    sql::{Sql, Window, counted, windowed},
};

/// A purchasable unit.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "variants")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: VariantId,
    /// What it is a variant of.
    pub product_id: ProductId,
    /// Unique.
    pub sku: String,
    /// The chosen values, for people.
    pub title: String,
    /// The chosen value of each option.
    pub options: Choices,
    /// Grams.
    pub weight_grams: Option<i32>,
    /// Units in stock.
    pub on_hand: i32,
    /// Units of these that are promised to somebody.
    pub reserved: i32,
    /// Whether it can be ordered when none is left.
    pub is_backorderable: bool,
    /// Its place among the variants.
    pub position: i32,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The chosen value of each option, in the order of the options.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Choices(pub Vec<Choice>);

/// A chosen value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The option.
    pub name: String,
    /// What was chosen.
    pub value: String,
}

/// Where a variant stands among those of its product.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// Its place.
    pub position: i32,
    /// The tie-breaker.
    pub id: VariantId,
}

impl Model {
    const COLUMNS: &str = "v.id, v.product_id, v.sku, v.title, v.options, v.weight_grams, v.on_hand, \
         v.reserved, v.is_backorderable, v.position";

    fn read(row: &QueryResult, at: usize) -> Result<Arc<Self>, DbErr> {
        Ok(Arc::new(Self {
            id: row.try_get_by_index(at)?,
            product_id: row.try_get_by_index(at + 1)?,
            sku: row.try_get_by_index(at + 2)?,
            title: row.try_get_by_index(at + 3)?,
            options: row.try_get_by_index(at + 4)?,
            weight_grams: row.try_get_by_index(at + 5)?,
            on_hand: row.try_get_by_index(at + 6)?,
            reserved: row.try_get_by_index(at + 7)?,
            is_backorderable: row.try_get_by_index(at + 8)?,
            position: row.try_get_by_index(at + 9)?,
        }))
    }

    /// Units that are promised to nobody.
    #[must_use]
    pub const fn available(&self) -> i32 {
        self.on_hand.saturating_sub(self.reserved)
    }
}

/// Fewer free units than this are few.
const LOW_STOCK: i32 = 5;

/// Coarse stock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Availability {
    /// Enough units.
    InStock,
    /// Fewer than five units.
    LowStock,
    /// None left.
    OutOfStock,
    /// None left, but it can be ordered and ships later.
    Backorder,
}

impl Availability {
    /// What shoppers are told of so many free units.
    #[must_use]
    pub const fn of(available: i32, is_backorderable: bool) -> Self {
        match available {
            LOW_STOCK.. => Self::InStock,
            1.. => Self::LowStock,
            _ if is_backorderable => Self::Backorder,
            _ => Self::OutOfStock,
        }
    }
}

/// The variants with these ids whose products the scope sees.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    scope: Scope,
    ids: &[VariantId],
) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT ").push(Model::COLUMNS);
    sql.push(" FROM variants v JOIN products p ON p.id = v.product_id WHERE ");
    sql.among("v.id", ids).push(" AND ");
    scope.may_see(&mut sql);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| Model::read(row, 0)).collect()
}

/// A page of the variants of each of these products, which were already seen.
pub async fn pages(
    db: &impl ConnectionTrait,
    products: &[ProductId],
    page: Page<'_, Position>,
) -> Result<Vec<Arc<Model>>, DbErr> {
    let keys: Vec<String> = products.iter().map(ToString::to_string).collect();
    let (direction, beyond) = page.direction(false);
    let order = format!("v.position {direction}, v.id {direction}");
    let window = Window { keys: &keys, columns: Model::COLUMNS, order: &order, limit: page.limit };
    let statement = windowed(db.get_database_backend(), &window, |sql, key| {
        sql.push("variants v WHERE v.product_id = ").push(key);
        if let Some(from) = page.from {
            sql.push(" AND (v.position, v.id) ").push(beyond);
            sql.push(" (").bind(from.position).push(", ").bind(from.id).push(")");
        }
    });
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Model::read(row, 1)).collect()
}

/// How many variants each of these products has; those without any are absent.
pub async fn counts(
    db: &impl ConnectionTrait,
    products: &[ProductId],
) -> Result<Vec<(ProductId, i64)>, DbErr> {
    let keys: Vec<String> = products.iter().map(ToString::to_string).collect();
    let statement = counted(db.get_database_backend(), &keys, |sql, key| {
        sql.push("variants v WHERE v.product_id = ").push(key);
    });
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}

/// Those of these products that have a variant which can be bought now.
pub async fn in_stock(
    db: &impl ConnectionTrait,
    products: &[ProductId],
) -> Result<Vec<ProductId>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT DISTINCT v.product_id FROM variants v WHERE ");
    sql.among("v.product_id", products);
    sql.push(" AND (v.on_hand > v.reserved OR v.is_backorderable)");
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// All variants of a product, in order, and whoever else has one of these SKUs.
pub async fn of_product_or_skus(
    db: &impl ConnectionTrait,
    product: ProductId,
    skus: &[String],
) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT ").push(Model::COLUMNS).push(" FROM variants v WHERE v.product_id = ");
    sql.bind(product).push(" OR ").among("v.sku", skus);
    sql.push(" ORDER BY v.position, v.id");
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| Model::read(row, 0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stock_is_low_below_five_units() {
        assert_eq!(Availability::of(5, false), Availability::InStock);
        assert_eq!(Availability::of(4, false), Availability::LowStock);
        assert_eq!(Availability::of(0, false), Availability::OutOfStock);
        assert_eq!(Availability::of(0, true), Availability::Backorder);
    }
}
