//! How to reach people: columns of `users` and `accounts`, read together.

use sea_orm::{Condition, FromQueryResult, QuerySelect as _, entity::prelude::*};

use super::{account, seller, user};
use crate::ids::{AccountId, SellerId, UserId};

/// How to reach somebody.
#[derive(Clone, PartialEq, Eq, FromQueryResult)]
pub struct Contact {
    /// The public side.
    pub user_id: UserId,
    /// The private side.
    pub account_id: AccountId,
    /// As the person writes it.
    pub display_name: String,
    /// Lower-case.
    pub email: String,
    /// Whether the person showed that the email is theirs.
    pub email_verified: bool,
    /// BCP 47.
    pub locale: String,
}

/// The contacts of those of these users who have an account.
///
/// # Errors
/// When the database fails.
pub async fn of_users(db: &impl ConnectionTrait, users: &[UserId]) -> Result<Vec<Contact>, DbErr> {
    among(db, account::Column::UserId.is_in(users.iter().copied()).into()).await
}

/// The contacts of those of these accounts that exist.
///
/// # Errors
/// When the database fails.
pub async fn of_accounts(
    db: &impl ConnectionTrait,
    accounts: &[AccountId],
) -> Result<Vec<Contact>, DbErr> {
    among(db, account::Column::Id.is_in(accounts.iter().copied()).into()).await
}

/// Who runs a shop.
///
/// # Errors
/// When the database fails.
pub async fn owner_of(db: &impl ConnectionTrait, shop: SellerId) -> Result<Option<UserId>, DbErr> {
    seller::Entity::find_by_id(shop)
        .select_only()
        .column(seller::Column::UserId)
        .into_tuple()
        .one(db)
        .await
}

async fn among(db: &impl ConnectionTrait, matching: Condition) -> Result<Vec<Contact>, DbErr> {
    account::Entity::find()
        .select_only()
        .column(account::Column::UserId)
        .column_as(account::Column::Id, "account_id")
        .column(user::Column::DisplayName)
        .column(account::Column::Email)
        .column(account::Column::EmailVerified)
        .column(account::Column::Locale)
        .inner_join(user::Entity)
        .filter(matching)
        .into_model()
        .all(db)
        .await
}
