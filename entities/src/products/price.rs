//! `variant_prices`: what a variant costs in each currency.

use sea_orm::entity::prelude::*;

use crate::ids::{ProductId, VariantId};
use crate::sql::Sql;

/// A price.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "variant_prices")]
pub struct Model {
    /// What costs this.
    #[sea_orm(primary_key, auto_increment = false)]
    pub variant_id: VariantId,
    /// ISO 4217 code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub currency: String,
    /// The variant's product.
    pub product_id: ProductId,
    /// The price now.
    pub minor_units: i64,
    /// The crossed-out price.
    pub compare_at: Option<i64>,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The prices of these variants in a currency, and in another one if named.
pub async fn of_variants(
    db: &impl ConnectionTrait,
    variants: &[VariantId],
    currency: &str,
    otherwise: Option<&str>,
) -> Result<Vec<Model>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT r.variant_id, r.currency, r.product_id, r.minor_units, r.compare_at ");
    sql.push("FROM variant_prices r WHERE ").either("r.currency", currency, otherwise);
    sql.push(" AND ").among("r.variant_id", variants);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter()
        .map(|row| {
            Ok(Model {
                variant_id: row.try_get_by_index(0)?,
                currency: row.try_get_by_index(1)?,
                product_id: row.try_get_by_index(2)?,
                minor_units: row.try_get_by_index(3)?,
                compare_at: row.try_get_by_index(4)?,
            })
        })
        .collect()
}

/// All prices of a product's variants.
pub async fn of_product(db: &impl ConnectionTrait, product: ProductId) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::ProductId.eq(product)).all(db).await
}
