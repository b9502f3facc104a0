//! `reviews`: what buyers say about a product, one a product and author.

use std::sync::Arc;

use async_graphql::Enum;
use sea_orm::{QueryResult, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::Scope;
use crate::{
    Page,
    ids::{ProductId, ReviewId, UserId},
    sql::{Sql, Window, windowed},
    time::DateTime,
};

/// A review.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reviews")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: ReviewId,
    /// What it is about.
    pub product_id: ProductId,
    /// Who wrote it.
    pub author_id: UserId,
    /// 1 to 5.
    pub stars: i32,
    /// Plain text.
    pub body: String,
    /// The seller's answer.
    pub reply: Option<String>,
    /// The author bought the product here.
    pub is_verified_purchase: bool,
    /// How many found it helpful.
    pub helpful_count: i32,
    /// When it was first written.
    pub created_at: DateTime,
    /// When it last changed.
    pub updated_at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Review order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Enum)]
pub enum ReviewSort {
    /// The latest first.
    Newest,
    /// Five stars first.
    Highest,
    /// One star first.
    Lowest,
    /// What most found helpful first.
    MostHelpful,
}

/// Where a review stands among those of its product.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The order it stands in.
    pub sort: ReviewSort,
    /// The value it is sorted by.
    pub key: i64,
    /// The tie-breaker.
    pub id: ReviewId,
}

impl ReviewSort {
    const fn column(self) -> &'static str {
        match self {
            Self::Newest => "w.created_at",
            Self::Highest | Self::Lowest => "w.stars",
            Self::MostHelpful => "w.helpful_count",
        }
    }

    /// Where a review stands in this order.
    #[must_use]
    pub fn position(self, review: &Model) -> Position {
        let key = match self {
            Self::Newest => review.created_at.0,
            Self::Highest | Self::Lowest => review.stars.into(),
            Self::MostHelpful => review.helpful_count.into(),
        };
        Position { sort: self, key, id: review.id }
    }
}

impl Model {
    const COLUMNS: &str = "w.id, w.product_id, w.author_id, w.stars, w.body, w.reply, \
         w.is_verified_purchase, w.helpful_count, w.created_at, w.updated_at";

    fn read(row: &QueryResult, at: usize) -> Result<Arc<Self>, DbErr> {
        Ok(Arc::new(Self {
            id: row.try_get_by_index(at)?,
            product_id: row.try_get_by_index(at + 1)?,
            author_id: row.try_get_by_index(at + 2)?,
            stars: row.try_get_by_index(at + 3)?,
            body: row.try_get_by_index(at + 4)?,
            reply: row.try_get_by_index(at + 5)?,
            is_verified_purchase: row.try_get_by_index(at + 6)?,
            helpful_count: row.try_get_by_index(at + 7)?,
            created_at: row.try_get_by_index(at + 8)?,
            updated_at: row.try_get_by_index(at + 9)?,
        }))
    }
}

/// The reviews with these ids of products that the scope sees.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    scope: Scope,
    ids: &[ReviewId],
) -> Result<Vec<Arc<Model>>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT ").push(Model::COLUMNS);
    sql.push(" FROM reviews w JOIN products p ON p.id = w.product_id WHERE ");
    sql.among("w.id", ids).push(" AND ");
    scope.may_see(&mut sql);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| Model::read(row, 0)).collect()
}

/// The review, if the scope may change its product; the product is locked until
/// the transaction ends.
pub async fn lock_changeable(
    transaction: &impl ConnectionTrait,
    scope: Scope,
    id: ReviewId,
) -> Result<Option<Arc<Model>>, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("SELECT ").push(Model::COLUMNS);
    sql.push(" FROM reviews w JOIN products p ON p.id = w.product_id WHERE w.id = ").bind(id);
    sql.push(" AND ");
    scope.may_change(&mut sql);
    sql.lock("p");
    let row = transaction.query_one_raw(sql.statement()).await?;
    row.map(|row| Model::read(&row, 0)).transpose()
}

/// The review that somebody wrote about a product.
pub async fn of_author(
    db: &impl ConnectionTrait,
    product: ProductId,
    author: UserId,
) -> Result<Option<Model>, DbErr> {
    Entity::find()
        .filter(Column::ProductId.eq(product))
        .filter(Column::AuthorId.eq(author))
        .one(db)
        .await
}

/// A page of the reviews of each of these products, which were already seen.
pub async fn pages(
    db: &impl ConnectionTrait,
    products: &[ProductId],
    sort: ReviewSort,
    page: Page<'_, Position>,
) -> Result<Vec<Arc<Model>>, DbErr> {
    let keys: Vec<String> = products.iter().map(ToString::to_string).collect();
    let (direction, beyond) = page.direction(sort != ReviewSort::Lowest);
    let column = sort.column();
    let order = format!("{column} {direction}, w.id {direction}");
    let window = Window { keys: &keys, columns: Model::COLUMNS, order: &order, limit: page.limit };
    let statement = windowed(db.get_database_backend(), &window, |sql, key| {
        sql.push("reviews w WHERE w.product_id = ").push(key);
        if let Some(from) = page.from {
            sql.push(" AND (").push(column).push(", w.id) ").push(beyond);
            sql.push(" (").bind(from.key).push(", ").bind(from.id).push(")");
        }
    });
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Model::read(row, 1)).collect()
}
