//! `stock_changes`: the ledger of everything that moved units in or out.

use sea_orm::entity::prelude::*;

use crate::{
    ids::{AccountId, OrderId, StockChangeId, VariantId},
    time::DateTime,
};

/// Units that came or went.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_changes")]
pub struct Model {
    /// Its id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: StockChangeId,
    /// Of what.
    pub variant_id: VariantId,
    /// Who moved them, if somebody did.
    pub account_id: Option<AccountId>,
    /// For which order, if for one.
    pub order_id: Option<OrderId>,
    /// How many came; below 0 they went.
    pub delta: i32,
    /// How many were there then.
    pub on_hand: i32,
    /// Why.
    pub reason: String,
    /// When.
    pub at: DateTime,
}

/// Loaders follow the references.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Adds entries.
pub async fn insert(transaction: &impl ConnectionTrait, rows: Vec<Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let rows = rows.into_iter().map(ActiveModel::from);
    Entity::insert_many(rows).exec_without_returning(transaction).await.map(drop)
}
