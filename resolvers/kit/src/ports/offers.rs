//! Who sells a product.

use entities::ids::{ProductId, SellerId};

use crate::{Result, Viewer};

/// Looks products up; implemented by the products module.
#[async_trait::async_trait]
pub trait Offers: Send + Sync {
    /// The shop that sells this product, if the viewer may see the product.
    ///
    /// # Errors
    /// When the owning module can't answer.
    async fn seller_of(&self, viewer: &Viewer, product: ProductId) -> Result<Option<SellerId>>;
}
