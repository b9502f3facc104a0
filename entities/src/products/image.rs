//! `product_images`: pictures of a product, in order.

use sea_orm::entity::prelude::*;

use crate::ids::ProductId;
use crate::sql::Sql;

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_images")]
pub struct Model {
    /// What it shows.
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: ProductId,
    /// Its place, from 0 without a hole.
    #[sea_orm(primary_key, auto_increment = false)]
    pub position: i32,
    /// Where it is, at full size.
    pub url: String,
    /// What it shows, in words.
    pub alt: String,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The first images of products that were already seen, in order; all of them
/// when `first` is absent.
pub async fn of_products(
    db: &impl ConnectionTrait,
    products: &[ProductId],
    first: Option<i32>,
) -> Result<Vec<Model>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT i.product_id, i.position, i.url, i.alt FROM product_images i WHERE ");
    sql.among("i.product_id", products);
    if let Some(first) = first {
        sql.push(" AND i.position < ").bind(first);
    }
    sql.push(" ORDER BY i.product_id, i.position");
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter()
        .map(|row| {
            Ok(Model {
                product_id: row.try_get_by_index(0)?,
                position: row.try_get_by_index(1)?,
                url: row.try_get_by_index(2)?,
                alt: row.try_get_by_index(3)?,
            })
        })
        .collect()
}
