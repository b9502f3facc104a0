//! Lists of products: filtered, in one of several orders, a page at a time; the
//! whole catalogue or the lists of several parents in one statement.

use std::sync::Arc;

use async_graphql::Enum;
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use serde::{Deserialize, Serialize};

use super::{Scope, filter::Filter, product::Row};
use crate::{
    ids::ProductId,
    sql::{Sql, Window, counted, windowed},
};

/// Sortable fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Enum)]
#[graphql(name = "ProductSortField")]
pub enum SortField {
    /// When the product was created.
    CreatedAt,
    /// The lowest price in the viewer's currency; products that are not sold in
    /// it are left out.
    Price,
    /// The title, upper and lower case alike.
    Title,
    /// How many keep it as a favourite or wrote a review.
    Popularity,
    /// The average rating; products without a review come below all others.
    Rating,
}

/// In which order a list stands. Equal products stand in the order of their ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Order {
    /// By a property of the product.
    By(SortField),
    /// By when an account made it a favourite; only below [`Parent::Account`].
    Favourited,
}

/// Where a product stands in a list: the value it is sorted by, and its id.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// The value.
    pub key: SortKey,
    /// The tie-breaker.
    pub id: ProductId,
}

/// A value that products are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SortKey {
    /// When it was created.
    Created(i64),
    /// Minor units.
    Price(i64),
    /// The title in lower case.
    Title(String),
    /// Favourites and reviews.
    Popularity(i64),
    /// Thousandths of a star.
    Rating(i64),
    /// When it became a favourite.
    Favourited(i64),
}

/// A page of a list to read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct List {
    /// What the reader may see.
    pub scope: Scope,
    /// What the reader wants to see.
    pub filter: Filter,
    /// What the list is sorted by.
    pub order: Order,
    /// Largest first. To read a list from its end, turn this round.
    pub descending: bool,
    /// ISO 4217 code of the currency in which prices are compared.
    pub currency: String,
    /// Only what stands beyond this.
    pub from: Option<Position>,
    /// Most rows of a list.
    pub limit: u64,
}

/// Whose list it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Parent {
    /// A seller, by id.
    Seller,
    /// A category and those below it, by path.
    Category,
    /// The favourites of an account, by id.
    Account,
}

/// A product in a list.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Where it stands.
    pub position: Position,
    /// The product.
    pub row: Arc<Row>,
}

impl Order {
    /// Whether a cursor was made by a list in this order.
    #[must_use]
    pub fn made(self, position: &Position) -> bool {
        match (self, &position.key) {
            // No title holds a NUL, and Postgres refuses to compare with one.
            (Self::By(SortField::Title), SortKey::Title(title)) => !title.contains('\0'),
            (Self::By(SortField::CreatedAt), SortKey::Created(_))
            | (Self::By(SortField::Price), SortKey::Price(_))
            | (Self::By(SortField::Popularity), SortKey::Popularity(_))
            | (Self::By(SortField::Rating), SortKey::Rating(_))
            | (Self::Favourited, SortKey::Favourited(_)) => true,
            _ => false,
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::By(SortField::CreatedAt) => "p.created_at",
            Self::By(SortField::Price) => "s.min_minor_units",
            Self::By(SortField::Title) => "p.title_key",
            Self::By(SortField::Popularity) => "p.popularity",
            Self::By(SortField::Rating) => "p.rating_score",
            Self::Favourited => "f.at",
        }
    }

    /// The product's id beside [`Order::column`], so that one index has both.
    const fn tie_breaker(self) -> &'static str {
        match self {
            Self::By(SortField::Price) => "s.product_id",
            Self::By(_) => "p.id",
            Self::Favourited => "f.product_id",
        }
    }

    fn read(self, row: &QueryResult, at: usize) -> Result<SortKey, DbErr> {
        let number = || row.try_get_by_index::<i64>(at);
        Ok(match self {
            Self::By(SortField::CreatedAt) => SortKey::Created(number()?),
            Self::By(SortField::Price) => SortKey::Price(number()?),
            Self::By(SortField::Title) => SortKey::Title(row.try_get_by_index(at)?),
            Self::By(SortField::Popularity) => SortKey::Popularity(number()?),
            Self::By(SortField::Rating) => SortKey::Rating(number()?),
            Self::Favourited => SortKey::Favourited(number()?),
        })
    }
}

impl List {
    fn columns(&self) -> String {
        format!("{} AS sort_key, {}", self.order.column(), Row::COLUMNS)
    }

