//! What is erased of the carts module's tables with an account.

use sea_orm::{entity::prelude::*, sea_query::Expr};

use super::{cart, discount_use};
use crate::ids::AccountId;

/// Deletes an account's carts, whatever became of them, and forgets who used its
/// codes; that they were used stays.
///
/// # Errors
/// When the database fails.
pub async fn forget(transaction: &impl ConnectionTrait, account: AccountId) -> Result<(), DbErr> {
    cart::Entity::delete_many().filter(cart::Column::AccountId.eq(account)).exec(transaction).await?;
    discount_use::Entity::update_many()
        .col_expr(discount_use::Column::AccountId, Expr::value(Option::<String>::None))
        .col_expr(discount_use::Column::Once, Expr::value(Option::<String>::None))
        .filter(discount_use::Column::AccountId.eq(account))
        .exec(transaction)
        .await
        .map(drop)
}
