//! `notification_preferences`: where accounts want to be told of which kinds.

use sea_orm::{entity::prelude::*, sea_query::OnConflict};

use crate::ids::AccountId;

/// What an account prefers for the kinds that a pattern names.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "notification_preferences")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// A kind, a group such as `message.*`, or `*`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub pattern: String,
    /// A list of channel names.
    #[sea_orm(column_type = "JsonBinary")]
    pub channels: Json,
}

/// Preferences stand alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// What an account prefers.
///
/// # Errors
/// When the database fails.
pub async fn of_account(db: &impl ConnectionTrait, account: AccountId) -> Result<Vec<Model>, DbErr> {
    Entity::find().filter(Column::AccountId.eq(account)).all(db).await
}

/// Stores a preference in place of the one for its pattern.
///
/// # Errors
/// When the database fails.
pub async fn set(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    let replace = OnConflict::columns([Column::AccountId, Column::Pattern])
        .update_column(Column::Channels)
        .to_owned();
    Entity::insert(ActiveModel::from(row).reset_all())
        .on_conflict(replace)
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Forgets what an account prefers for these patterns.
///
/// # Errors
/// When the database fails.
pub async fn forget(
    db: &impl ConnectionTrait,
    account: AccountId,
    patterns: &[&str],
) -> Result<(), DbErr> {
    Entity::delete_many()
        .filter(Column::AccountId.eq(account))
        .filter(Column::Pattern.is_in(patterns.iter().copied()))
        .exec(db)
        .await
        .map(drop)
}
