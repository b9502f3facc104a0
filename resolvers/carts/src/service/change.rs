//! What all changes of a cart have in common: the cart is found and locked by one
//! statement that counts the change, and the change is told.

use std::sync::Arc;

use entities::carts::cart::{self, Codes, State, Which};
use futures_util::future::BoxFuture;
use kit::{
    CartRef, DateTime, Id as _, Outcome, Result, RetryKey, UserError, Viewer, ids::CartId, refuse,
};
use sea_orm::DatabaseTransaction;

use super::{Service, tell, which};

/// A change of a cart: which, and on what conditions.
#[derive(Clone)]
pub(super) struct Change {
    pub(super) which: Which,
    pub(super) expected: Option<i32>,
    pub(super) key: Option<RetryKey>,
    pub(super) now: DateTime,
    pub(super) expires_at: DateTime,
}

impl Service {
    /// The change that a client asks for, on the cart that it means.
    pub(super) fn change_of(
        &self,
        viewer: &Viewer,
        cart: Option<&CartRef>,
        expected: Option<i32>,
    ) -> Outcome<Change> {
        let which = which(viewer, cart).ok_or_else(|| vec![no_cart()])?;
        Ok(self.change_to(which, expected))
    }

    /// A change of this cart.
    pub(super) fn change_to(&self, which: Which, expected: Option<i32>) -> Change {
        let now = self.now();
        let expires_at = self.expiry(&which, now);
        Change { which, expected, key: None, now, expires_at }
    }

    /// Changes a cart in one transaction. `work` is given the cart, locked, and
    /// answers with it as it is to be. `None` when the same request, by its key,
    /// was run before and the cart has been closed since.
    pub(super) async fn change<F>(&self, change: Change, work: F) -> Result<Outcome<Option<cart::Model>>>
    where
        F: for<'t> Fn(&'t DatabaseTransaction, cart::Model) -> BoxFuture<'t, Result<cart::Model>>
            + Send
            + Sync
            + 'static,
    {
        let which = change.which.clone();
        let run = Arc::new((change, work));
        let done = self.db.change(move |transaction| {
            let run = run.clone();
            Box::pin(async move {
                let (change, work) = &*run;
                if let Some(key) = &change.key
                    && key.claim(transaction, "", change.now).await?.is_some()
                {
                    return Ok(None);
                }
                let cart = change.begin(transaction).await?;
                let cart = work(transaction, cart).await?;
                tell(transaction, cart.id, change.now).await?;
                Ok(Some(cart))
            })
        });
        match done.await? {
            Ok(None) => Ok(Ok(self.open_cart(&which).await?)),
            outcome => Ok(outcome),
        }
    }
}

impl Change {
    /// Counts the change; an account's cart is made when there is none.
    pub(super) async fn begin(&self, transaction: &DatabaseTransaction) -> Result<cart::Model> {
        let Self { which, expected, now, expires_at, .. } = self;
        if let Some(cart) = cart::touch(transaction, which, *expected, *now, *expires_at).await? {
            return Ok(cart);
        }
        if expected.is_some()
            && let Some(cart) = cart::find(transaction, which, *now).await?
        {
            return Err(refuse(UserError::version_conflict("expectedVersion", cart.version)));
        }
        let (Which::OpenOf(account, currency), None) = (which, expected) else {
            return Err(refuse(no_cart()));
        };
        cart::clear_way(transaction, *account, currency, *now).await?;
        let mut row = new_cart(currency, *now, *expires_at);
        row.account_id = Some(*account);
        // Whoever else makes it at the same time makes the same.
        cart::insert(transaction, row).await?;
        let made = cart::touch(transaction, which, None, *now, *expires_at).await?;
        made.ok_or_else(|| refuse(no_cart()))
    }
}

/// An empty cart that nobody has changed yet.
pub(super) fn new_cart(currency: &str, now: DateTime, expires_at: DateTime) -> cart::Model {
    cart::Model {
        id: CartId::generate(),
        account_id: None,
        token_hash: None,
        currency: currency.to_owned(),
        state: State::Open,
        order_id: None,
        codes: Codes::default(),
        shipping_address: None,
        shipping_handle: None,
        version: 0,
        created_at: now,
        updated_at: now,
        expires_at,
    }
}

pub(super) fn no_cart() -> UserError {
    UserError::not_found("cart", "cart")
}
