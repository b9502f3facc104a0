//! `sellers`: public shops, at most one a user.

use sea_orm::{DatabaseConnection, QuerySelect as _, entity::prelude::*};

use crate::ids::{SellerId, UserId};

/// A shop.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "sellers")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: SellerId,
    /// Who runs it; unique.
    pub user_id: UserId,
    /// As shown.
    pub name: String,
    /// Unique; lower-case.
    pub slug: String,
    /// Where it stands.
    pub status: SellerStatus,
    /// Shipping and returns, in the shop's own words.
    pub policies: Option<String>,
}

/// A shop's lifecycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(rs_type = "String", db_type = "Text")]
pub enum SellerStatus {
    /// Waits for verification.
    #[sea_orm(string_value = "PENDING")]
    Pending,
    /// Sells.
    #[sea_orm(string_value = "ACTIVE")]
    Active,
    /// Stopped by the marketplace.
    #[sea_orm(string_value = "SUSPENDED")]
    Suspended,
    /// Ended by its owner.
    #[sea_orm(string_value = "CLOSED")]
    Closed,
}

/// Shops refer to users by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The shops with these ids.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(db: &DatabaseConnection, ids: &[SellerId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::Id.is_in(ids.iter().copied())).all(db).await
}

/// The shops of these users.
///
/// # Errors
/// When the database fails.
pub async fn by_users(db: &DatabaseConnection, users: &[UserId]) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::UserId.is_in(users.iter().copied())).all(db).await
}

/// These users with their shops, of those whose shop is active.
///
/// # Errors
/// When the database fails.
pub async fn active_of_users(
    db: &DatabaseConnection,
    users: &[UserId],
) -> Result<Vec<(UserId, SellerId)>, DbErr> {
    Entity::find()
        .select_only()
        .columns([Column::UserId, Column::Id])
        .filter(Column::UserId.is_in(users.iter().copied()))
        .filter(Column::Status.eq(SellerStatus::Active))
        .into_tuple()
        .all(db)
        .await
}

/// Those of these shops that are active.
///
/// # Errors
/// When the database fails.
pub async fn active_among(db: &DatabaseConnection, ids: &[SellerId]) -> Result<Vec<SellerId>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(Column::Status.eq(SellerStatus::Active))
        .into_tuple()
        .all(db)
        .await
}
