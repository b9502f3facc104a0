//! What is erased of the notifications module's tables with an account.

use sea_orm::{QuerySelect as _, entity::prelude::*};

use super::{delivery, device, notification, preference};
use crate::ids::{AccountId, NotificationDeliveryId};

/// The deliveries to an account.
///
/// # Errors
/// When the database fails.
pub async fn deliveries(
    db: &impl ConnectionTrait,
    account: AccountId,
) -> Result<Vec<NotificationDeliveryId>, DbErr> {
    delivery::Entity::find()
        .select_only()
        .column(delivery::Column::Id)
        .filter(delivery::Column::AccountId.eq(account))
        .into_tuple()
        .all(db)
        .await
}

/// Deletes all that an account was told, where, and how it wanted that.
///
/// # Errors
/// When the database fails.
pub async fn forget(transaction: &impl ConnectionTrait, account: AccountId) -> Result<(), DbErr> {
    delivery::Entity::delete_many()
        .filter(delivery::Column::AccountId.eq(account))
        .exec(transaction)
        .await?;
    notification::Entity::delete_many()
        .filter(notification::Column::AccountId.eq(account))
        .exec(transaction)
        .await?;
    device::Entity::delete_many()
        .filter(device::Column::AccountId.eq(account))
        .exec(transaction)
        .await?;
    preference::Entity::delete_many()
        .filter(preference::Column::AccountId.eq(account))
        .exec(transaction)
        .await
        .map(drop)
}
