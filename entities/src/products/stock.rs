//! The stock of variants, locked while it is looked at and moved.

use sea_orm::{
    entity::prelude::*,
    sea_query::{Expr, ExprTrait as _},
};

use super::{
    Scope,
    variant::{self, Availability},
};
use crate::{
    ids::{ProductId, SellerId, VariantId},
    sql::Sql,
};

/// The stock of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stocked {
    /// Which.
    pub variant_id: VariantId,
    /// Its product.
    pub product_id: ProductId,
    /// Who sells it.
    pub seller_id: SellerId,
    /// Units in stock.
    pub on_hand: i32,
    /// Units of these that are promised.
    pub reserved: i32,
    /// Whether it can be ordered when none is left.
    pub is_backorderable: bool,
}

impl Stocked {
    /// Units that are promised to nobody.
    #[must_use]
    pub const fn available(&self) -> i32 {
        self.on_hand.saturating_sub(self.reserved)
    }

    /// What shoppers are told.
    #[must_use]
    pub const fn availability(&self) -> Availability {
        Availability::of(self.available(), self.is_backorderable)
    }
}

/// The stock of those of these variants that the scope may change, locked until
/// the transaction ends: by everybody in the same order, so that nobody waits in
/// a circle.
pub async fn lock(
    transaction: &impl ConnectionTrait,
    scope: Scope,
    variants: &[VariantId],
) -> Result<Vec<Stocked>, DbErr> {
    let mut sql = Sql::new(transaction.get_database_backend());
    sql.push("SELECT v.id, v.product_id, p.seller_id, v.on_hand, v.reserved, v.is_backorderable ");
    sql.push("FROM variants v JOIN products p ON p.id = v.product_id WHERE ");
    sql.among("v.id", variants).push(" AND ");
    scope.may_change(&mut sql);
    sql.push(" ORDER BY v.id").lock("v");
    let rows = transaction.query_all_raw(sql.statement()).await?;
    rows.iter()
        .map(|row| {
            Ok(Stocked {
                variant_id: row.try_get_by_index(0)?,
                product_id: row.try_get_by_index(1)?,
                seller_id: row.try_get_by_index(2)?,
                on_hand: row.try_get_by_index(3)?,
                reserved: row.try_get_by_index(4)?,
                is_backorderable: row.try_get_by_index(5)?,
            })
        })
        .collect()
}

/// Adds to what is in stock, and to what of it is promised. The table refuses to
/// promise what is not there.
pub async fn shift(
    transaction: &impl ConnectionTrait,
    variant: VariantId,
    on_hand: i32,
    reserved: i32,
) -> Result<(), DbErr> {
    use variant::Column;
    variant::Entity::update_many()
        .col_expr(Column::OnHand, Expr::col(Column::OnHand).add(on_hand))
        .col_expr(Column::Reserved, Expr::col(Column::Reserved).add(reserved))
        .filter(Column::Id.eq(variant))
        .exec(transaction)
        .await
        .map(drop)
}
