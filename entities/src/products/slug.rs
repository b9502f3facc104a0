//! `product_slugs`: every slug that a product has or had. It leads to its product
//! for good, and nobody else gets it.

use sea_orm::{entity::prelude::*, sea_query::OnConflict};

use crate::{ids::ProductId, sql::Sql};

/// A slug.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "product_slugs")]
pub struct Model {
    /// The slug.
    #[sea_orm(primary_key, auto_increment = false)]
    pub slug: String,
    /// Where it leads.
    pub product_id: ProductId,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Gives a product a slug; false when another one has or had it. Waits for
/// another transaction that is claiming it.
pub async fn claim(
    transaction: &impl ConnectionTrait,
    slug: &str,
    product_id: ProductId,
) -> Result<bool, DbErr> {
    let row = Model { slug: slug.to_owned(), product_id };
    let inserted = Entity::insert(ActiveModel::from(row))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    if inserted > 0 {
        return Ok(true);
    }
    Entity::find_by_id(slug).filter(Column::ProductId.eq(product_id)).exists(transaction).await
}

/// How many slugs a product has or had.
pub async fn count(db: &impl ConnectionTrait, product: ProductId) -> Result<u64, DbErr> {
    Entity::find().filter(Column::ProductId.eq(product)).count(db).await
}

/// Which of a slug and its numbered forms (`desk`, `desk-2`, …) are taken.
pub async fn taken(db: &impl ConnectionTrait, slug: &str) -> Result<Vec<String>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT s.slug FROM product_slugs s WHERE s.slug = ").bind(slug);
    // From `desk-` up to, but without, `desk.`: what starts with `desk-`.
    sql.push(" OR (s.slug >= ").bind(format!("{slug}-"));
    sql.push(" AND s.slug < ").bind(format!("{slug}.")).push(")");
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
