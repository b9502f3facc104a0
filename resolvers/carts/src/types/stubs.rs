//! Stubs of other modules' entities. They carry no `///` of their own, which
//! would be published.

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use kit::{
    CurrencyCode, Viewer,
    ids::{AccountId, ProductId, SellerId, VariantId},
    load,
};

use super::Cart;
use crate::{
    loaders::{CartOf, Rows},
    service::currency_of,
};

// A purchasable unit.
#[derive(SimpleObject)]
pub(crate) struct Variant {
    /// Global opaque id.
    pub(crate) id: VariantId,
}

// Something for sale.
#[derive(SimpleObject)]
pub(crate) struct Product {
    /// Global opaque id.
    pub(crate) id: ProductId,
}

// A shop.
#[derive(SimpleObject)]
pub(crate) struct Seller {
    /// Global opaque id.
    pub(crate) id: SellerId,
}

// An account; its carts are its own business.
#[derive(SimpleObject)]
#[graphql(complex, tag = "viewer")]
pub(crate) struct Account {
    /// Global opaque id.
    pub(crate) id: AccountId,
}

#[ComplexObject]
impl Account {
    /// Open cart in a currency; null when nothing was put into one yet, and for
    /// anybody but the owner.
    async fn cart(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Currency; the viewer's when absent.")] currency: Option<CurrencyCode>,
    ) -> Result<Option<Cart>> {
        let viewer = Viewer::of(ctx);
        if viewer.account != Some(self.id) {
            return Ok(None);
        }
        let currency = currency_of(viewer, currency);
        let row = load::<Rows, _>(ctx, CartOf { account: self.id, currency }).await?;
        Ok(row.map(|row| Cart::new(row, None)))
    }
}
