//! `push_devices`: where accounts take pushed notifications.

use sea_orm::{
    QueryOrder as _, QuerySelect as _, QueryTrait as _, entity::prelude::*, sea_query::OnConflict,
};

use crate::{
    ids::{AccountId, PushDeviceId},
    time::DateTime,
};

/// A device.
#[derive(Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "push_devices")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: PushDeviceId,
    /// Whose.
    pub account_id: AccountId,
    /// What the push service knows it by; unique.
    pub token: String,
    /// Such as `ios`.
    pub platform: String,
    /// When it was last registered.
    pub registered_at: DateTime,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Model").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Devices refer to accounts by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Registers a device; one that is known moves to this account.
///
/// # Errors
/// When the database fails.
pub async fn register(db: &impl ConnectionTrait, row: Model) -> Result<(), DbErr> {
    let moves = OnConflict::column(Column::Token)
        .update_columns([Column::AccountId, Column::Platform, Column::RegisteredAt])
        .to_owned();
    Entity::insert(ActiveModel::from(row).reset_all())
        .on_conflict(moves)
        .exec_without_returning(db)
        .await
        .map(drop)
}

/// Removes all devices of an account but the latest ones.
///
/// # Errors
/// When the database fails.
pub async fn keep_latest(
    db: &impl ConnectionTrait,
    account: AccountId,
    count: u64,
) -> Result<(), DbErr> {
    let latest = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::AccountId.eq(account))
        .order_by_desc(Column::RegisteredAt)
        .order_by_desc(Column::Id)
        .limit(count)
        .into_query();
    Entity::delete_many()
        .filter(Column::AccountId.eq(account))
        .filter(Column::Id.not_in_subquery(latest))
        .exec(db)
        .await
        .map(drop)
}

/// Removes an account's device; false when it has none with this token.
///
/// # Errors
/// When the database fails.
pub async fn unregister(
    db: &impl ConnectionTrait,
    account: AccountId,
    token: &str,
) -> Result<bool, DbErr> {
    let removed = Entity::delete_many()
        .filter(Column::AccountId.eq(account))
        .filter(Column::Token.eq(token))
        .exec(db)
        .await?;
    Ok(removed.rows_affected > 0)
}

/// The device with this id, if it is this account's.
///
/// # Errors
/// When the database fails.
pub async fn of_account(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: PushDeviceId,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id(id).filter(Column::AccountId.eq(account)).one(db).await
}

/// The devices of an account.
///
/// # Errors
/// When the database fails.
pub async fn ids_of(db: &impl ConnectionTrait, account: AccountId) -> Result<Vec<PushDeviceId>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::AccountId.eq(account))
        .into_tuple()
        .all(db)
        .await
}

/// Removes a device that its push service no longer knows.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &impl ConnectionTrait, id: PushDeviceId) -> Result<(), DbErr> {
    Entity::delete_by_id(id).exec(db).await.map(drop)
}
