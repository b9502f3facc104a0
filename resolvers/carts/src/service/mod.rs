//! The rules of carts. Knows nothing of GraphQL.

mod change;
mod checkout;
mod create;
mod details;
mod discounts;
mod expiry;
mod follow;
mod lines;
mod merge;
mod prices;
mod token;

use std::sync::Arc;

use entities::carts::cart::{self, Which};
use kit::{
    CartRef, Clock, CurrencyCode, Database, DateTime, Result, Viewer,
    facts::{AccountErased, CartChanged},
    ids::CartId,
    ports::Quotes,
};
use sea_orm::ConnectionTrait;
use subscriptions::{EventLog, NewEvent};

pub(crate) use self::{
    discounts::DiscountDraft,
    expiry::run as run_expiry,
    follow::FollowProducts,
    lines::{LineDraft, LineSet, LinesDraft},
};
use crate::options::CartsOptions;

/// The currency of carts when neither the client nor the viewer names one.
const DEFAULT_CURRENCY: &str = "EUR";

/// What the rules need.
pub(crate) struct Service {
    pub(crate) db: Database,
    clock: Arc<dyn Clock>,
    quotes: Arc<dyn Quotes>,
    pub(crate) options: CartsOptions,
}

impl Service {
    pub(crate) fn new(
        db: Database,
        clock: Arc<dyn Clock>,
        quotes: Arc<dyn Quotes>,
        options: CartsOptions,
    ) -> Self {
        Self { db, clock, quotes, options }
    }

    pub(crate) fn now(&self) -> DateTime {
        self.clock.now()
    }

    /// The open cart that a client means, if the viewer may use it.
    pub(crate) async fn find(
        &self,
        viewer: &Viewer,
        cart: Option<&CartRef>,
    ) -> Result<Option<cart::Model>> {
        match which(viewer, cart) {
            Some(which) => self.open_cart(&which).await,
            None => Ok(None),
        }
    }

    /// The open cart, if it is there.
    pub(crate) async fn open_cart(&self, which: &Which) -> Result<Option<cart::Model>> {
        Ok(cart::find(self.db.read(), which, self.now()).await?)
    }

    /// From when on a cart that is changed now is gone.
    fn expiry(&self, which: &Which, now: DateTime) -> DateTime {
        let lifetime = match which {
            Which::Token(_) => self.options.guest_lifetime,
            Which::Own(..) | Which::OpenOf(..) => self.options.account_lifetime,
        };
        now.plus(i64::try_from(lifetime.as_millis()).unwrap_or(i64::MAX))
    }

    /// Erases an account's carts. It is safe to repeat.
    pub(crate) async fn erase(&self, erased: AccountErased) -> Result<()> {
        let account = erased.account;
        self.db
            .transaction(move |transaction| {
                Box::pin(
                    async move { Ok(entities::carts::erasure::forget(transaction, account).await?) },
                )
            })
            .await
    }
}

/// What names the cart that a client means; `None` when a guest names none.
pub(crate) fn which(viewer: &Viewer, cart: Option<&CartRef>) -> Option<Which> {
    match cart {
        Some(CartRef::Token(token)) => Some(Which::Token(token::hash_of(token))),
        Some(CartRef::Id(id)) => Some(Which::Own(viewer.account?, id.parse().ok()?)),
        None => Some(Which::OpenOf(viewer.account?, currency_of(viewer, None).to_string())),
    }
}

/// The currency of a cart: as asked for, or the viewer's.
pub(crate) fn currency_of(viewer: &Viewer, asked: Option<CurrencyCode>) -> CurrencyCode {
    let euro = || DEFAULT_CURRENCY.parse().expect("EUR is a currency");
    asked.or(viewer.currency).unwrap_or_else(euro)
}

/// The currency of a stored cart.
fn stored_currency(cart: &cart::Model) -> Result<CurrencyCode> {
    let code = cart.currency.parse();
    code.map_err(|()| kit::Error::internal(format!("{} has an unknown currency", cart.id)))
}

/// Writes that a cart was changed.
async fn tell(transaction: &impl ConnectionTrait, cart: CartId, at: DateTime) -> Result<()> {
    let fact = CartChanged { cart_id: cart };
    Ok(EventLog::append(transaction, NewEvent::new(&fact, at)).await?)
}
