//! `idempotency_keys`: which answer a retry-safe key already got, for all modules.

use sea_orm::{entity::prelude::*, sea_query::OnConflict};

use crate::time::DateTime;

/// A key that was used.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "idempotency_keys")]
pub struct Model {
    /// Whose keys they are: an account's id, or what stands for a guest.
    #[sea_orm(primary_key, auto_increment = false)]
    pub scope: String,
    /// In which mutation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub mutation: String,
    /// The caller's key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// SHA-256 of the input it came with.
    pub input_hash: String,
    /// What the input made or changed: an id, mostly.
    pub answer: String,
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
    let key = (claim.scope.clone(), claim.mutation.clone(), claim.key.clone());
    loop {
        let inserted = Entity::insert(ActiveModel::from(claim.clone()))
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .exec_without_returning(transaction)
            .await?;
        if inserted > 0 {
            return Ok(None);
        }
        let earlier = Entity::find_by_id(key.clone()).one(transaction).await?;
        // Forgotten at this very moment, it is free again.
        if earlier.is_some() {
            return Ok(earlier);
        }
    }
}

/// What a key was used for.
pub async fn find(
    db: &impl ConnectionTrait,
    scope: &str,
    mutation: &str,
    key: &str,
) -> Result<Option<Model>, DbErr> {
    Entity::find_by_id((scope.to_owned(), mutation.to_owned(), key.to_owned())).one(db).await
}

/// Forgets a key, so that it can be used for another try.
pub async fn forget(
    transaction: &impl ConnectionTrait,
    scope: &str,
    mutation: &str,
    key: &str,
) -> Result<(), DbErr> {
    let key = (scope.to_owned(), mutation.to_owned(), key.to_owned());
    Entity::delete_by_id(key).exec(transaction).await?;
    Ok(())
}

/// Forgets the keys that were used before this instant, and says how many.
pub async fn forget_older(db: &impl ConnectionTrait, than: DateTime) -> Result<u64, DbErr> {
    let done = Entity::delete_many().filter(Column::At.lt(than)).exec(db).await?;
    Ok(done.rows_affected)
}

/// Forgets the keys of a scope.
pub async fn forget_scope(transaction: &impl ConnectionTrait, scope: &str) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::Scope.eq(scope)).exec(transaction).await?;
    Ok(())
}
