//! `restocks`: under which keys units of an order were put back.

use sea_orm::{entity::prelude::*, sea_query::OnConflict};

use crate::{ids::OrderId, time::DateTime};

/// Units that were put back.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "restocks")]
pub struct Model {
    /// Whose.
    #[sea_orm(primary_key, auto_increment = false)]
    pub order_id: OrderId,
    /// Why, once for each.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// When.
    pub at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Uses a key; false when it was used.
pub async fn claim(transaction: &impl ConnectionTrait, row: Model) -> Result<bool, DbErr> {
    let inserted = Entity::insert(ActiveModel::from(row))
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(transaction)
        .await?;
    Ok(inserted > 0)
}
