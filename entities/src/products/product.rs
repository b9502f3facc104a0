//! `products`: something for sale. Lists stand in `list`; here are the table,
//! the small row that lists carry, and reads of single products.

use std::sync::Arc;

use sea_orm::{ExprTrait as _, FromJsonQueryResult, QueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::{ProductStatus, Scope};
use crate::sql::Sql;
use crate::{
    ids::{CategoryId, ProductId, SellerId},
    time::DateTime,
};

/// A product. The columns `rating_score` and `popularity` are computed by the
/// database and stand in no model.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "products")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ProductId,
    /// Unique, made from the first title unless the seller chose another.
    pub slug: String,
    /// As shown.
    pub title: String,
    /// The title in lower case, to sort and to look for words.
    pub title_key: String,
    /// Plain text.
    pub description: String,
    /// Who sees it.
    pub status: ProductStatus,
    /// Where it stands in the tree.
    pub category_id: Option<CategoryId>,
    /// Whose it is.
    pub seller_id: SellerId,
    /// What a buyer chooses from.
    pub options: Options,
    /// Free properties.
    pub attributes: Attributes,
    /// Reviews with one star.
    pub rating_1: i32,
    /// Reviews with two stars.
    pub rating_2: i32,
    /// Reviews with three stars.
    pub rating_3: i32,
    /// Reviews with four stars.
    pub rating_4: i32,
    /// Reviews with five stars.
    pub rating_5: i32,
    /// Accounts that keep it as a favourite.
    pub favourite_count: i32,
    /// Whether everybody could see it at some time.
    pub was_shown: bool,
    /// Counts changes.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime,
    /// When it last changed.
    pub updated_at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The options of a product, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Options(pub Vec<ProductOption>);

/// One option: its name and what can be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProductOption {
    /// E.g. `Size`.
    pub name: String,
    /// E.g. `S`, `M`, `L`.
    pub values: Vec<String>,
}

/// The free properties of a product, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Attributes(pub Vec<Attribute>);

/// One property.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// E.g. `Material`.
    pub key: String,
    /// E.g. `Oak`.
    pub value: String,
}

/// What lists of products carry: everything that is short.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its id.
    pub id: ProductId,
    /// Unique.
    pub slug: String,
    /// As shown.
    pub title: String,
    /// Who sees it.
    pub status: ProductStatus,
    /// Where it stands in the tree.
    pub category_id: Option<CategoryId>,
    /// Whose it is.
    pub seller_id: SellerId,
    /// Reviews with 1, 2, 3, 4 and 5 stars.
    pub ratings: [i32; 5],
    /// Counts changes.
    pub version: i32,
    /// When it was created.
    pub created_at: DateTime,
    /// When it last changed.
    pub updated_at: DateTime,
}

impl Row {
    /// The columns in the order in which [`Row::read`] reads them.
    pub(super) const COLUMNS: &str = "p.id, p.slug, p.title, p.status, p.category_id, p.seller_id, \
         p.rating_1, p.rating_2, p.rating_3, p.rating_4, p.rating_5, p.version, p.created_at, \
         p.updated_at";

    /// Reads the columns by position, which saves looking up their names.
    pub(super) fn read(row: &QueryResult, at: usize) -> Result<Self, DbErr> {
        let stars = |star: usize| row.try_get_by_index(at + 5 + star);
        Ok(Self {
            id: row.try_get_by_index(at)?,
            slug: row.try_get_by_index(at + 1)?,
            title: row.try_get_by_index(at + 2)?,
            status: row.try_get_by_index(at + 3)?,
            category_id: row.try_get_by_index(at + 4)?,
            seller_id: row.try_get_by_index(at + 5)?,
            ratings: [stars(1)?, stars(2)?, stars(3)?, stars(4)?, stars(5)?],
            version: row.try_get_by_index(at + 11)?,
            created_at: row.try_get_by_index(at + 12)?,
            updated_at: row.try_get_by_index(at + 13)?,
        })
    }
}

/// What is long and read only when asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// Plain text.
    pub description: String,
    /// What a buyer chooses from.
    pub options: Vec<ProductOption>,
    /// Free properties.
    pub attributes: Vec<Attribute>,
}

/// The products with these ids that the scope sees.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    scope: Scope,
    ids: &[ProductId],
) -> Result<Vec<Arc<Row>>, DbErr> {
    let mut sql = select(db);
    sql.push(" WHERE ").among("p.id", ids).push(" AND ");
    scope.may_see(&mut sql);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| Row::read(row, 0).map(Arc::new)).collect()
}

/// The product that has or had this slug, if the scope sees it.
pub async fn by_slug(
    db: &impl ConnectionTrait,
    scope: Scope,
    slug: &str,
) -> Result<Option<Arc<Row>>, DbErr> {
    let mut sql = select(db);
    sql.push(" JOIN product_slugs s ON s.product_id = p.id WHERE s.slug = ").bind(slug).push(" AND ");
    scope.may_see(&mut sql);
    one(db, sql).await
}

