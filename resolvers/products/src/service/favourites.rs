//! Products that an account keeps in mind.

use entities::{
    ids::ProductId,
    products::{favourite, product},
};
use kit::{Outcome, Result, UserError, Viewer, refuse};
use sea_orm::{EntityTrait as _, sea_query::OnConflict};

use super::Service;

impl Service {
    /// Makes a product a favourite of the viewer, or no longer.
    pub(crate) async fn set_favourite(
        &self,
        viewer: &Viewer,
        id: ProductId,
        is_favourite: bool,
    ) -> Result<Outcome<ProductId>> {
        let account_id = viewer.require_account()?;
        let scope = self.scope_of(viewer).await?;
        let row = favourite::Model { account_id, product_id: id, at: self.clock.now() };
        self.db
            .change(move |transaction| {
                let row = row.clone();
                Box::pin(async move {
                    if product::lock_visible(transaction, scope, id).await?.is_none() {
                        return Err(refuse(UserError::not_found("productId", "product")));
                    }
                    let step = if is_favourite {
                        let added = favourite::Entity::insert(favourite::ActiveModel::from(row))
                            .on_conflict(OnConflict::new().do_nothing().to_owned())
                            .exec_without_returning(transaction)
                            .await?;
                        i32::from(added > 0)
                    } else {
                        let removed =
                            favourite::Entity::delete_by_id((account_id, id)).exec(transaction).await?;
                        -i32::from(removed.rows_affected > 0)
                    };
                    if step != 0 {
                        product::add_favourites(transaction, id, step).await?;
                    }
                    Ok(id)
                })
            })
            .await
    }
}
