//! `products_idempotency`: which answer a retry-safe key already got.

use sea_orm::{entity::prelude::*, sea_query::OnConflict};

use crate::{
    ids::{AccountId, ProductId},
    time::DateTime,
};

/// A key that was used.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "products_idempotency")]
pub struct Model {
    /// Who used it.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// In which mutation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub mutation: String,
    /// The caller's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of the input it came with.
    pub input_hash: String,
    /// What the input made or changed.
    pub product_id: ProductId,
    /// When.
    pub at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Uses a key: `None` when it was new, otherwise what it was used for. Waits for
/// another transaction that is using it.
pub async fn claim(transaction: &impl ConnectionTrait, claim: Model) -> Result<Option<Model>, DbErr> {
    let key = (claim.account_id, claim.mutation.clone(), claim.key.clone());
    let inserted = Entity::insert(ActiveModel::from(claim))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    if inserted > 0 {
        return Ok(None);
    }
    Entity::find_by_id(key).one(transaction).await
}