/// The product with a variant of this SKU, if the scope sees it.
pub async fn by_sku(
    db: &impl ConnectionTrait,
    scope: Scope,
    sku: &str,
) -> Result<Option<Arc<Row>>, DbErr> {
    let mut sql = select(db);
    sql.push(" JOIN variants v ON v.product_id = p.id WHERE v.sku = ").bind(sku).push(" AND ");
    scope.may_see(&mut sql);
    one(db, sql).await
}

/// The product, if the scope sees it, locked until the transaction ends.
pub async fn lock_visible(
    transaction: &impl ConnectionTrait,
    scope: Scope,
    id: ProductId,
) -> Result<Option<Arc<Row>>, DbErr> {
    let mut sql = select(transaction);
    sql.push(" WHERE p.id = ").bind(id).push(" AND ");
    scope.may_see(&mut sql);
    sql.lock("p");
    one(transaction, sql).await
}

/// The product, if the scope may change it, locked until the transaction ends.
pub async fn lock_changeable(
    transaction: &impl ConnectionTrait,
    scope: Scope,
    id: ProductId,
) -> Result<Option<(Arc<Row>, Details)>, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("SELECT ").push(Row::COLUMNS).push(", p.description, p.options, p.attributes");
    sql.push(" FROM products p WHERE p.id = ").bind(id).push(" AND ");
    scope.may_change(&mut sql);
    sql.lock("p");
    let Some(row) = transaction.query_one_raw(sql.statement()).await? else {
        return Ok(None);
    };
    Ok(Some((Arc::new(Row::read(&row, 0)?), read_details(&row, 14)?)))
}

/// Those of these products that there are, locked until the transaction ends: by
/// everybody in the same order, so that nobody waits in a circle.
pub async fn lock_all(
    transaction: &impl ConnectionTrait,
    ids: &[ProductId],
) -> Result<Vec<ProductId>, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("SELECT p.id FROM products p WHERE ").among("p.id", ids);
    sql.push(" ORDER BY p.id").lock("p");
    let rows = transaction.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// Description, options and attributes of products that were already seen.
pub async fn details(
    db: &impl ConnectionTrait,
    ids: &[ProductId],
) -> Result<Vec<(ProductId, Arc<Details>)>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT p.id, p.description, p.options, p.attributes FROM products p WHERE ");
    sql.among("p.id", ids);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, Arc::new(read_details(row, 1)?)))).collect()
}

/// Reviews with 1 to 5 stars over all products of each seller.
pub async fn ratings_of_sellers(
    db: &impl ConnectionTrait,
    sellers: &[SellerId],
) -> Result<Vec<(SellerId, [i64; 5])>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT p.seller_id, sum(p.rating_1), sum(p.rating_2), sum(p.rating_3), ");
    sql.push("sum(p.rating_4), sum(p.rating_5) FROM products p WHERE ");
    sql.among("p.seller_id", sellers).push(" GROUP BY p.seller_id");
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter()
        .map(|row| {
            let stars = |star: usize| row.try_get_by_index(star);
            let ratings = [stars(1)?, stars(2)?, stars(3)?, stars(4)?, stars(5)?];
            Ok((row.try_get_by_index(0)?, ratings))
        })
        .collect()
}

/// Moves one review of a product from `before` to `after` stars (1 to 5).
pub async fn move_rating(
    transaction: &impl ConnectionTrait,
    id: ProductId,
    before: Option<i32>,
    after: i32,
) -> Result<(), DbErr> {
    if before == Some(after) {
        return Ok(());
    }
    let mut update = Entity::update_many().filter(Column::Id.eq(id));
    for (stars, step) in before.map(|stars| (stars, -1)).into_iter().chain([(after, 1)]) {
        let column = rating_column(stars);
        update = update.col_expr(column, Expr::col(column).add(step));
    }
    update.exec(transaction).await.map(drop)
}

/// Adds to the number of accounts that keep a product as a favourite.
pub async fn add_favourites(
    transaction: &impl ConnectionTrait,
    id: ProductId,
    step: i32,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::FavouriteCount, Expr::col(Column::FavouriteCount).add(step))
        .filter(Column::Id.eq(id))
        .exec(transaction)
        .await
        .map(drop)
}

fn rating_column(stars: i32) -> Column {
    match stars {
        1 => Column::Rating1,
        2 => Column::Rating2,
        3 => Column::Rating3,
        4 => Column::Rating4,
        _ => Column::Rating5,
    }
}

fn select(db: &impl ConnectionTrait) -> Sql {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT ").push(Row::COLUMNS).push(" FROM products p");
    sql
}

async fn one(db: &impl ConnectionTrait, sql: Sql) -> Result<Option<Arc<Row>>, DbErr> {
    let row = db.query_one_raw(sql.statement()).await?;
    row.map(|row| Row::read(&row, 0).map(Arc::new)).transpose()
}

fn read_details(row: &QueryResult, at: usize) -> Result<Details, DbErr> {
    let options: Options = row.try_get_by_index(at + 1)?;
    let attributes: Attributes = row.try_get_by_index(at + 2)?;
    Ok(Details { description: row.try_get_by_index(at)?, options: options.0, attributes: attributes.0 })
}
