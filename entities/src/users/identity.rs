//! `identities`: the logins of accounts with identity providers.

use sea_orm::{JoinType, QueryOrder as _, QuerySelect as _, entity::prelude::*, sea_query::OnConflict};

use super::account::{self, Scope};
use crate::{
    ids::{AccountId, IdentityId},
    time::DateTime,
};

/// A login with an identity provider.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "identities")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: IdentityId,
    /// Whom it signs in.
    pub account_id: AccountId,
    /// The provider, by its name in the configuration.
    pub provider: String,
    /// Who it is there; unique with the provider.
    pub subject: String,
    /// What the person is called there.
    pub label: String,
    /// When it was linked.
    pub created_at: DateTime,
}

/// What an identity belongs to.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    /// Whom it signs in.
    #[sea_orm(
        belongs_to = "super::account::Entity",
        from = "Column::AccountId",
        to = "super::account::Column::Id"
    )]
    Account,
}

impl ActiveModelBehavior for ActiveModel {}

/// The account that this subject of a provider signs in to.
///
/// # Errors
/// When the database fails.
pub async fn account_of(
    db: &impl ConnectionTrait,
    provider: &str,
    subject: &str,
) -> Result<Option<account::Details>, DbErr> {
    account::Entity::find()
        .join_rev(JoinType::InnerJoin, Relation::Account.def())
        .filter(Column::Provider.eq(provider))
        .filter(Column::Subject.eq(subject))
        .into_partial_model()
        .one(db)
        .await
}

/// The identities with these ids that the scope covers.
///
/// # Errors
/// When the database fails.
pub async fn by_ids(
    db: &impl ConnectionTrait,
    ids: &[IdentityId],
    scope: Scope,
) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(Column::Id.is_in(ids.iter().copied()))
        .filter(scope.on(Column::AccountId))
        .all(db)
        .await
}

/// The identities of these accounts, the oldest first.
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

/// Adds an identity; false when the subject has one already. Whoever adds the
/// same at once waits here until the first one's transaction has ended.
///
/// # Errors
/// When the database fails.
pub async fn insert_unless_known(db: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let unless_known = OnConflict::columns([Column::Provider, Column::Subject]).do_nothing().to_owned();
    let insert = Entity::insert(ActiveModel::from(row).reset_all()).on_conflict(unless_known);
    insert.exec_without_returning(db).await.map(|rows| rows == 1)
}

/// Removes an identity.
///
/// # Errors
/// When the database fails.
pub async fn remove(db: &impl ConnectionTrait, id: IdentityId) -> Result<(), DbErr> {
    Entity::delete_by_id(id).exec(db).await.map(drop)
}

/// Removes all identities of an account; answers them.
///
/// # Errors
/// When the database fails.
pub async fn remove_all(db: &impl ConnectionTrait, account: AccountId) -> Result<Vec<Model>, DbErr> {
    Entity::delete_many().filter(Column::AccountId.eq(account)).exec_with_returning(db).await
}
