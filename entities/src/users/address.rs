//! `addresses`: the address books of accounts.

use sea_orm::{Condition, QueryOrder as _, entity::prelude::*};
use serde::{Deserialize, Serialize};

use super::account::Scope;
use crate::{
    ids::{AccountId, AddressId},
    time::DateTime,
};

/// A saved address.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "addresses")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: AddressId,
    /// Whose.
    pub account_id: AccountId,
    /// The address.
    #[sea_orm(column_type = "JsonBinary")]
    pub address: PostalAddress,
    /// Whether orders go there unless told otherwise.
    pub is_default_shipping: bool,
    /// Whether bills do.
    pub is_default_billing: bool,
    /// When it was added.
    pub created_at: DateTime,
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, FromJsonQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct PostalAddress {
    /// Recipient.
    pub name: String,
    /// Street lines.
    pub lines: Vec<String>,
    /// City.
    pub city: String,
    /// Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Phone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// Addresses refer to accounts by id alone.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The addresses of these accounts, the oldest first.
///
/// # Errors
/// When the database fails.
pub async fn by_accounts(
    db: &impl ConnectionTrait,
    accounts: &[AccountId],
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::AccountId.is_in(accounts.iter().copied()))
        .order_by_asc(Column::Id)
        .all(db)
        .await
}

/// The addresses with these ids that the scope covers.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[AddressId],
    scope: Scope,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope.on(Column::AccountId))
        .all(db)
        .await
}

/// Changes the text of an address of this account; false when it has none such.
///
/// # Errors
/// When the database fails.
pub async fn change(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: AddressId,
    address: PostalAddress,
) -> Result<bool, DbErr> {
    let change = ActiveModel { address: sea_orm::ActiveValue::Set(address), ..Default::default() };
    let changed = Entity::update_many().set(change).filter(own(account, id)).exec(db).await?;
    Ok(changed.rows_affected == 1)
}

/// Makes an address the default of its account, or no longer.
///
/// # Errors
/// When the database fails.
pub async fn set_default(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: AddressId,
    column: Column,
    is_default: bool,
) -> Result<(), DbErr> {
    if is_default {
        Entity::update_many()
            .col_expr(column, false.into())
            .filter(Column::AccountId.eq(account))
            .filter(column.eq(true))
            .exec(db)
            .await?;
    }
    Entity::update_many().col_expr(column, is_default.into()).filter(own(account, id)).exec(db).await?;
    Ok(())
}

/// Removes an address of this account; false when it has none such.
///
/// # Errors
/// When the database fails.
pub async fn remove(
    db: &impl ConnectionTrait,
    account: AccountId,
    id: AddressId,
) -> Result<bool, DbErr> {
    Ok(Entity::delete_many().filter(own(account, id)).exec(db).await?.rows_affected == 1)
}

fn own(account: AccountId, id: AddressId) -> Condition {
    Condition::all().add(Column::Id.eq(id)).add(Column::AccountId.eq(account))
}
