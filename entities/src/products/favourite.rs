//! `favourites`: products that an account keeps in mind.

use sea_orm::entity::prelude::*;

use crate::sql::Sql;
use crate::{
    ids::{AccountId, ProductId},
    time::DateTime,
};

/// A favourite.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "favourites")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: AccountId,
    /// What.
    #[sea_orm(primary_key, auto_increment = false)]
    pub product_id: ProductId,
    /// Since when.
    pub at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Those of these products that the account keeps as favourites.
pub async fn among(
    db: &impl ConnectionTrait,
    account: AccountId,
    products: &[ProductId],
) -> Result<Vec<ProductId>, DbErr> {
    let mut sql = Sql::new(db.get_database_backend());
    sql.push("SELECT f.product_id FROM favourites f WHERE f.account_id = ").bind(account);
    sql.push(" AND ").among("f.product_id", products);
    let rows = db.query_all_raw(sql.statement()).await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}
