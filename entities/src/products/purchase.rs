//! `purchases`: who bought what here, so that reviews can say so.

use sea_orm::{entity::prelude::*, sea_query::OnConflict};

use super::review;
use crate::{
    ids::{ProductId, UserId},
    time::DateTime,
};

/// A product that somebody bought.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "purchases")]
pub struct Model {
    /// Who.
    #[sea_orm(primary_key, auto_increment = false)]
    pub user_id: UserId,
    /// What.
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: ProductId,
    /// When first.
    pub at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Notes that somebody bought products, and on their reviews of these too. Call
/// it with the products locked, as reviews are written.
pub async fn note(
    transaction: &impl ConnectionTrait,
    user: UserId,
    products: &[ProductId],
    at: DateTime,
) -> Result<(), DbErr> {
    let row = |product: &ProductId| ActiveModel::from(Model { user_id: user, product_id: *product, at });
    if products.is_empty() {
        return Ok(());
    }
    Entity::insert_many(products.iter().map(row))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    review::Entity::update_many()
        .col_expr(review::Column::IsVerifiedPurchase, true.into())
        .filter(review::Column::AuthorId.eq(user))
        .filter(review::Column::ProductId.is_in(products.iter().copied()))
        .exec(transaction)
        .await
        .map(drop)
}

/// Whether somebody bought a product here.
pub async fn is_noted(
    db: &impl ConnectionTrait,
    user: UserId,
    product: ProductId,
) -> Result<bool, DbErr> {
    Entity::find_by_id((user, product)).exists(db).await
}