    fn order_by(&self) -> String {
        let direction = if self.descending { "DESC" } else { "ASC" };
        format!("{} {direction}, {} {direction}", self.order.column(), self.order.tie_breaker())
    }

    fn tables(&self, sql: &mut Sql) {
        sql.push("products p");
        if self.order == Order::By(SortField::Price) {
            sql.push(" JOIN product_prices s ON s.product_id = p.id AND s.currency = ");
            sql.bind(self.currency.as_str());
        }
    }

    fn conditions(&self, sql: &mut Sql) {
        self.scope.may_see(sql);
        if !self.filter.is_empty() {
            sql.push(" AND ");
            self.filter.write(sql);
        }
    }

    fn beyond(&self, sql: &mut Sql) {
        let Some(from) = &self.from else { return };
        sql.push(" AND (").push(self.order.column()).push(", ").push(self.order.tie_breaker());
        sql.push(if self.descending { ") < (" } else { ") > (" });
        match &from.key {
            SortKey::Title(title) => sql.bind(title.as_str()),
            SortKey::Created(number)
            | SortKey::Price(number)
            | SortKey::Popularity(number)
            | SortKey::Rating(number)
            | SortKey::Favourited(number) => sql.bind(*number),
        };
        sql.push(", ").bind(from.id).push(")");
    }

    fn read(&self, row: &QueryResult, at: usize) -> Result<Listed, DbErr> {
        let key = self.order.read(row, at)?;
        let row = Row::read(row, at + 1)?;
        Ok(Listed { position: Position { key, id: row.id }, row: Arc::new(row) })
    }
}

impl Parent {
    fn tables(self, sql: &mut Sql, list: &List) {
        list.tables(sql);
        if self == Self::Account {
            sql.push(" JOIN favourites f ON f.product_id = p.id");
        }
    }

    fn condition(self, sql: &mut Sql, key: &str) {
        match self {
            Self::Seller => sql.push("p.seller_id = ").push(key),
            Self::Category => {
                sql.push("p.category_id IN (SELECT c.id FROM categories c WHERE c.path LIKE ");
                sql.push(key).push(" || '%')")
            }
            Self::Account => sql.push("f.account_id = ").push(key),
        };
    }
}

/// A page of the whole catalogue.
pub async fn page(db: &impl ConnectionTrait, list: &List) -> Result<Vec<Listed>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT ").push(&list.columns()).push(" FROM ");
    list.tables(&mut sql);
    sql.push(" WHERE ");
    list.conditions(&mut sql);
    list.beyond(&mut sql);
    sql.push(" ORDER BY ").push(&list.order_by());
    sql.push(" LIMIT ").bind(i64::try_from(list.limit).unwrap_or(i64::MAX));
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| list.read(row, 0)).collect()
}

/// How many products the whole list has.
pub async fn count(db: &impl ConnectionTrait, list: &List) -> Result<i64, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT count(*) FROM ");
    list.tables(&mut sql);
    sql.push(" WHERE ");
    list.conditions(&mut sql);
    let row = db.query_one_raw(sql.statement()).await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// The page of each parent's list, with the parent's key, in one statement.
pub async fn pages(
    db: &impl ConnectionTrait,
    parent: Parent,
    keys: &[String],
    list: &List,
) -> Result<Vec<(String, Listed)>, DbErr> {
    let (columns, order) = (list.columns(), list.order_by());
    let window = Window { keys, columns: &columns, order: &order, limit: list.limit };
    let statement = windowed(db.get_database_backend(), &window, |sql, key| {
        parent.tables(sql, list);
        sql.push(" WHERE ");
        parent.condition(sql, key);
        sql.push(" AND ");
        list.conditions(sql);
        list.beyond(sql);
    });
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, list.read(row, 1)?))).collect()
}

/// How many products each parent's whole list has; those without any are absent.
pub async fn counts(
    db: &impl ConnectionTrait,
    parent: Parent,
    keys: &[String],
    list: &List,
) -> Result<Vec<(String, i64)>, DbErr> {
    let statement = counted(db.get_database_backend(), keys, |sql, key| {
        parent.tables(sql, list);
        sql.push(" WHERE ");
        parent.condition(sql, key);
        sql.push(" AND ");
        list.conditions(sql);
    });
    let rows = db.query_all_raw(statement).await?;
    rows.iter().map(|row| Ok((row.try_get_by_index(0)?, row.try_get_by_index(1)?))).collect()
}
