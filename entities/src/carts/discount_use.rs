//! `discount_uses`: which order used which code.

use sea_orm::{entity::prelude::*, sea_query::OnConflict};

use crate::{
    ids::{AccountId, DiscountId, OrderId},
    time::DateTime,
};

/// A use.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "discount_uses")]
pub struct Model {
    /// By which order.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    /// Of what.
    #[sea_orm(primary_key, auto_increment = false)]
    pub discount_id: DiscountId,
    /// Whose order.
    pub account_id: Option<AccountId>,
    /// The same account, where each can use the code once.
    pub once: Option<AccountId>,
    /// When.
    pub at: DateTime,
}

/// Uses are read by their keys.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Which of these discounts these accounts have used.
///
/// # Errors
/// When the database fails.
pub async fn of_accounts(
    db: &impl ConnectionTrait,
    accounts: &[AccountId],
    discounts: &[DiscountId],
) -> Result<Vec<(AccountId, DiscountId)>, DbErr> {
    let rows = Entity::find()
        .filter(Column::DiscountId.is_in(discounts.iter().copied()))
        .filter(Column::Once.is_in(accounts.iter().copied()))
        .all(db)
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.once?, row.discount_id))).collect())
}

/// Adds a use; false when there is one already, of the same order or account.
///
/// # Errors
/// When the database fails.
pub async fn insert(transaction: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let inserted = Entity::insert(ActiveModel::from(row).reset_all())
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    Ok(inserted > 0)
}

/// Takes the uses of an order away, and says of what they were.
///
/// # Errors
/// When the database fails.
pub async fn remove(
    transaction: &impl ConnectionTrait,
    order: OrderId,
) -> Result<Vec<DiscountId>, DbErr> {
    let removed =
        Entity::delete_many().filter(Column::OrderId.eq(order)).exec_with_returning(transaction).await?;
    Ok(removed.into_iter().map(|row| row.discount_id).collect())
}
