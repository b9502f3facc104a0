//! `product_prices`: the lowest and the highest price of a product in each
//! currency, so that lists can show it and be sorted by it. Derived from
//! `variant_prices` in the transaction that changes those.

use sea_orm::entity::prelude::*;

use crate::ids::ProductId;
use crate::sql::Sql;

/// A span of prices.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_prices")]
pub struct Model {
    /// What costs this.
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: ProductId,
    /// ISO 4217 code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// The lowest price.
    pub min_minor_units: i64,
    /// The highest price.
    pub max_minor_units: i64,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The spans of these products in a currency, and in another one if named.
pub async fn of_products(
    db: &impl ConnectionTrait,
    products: &[ProductId],
    currency: &str,
    otherwise: Option<&str>,
) -> Result<Vec<Model>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT s.product_id, s.currency, s.min_minor_units, s.max_minor_units ");
    sql.push("FROM product_prices s WHERE ").either("s.currency", currency, otherwise);
    sql.push(" AND ").among("s.product_id", products);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter()
        .map(|row| {
            Ok(Model {
                product_id: row.try_get_by_index(0)?,
                currency: row.try_get_by_index(1)?,
                min_minor_units: row.try_get_by_index(2)?,
                max_minor_units: row.try_get_by_index(3)?,
            })
        })
        .collect()
}

/// Derives the spans of a product anew.
pub async fn derive(transaction: &impl ConnectionTrait, product: ProductId) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::ProductId.eq(product)).exec(transaction).await?;
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("INSERT INTO product_prices (product_id, currency, min_minor_units, max_minor_units) ");
    sql.push("SELECT r.product_id, r.currency, min(r.minor_units), max(r.minor_units) ");
    sql.push("FROM variant_prices r WHERE r.product_id = ").bind(product);
    sql.push(" GROUP BY r.product_id, r.currency");
    transaction.execute_raw(sql.statement()).await.map(drop)
}
