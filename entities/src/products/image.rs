//! `product_images`: pictures of a product, in order.

use sea_orm::entity::prelude::*;

use crate::ids::{ProductId, UploadId};
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
    /// Where it is, at full size; empty for an upload.
    pub url: String,
    /// What it shows, in words.
    pub alt: String,
    /// The upload, if it is one.
    pub upload_id: Option<UploadId>,
    /// The upload's name.
    pub file_name: Option<String>,
    /// The upload's media type.
    pub media_type: Option<String>,
    /// The upload's size in bytes.
    pub size: Option<i64>,
}

impl Model {
    /// Id, name, media type and size of the upload, if it is one.
    #[must_use]
    pub fn file(&self) -> Option<(UploadId, String, String, i64)> {
        Some((self.upload_id?, self.file_name.clone()?, self.media_type.clone()?, self.size?))
    }
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
    sql.push("SELECT i.product_id, i.position, i.url, i.alt, i.upload_id, i.file_name, ");
    sql.push("i.media_type, i.size FROM product_images i WHERE ");
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
                upload_id: row.try_get_by_index(4)?,
                file_name: row.try_get_by_index(5)?,
                media_type: row.try_get_by_index(6)?,
                size: row.try_get_by_index(7)?,
            })
        })
        .collect()
}

/// The uploads that show a product.
pub async fn uploads_of(db: &impl ConnectionTrait, product: ProductId) -> Result<Vec<UploadId>, DbErr> {
    let images = of_products(db, &[product], None).await?;
    Ok(images.into_iter().filter_map(|image| image.upload_id).collect())
}

/// Removes the images of a product.
pub async fn delete_of(transaction: &impl ConnectionTrait, product: ProductId) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::ProductId.eq(product)).exec(transaction).await.map(drop)
}
