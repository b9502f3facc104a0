//! Taking a product off sale.

use entities::{
    ids::ProductId,
    products::{ProductStatus, product},
};
use kit::{Outcome, Result, UserError, Viewer, facts::ProductChanged, refuse};
use sea_orm::{ActiveValue::Set, ColumnTrait as _, EntityTrait as _, QueryFilter as _};

use super::{Change, Service, facts};

impl Service {
    /// Takes a product off sale; one that is off sale stays as it is.
    pub(crate) async fn archive_product(
        &self,
        viewer: &Viewer,
        id: ProductId,
    ) -> Result<Outcome<ProductId>> {
        viewer.require_account()?;
        let scope = self.scope_of(viewer).await?;
        let now = self.clock.now();
        self.db
            .change(move |transaction| {
                Box::pin(async move {
                    let Some((row, _)) = product::lock_changeable(transaction, scope, id).await? else {
                        return Err(refuse(UserError::not_found("id", "product")));
                    };
                    if row.status == ProductStatus::Archived {
                        return Ok(id);
                    }
                    let change = product::ActiveModel {
                        status: Set(ProductStatus::Archived),
                        version: Set(row.version + 1),
                        updated_at: Set(now),
                        ..product::ActiveModel::default()
                    };
                    product::Entity::update_many()
                        .set(change)
                        .filter(product::Column::Id.eq(id))
                        .exec(transaction)
                        .await?;
                    let (seller_id, changed) = (row.seller_id, vec![Change::Status]);
                    let fact = ProductChanged { product_id: id, seller_id, changed };
                    facts::product_changed(transaction, fact, true, now).await?;
                    Ok(id)
                })
            })
            .await
    }
}
