//! The rules of products. Knows nothing of GraphQL.

mod adjust;
mod archive;
mod bulk;
mod categories;
mod draft;
mod erasure;
mod facts;
mod favourites;
pub(crate) mod images;
mod purchases;
mod quotes;
mod reviews;
mod save;
mod slug;
pub(crate) mod stock;
mod variants;

use std::{collections::HashMap, sync::Arc};

use entities::products::{Scope, product};
use kit::{
    Clock, Database, Platform, Result, Viewer,
    ids::{ProductId, SellerId, UserId},
    ports::{Offers, Ports, Sellers},
    text,
};

pub(crate) use self::{
    adjust::StockDraft,
    bulk::{BulkErrorPolicy, Results},
    categories::CategoryDraft,
    draft::{Draft, VariantDraft},
    facts::{Change, changes, product_events},
    purchases::Purchases,
    slug::slug_of,
};

/// Sees and changes the products of all sellers.
pub(crate) const MODERATE: &str = "products:moderate";
/// What a shop brings with it.
const WRITE: &str = "products:write";

/// What the rules need: the tables, the time, and who runs which shop.
pub(crate) struct Service {
    db: Database,
    clock: Arc<dyn Clock>,
    sellers: Arc<dyn Sellers>,
    /// Files start later than products.
    ports: Ports,
}

impl Service {
    pub(crate) fn new(platform: &Platform) -> Result<Self> {
        Ok(Self {
            db: platform.db.clone(),
            clock: platform.clock.clone(),
            sellers: platform.ports.get::<dyn Sellers>()?,
            ports: platform.ports.clone(),
        })
    }

    /// The shops of these users.
    pub(crate) async fn shops_of(&self, users: &[UserId]) -> Result<HashMap<UserId, SellerId>> {
        self.sellers.sellers_of(users).await
    }

    /// The viewer's own shop.
    async fn shop_of(&self, viewer: &Viewer) -> Result<Option<SellerId>> {
        match viewer.user {
            Some(user) => self.sellers.seller_of(user).await,
            None => Ok(None),
        }
    }

    /// What the viewer may see and change.
    async fn scope_of(&self, viewer: &Viewer) -> Result<Scope> {
        Ok(scope(viewer, self.shop_of(viewer).await?))
    }

    /// The product with this id, if the scope sees it.
    pub(crate) async fn product_by_id(
        &self,
        scope: Scope,
        id: ProductId,
    ) -> Result<Option<Arc<product::Row>>> {
        Ok(product::by_ids(self.db.read(), scope, &[id]).await?.pop())
    }

    /// The product with this slug, if the scope sees it.
    pub(crate) async fn product_by_slug(
        &self,
        scope: Scope,
        slug: &str,
    ) -> Result<Option<Arc<product::Row>>> {
        if text::is_unsearchable(slug) {
            return Ok(None);
        }
        Ok(product::by_slug(self.db.read(), scope, slug).await?)
    }

    /// The product with a variant of this SKU, if the scope sees it.
    pub(crate) async fn product_by_sku(
        &self,
        scope: Scope,
        sku: &str,
    ) -> Result<Option<Arc<product::Row>>> {
        if text::is_unsearchable(sku) {
            return Ok(None);
        }
        Ok(product::by_sku(self.db.read(), scope, sku).await?)
    }
}

#[async_trait::async_trait]
impl Offers for Service {
    async fn seller_of(&self, viewer: &Viewer, product: ProductId) -> Result<Option<SellerId>> {
        let scope = self.scope_of(viewer).await?;
        Ok(self.product_by_id(scope, product).await?.map(|product| product.seller_id))
    }
}

/// What a viewer with this shop may see and change.
pub(crate) fn scope(viewer: &Viewer, shop: Option<SellerId>) -> Scope {
    if viewer.may(MODERATE) {
        return Scope::All;
    }
    shop.map_or(Scope::Public, Scope::Seller)
}
