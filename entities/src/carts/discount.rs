//! `discounts`: codes that make an order cheaper.

use async_graphql::Enum;
use sea_orm::{
    FromJsonQueryResult, QueryOrder as _, QuerySelect as _,
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _},
};
use serde::{Deserialize, Serialize};

use crate::{
    Page,
    ids::{DiscountId, ProductId, SellerId},
    time::DateTime,
};

/// A discount code.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "discounts")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: DiscountId,
    /// What shoppers enter, in upper case.
    pub code: String,
    /// What it does.
    pub kind: Kind,
    /// The share of a percentage, in hundredths of a percent.
    pub basis_points: Option<i32>,
    /// The amount of a fixed one.
    pub minor_units: Option<i64>,
    /// The only currency it applies in, if it names an amount.
    pub currency: Option<String>,
    /// Only on these products.
    #[sea_orm(column_type = "JsonBinary")]
    pub product_ids: Products,
    /// Only on what these sell.
    #[sea_orm(column_type = "JsonBinary")]
    pub seller_ids: Sellers,
    /// What the lines must come to before discounts.
    pub minimum_subtotal: Option<i64>,
    /// From when on it applies.
    pub valid_from: Option<DateTime>,
    /// From when on it no longer applies.
    pub valid_until: Option<DateTime>,
    /// How often it can be used.
    pub usage_limit: Option<i32>,
    /// Whether an account can use it once, and a guest never.
    pub once_per_account: bool,
    /// Whether it applies together with others.
    pub is_combinable: bool,
    /// How often it was used.
    pub uses: i32,
    /// When it was taken back.
    pub archived_at: Option<DateTime>,
    /// One more with each change.
    pub version: i32,
    /// When it was made.
    pub created_at: DateTime,
    /// When somebody changed it.
    pub updated_at: DateTime,
}

/// Discounts refer to products and sellers by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What a code does.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum, Enum, Serialize, Deserialize,
)]
#[sea_orm(rs_type = "String", db_type = "Text")]
#[graphql(name = "DiscountKind")]
pub enum Kind {
    /// Takes off a share.
    #[sea_orm(string_value = "PERCENTAGE")]
    Percentage,
    /// Takes off an amount.
    #[sea_orm(string_value = "FIXED_AMOUNT")]
    FixedAmount,
    /// Shipping costs nothing.
    #[sea_orm(string_value = "FREE_SHIPPING")]
    FreeShipping,
}

/// Products that a code is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Products(pub Vec<ProductId>);

/// Sellers that a code is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
pub struct Sellers(pub Vec<SellerId>);

/// The discounts with these codes, in upper case.
///
/// # Errors
/// When the database fails.
pub async fn by_codes(db: &impl ConnectionTrait, codes: &[String]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Code.is_in(codes)).all(db).await
}

/// The discounts with these ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[DiscountId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// A page of all discounts, newest first.
///
/// # Errors
/// When the database fails.
pub async fn page(
    db: &impl ConnectionTrait,
    page: Page<'_, DiscountId>,
    with_archived: bool,
) -> Result<Vec<Model>, DbErr> {
    let mut query = Entity::find().limit(page.limit);
    if !with_archived {
        query = query.filter(Column::ArchivedAt.is_null());
    }
    query = match (page.from, page.is_backward) {
        (None, _) => query,
        (Some(from), false) => query.filter(Column::Id.lt(*from)),
        (Some(from), true) => query.filter(Column::Id.gt(*from)),
    };
    query = match page.is_backward {
        false => query.order_by_desc(Column::Id),
        true => query.order_by_asc(Column::Id),
    };
    query.all(db).await
}

/// How many discounts there are.
///
/// # Errors
/// When the database fails.
pub async fn count(db: &impl ConnectionTrait, with_archived: bool) -> Result<u64, DbErr> {
    let mut query = Entity::find();
    if !with_archived {
        query = query.filter(Column::ArchivedAt.is_null());
    }
    query.count(db).await
}

/// Adds a discount; a unique column refuses a code that is taken.
///
/// # Errors
/// When the database fails.
pub async fn insert(transaction: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    Entity::insert(ActiveModel::from(row).reset_all())
        .exec_without_returning(transaction)
        .await
        .map(drop)
}

/// Changes all of a discount but its uses, from the version before; `None` when
/// it is not there, archived or of another version.
///
/// # Errors
/// When the database fails.
pub async fn change(
    transaction: &impl ConnectionTrait,
    row: Model,
    expected: Option<i32>,
) -> Result<Option<Model>, DbErr> {
    let id = row.id;
    let mut change = ActiveModel::from(row).reset_all();
    for kept in [Column::Id, Column::Uses, Column::CreatedAt, Column::Version, Column::ArchivedAt] {
        change.not_set(kept);
    }
    let mut update = Entity::update_many()
        .set(change)
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id))
        .filter(Column::ArchivedAt.is_null());
    if let Some(version) = expected {
        update = update.filter(Column::Version.eq(version));
    }
    Ok(update.exec_with_returning(transaction).await?.pop())
}

/// Takes a discount back; `None` when it is not there, or was taken back before.
///
/// # Errors
/// When the database fails.
pub async fn archive(
    transaction: &impl ConnectionTrait,
    id: DiscountId,
    now: DateTime,
) -> Result<Option<Model>, DbErr> {
    let archived = Entity::update_many()
        .col_expr(Column::ArchivedAt, Expr::value(now))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .filter(Column::Id.eq(id))
        .filter(Column::ArchivedAt.is_null())
        .exec_with_returning(transaction)
        .await?;
    Ok(archived.into_iter().next())
}

/// Counts one more use; false when the limit is reached. Of those who try at
/// once, no more succeed than are allowed.
///
/// # Errors
/// When the database fails.
pub async fn take(transaction: &impl ConnectionTrait, id: DiscountId) -> Result<bool, DbErr> {
    let is_free =
        Column::UsageLimit.is_null().or(Expr::col(Column::Uses).lt(Expr::col(Column::UsageLimit)));
    let taken = Entity::update_many()
        .col_expr(Column::Uses, Expr::col(Column::Uses).add(1))
        .filter(Column::Id.eq(id))
        .filter(is_free)
        .exec(transaction)
        .await?;
    Ok(taken.rows_affected > 0)
}

/// Counts one use less of each.
///
/// # Errors
/// When the database fails.
pub async fn give_back(transaction: &impl ConnectionTrait, ids: &[DiscountId]) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    Entity::update_many()
        .col_expr(Column::Uses, Expr::col(Column::Uses).sub(1))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(transaction)
        .await
        .map(drop)
}
