//! The stream of what happens to a cart.

use std::sync::Arc;

use ::subscriptions::{Fact as _, Following, Kinds};
use async_graphql::{Context, Result, Subscription};
use entities::carts::cart::Which;
use futures_util::Stream;
use kit::{CartRef, Error, Viewer, facts::CartChanged, follow};

use crate::{
    service::{Service, which},
    types::{Cart, CartEvent},
};

/// The root subscription fields of carts.
pub(crate) struct Subscription;

#[Subscription]
impl Subscription {
    /// Follow a cart: own changes, and changes of price and stock of what is in it.
    /// Tells nothing any more once the cart is ordered, merged or expired.
    async fn cart_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Cart; the account's own in the viewer's currency when absent, which is made when there is none."
        )]
        cart: Option<CartRef>,
        #[graphql(desc = "Resume behind this cursor; from now on when absent.")] after: Option<String>,
    ) -> Result<impl Stream<Item = Result<CartEvent>> + use<>> {
        let service = ctx.data_unchecked::<Arc<Service>>().clone();
        let found = match which(Viewer::of(ctx), cart.as_ref()) {
            Some(which) => service.open_own(which).await?,
            None => None,
        };
        let Some(row) = found else {
            return Err(Error::BadInput("cart not found".into()).into());
        };
        let (which, token) = match (row.account_id, cart) {
            (Some(account), _) => (Which::Own(account, row.id), None),
            (None, Some(CartRef::Token(token))) => {
                (Which::Token(row.token_hash.unwrap_or_default()), Some(token))
            }
            (None, _) => return Err(Error::BadInput("cart not found".into()).into()),
        };
        let following =
            Following::new(Kinds::of([CartChanged::KIND])).after(after).subjects([row.id.to_string()]);
        let events = follow(ctx, following, move |event| {
            let (service, which, token) = (service.clone(), which.clone(), token.clone());
            async move {
                let row = service.open_cart(&which).await?;
                Ok(row.map(|row| CartEvent {
                    at: event.at,
                    cart: Cart::new(Arc::new(row), token),
                    cursor: event.position.to_string(),
                }))
            }
        });
        Ok(events.await?)
    }
}
