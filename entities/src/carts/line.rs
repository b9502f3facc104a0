//! `cart_lines`: units of a variant in a cart.

use sea_orm::{
    QueryOrder as _,
    entity::prelude::*,
    sea_query::{Alias, Expr, ExprTrait as _, OnConflict},
};

use crate::{
    ids::{CartId, CartLineId, ProductId, VariantId},
    time::DateTime,
};

/// No number of units: whoever changes a line does not know what was told of it.
pub const UNTOLD: i32 = -1;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cart_lines")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: CartLineId,
    /// In which cart.
    pub cart_id: CartId,
    /// Of what.
    pub variant_id: VariantId,
    /// The variant's product.
    pub product_id: ProductId,
    /// Units.
    pub quantity: i32,
    /// What the shopper notes; empty for nothing.
    pub note: String,
    /// What one cost when it was added.
    pub price_when_added: i64,
    /// What one cost when the shopper last agreed to it.
    pub accepted_price: i64,
    /// How many there would be after a merge, had the stock allowed it.
    pub wanted: Option<i32>,
    /// The price that watchers know of; `None` when it can't be bought.
    pub told_price: Option<i64>,
    /// The units left that watchers know of; `None` for enough, [`UNTOLD`] for
    /// whatever it is.
    pub told_left: Option<i32>,
    /// Its place among those that were added with it.
    pub position: i32,
    /// When it was added.
    pub added_at: DateTime,
}

/// Lines refer to variants by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The lines of these carts, in the order added.
///
/// # Errors
/// When the database fails.
pub async fn of_carts(db: &impl ConnectionTrait, carts: &[CartId]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::CartId.is_in(carts.iter().copied()))
        .order_by_asc(Column::AddedAt)
        .order_by_asc(Column::Position)
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// The carts of these lines.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &impl ConnectionTrait, ids: &[CartLineId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// Adds lines, each to the line of the same variant and note if there is one:
/// in one statement, so that nothing that others add at the same time is lost.
///
/// # Errors
/// When the database fails.
pub async fn add(transaction: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let sum =
        Expr::col((Entity, Column::Quantity)).add(Expr::col((Alias::new("excluded"), Column::Quantity)));
    let same = OnConflict::columns([Column::CartId, Column::VariantId, Column::Note])
        .value(Column::Quantity, sum)
        .value(Column::Wanted, Expr::value(Option::<i32>::None))
        .value(Column::ToldLeft, Expr::value(UNTOLD))
        .to_owned();
    Entity::insert_many(rows.into_iter().map(|row| ActiveModel::from(row).reset_all()))
        .on_conflict(same)
        .exec_without_returning(transaction)
        .await
        .map(drop)
}

/// Sets the units of a line of this cart; false when it has none such.
///
/// # Errors
/// When the database fails.
pub async fn set(
    transaction: &impl ConnectionTrait,
    cart: CartId,
    id: CartLineId,
    quantity: i32,
    wanted: Option<i32>,
) -> Result<bool, DbErr> {
    let set = Entity::update_many()
        .col_expr(Column::Quantity, Expr::value(quantity))
        .col_expr(Column::Wanted, Expr::value(wanted))
        .col_expr(Column::ToldLeft, Expr::value(UNTOLD))
        .filter(Column::Id.eq(id))
        .filter(Column::CartId.eq(cart))
        .exec(transaction)
        .await?;
    Ok(set.rows_affected > 0)
}

/// Removes a line of this cart; false when it has none such.
///
/// # Errors
/// When the database fails.
pub async fn remove(
    transaction: &impl ConnectionTrait,
    cart: CartId,
    id: CartLineId,
) -> Result<bool, DbErr> {
    let removed = Entity::delete_many()
        .filter(Column::Id.eq(id))
        .filter(Column::CartId.eq(cart))
        .exec(transaction)
        .await?;
    Ok(removed.rows_affected > 0)
}

/// Notes that the shopper agrees to what a variant costs now, and to what a merge
/// left out.
///
/// # Errors
/// When the database fails.
pub async fn accept(
    transaction: &impl ConnectionTrait,
    cart: CartId,
    variant: VariantId,
    price: i64,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::AcceptedPrice, Expr::value(price))
        .col_expr(Column::Wanted, Expr::value(Option::<i32>::None))
        .filter(Column::CartId.eq(cart))
        .filter(Column::VariantId.eq(variant))
        .exec(transaction)
        .await
        .map(drop)
}
