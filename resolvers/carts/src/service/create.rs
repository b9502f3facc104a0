//! Making carts.

use entities::carts::cart::{self, Which};
use kit::{CurrencyCode, Outcome, Result, Viewer};

use super::{LineDraft, Service, change::new_cart, currency_of, lines::draft_problems, tell, token};

/// A cart that was made, with the secret by which a guest finds it again.
pub(crate) type Created = (cart::Model, Option<String>);

impl Service {
    /// Makes a guest's cart, or opens the account's own in this currency.
    pub(crate) async fn create(
        &self,
        viewer: &Viewer,
        currency: Option<CurrencyCode>,
        lines: Vec<LineDraft>,
    ) -> Result<Outcome<Created>> {
        let errors = draft_problems("lines", &lines);
        if !errors.is_empty() {
            return Ok(Err(errors));
        }
        let currency = currency_of(viewer, currency);
        let additions = self.additions("lines", &lines, currency, self.now()).await?;
        if !additions.errors.is_empty() {
            return Ok(Err(additions.errors));
        }
        if let Some(account) = viewer.account {
            let change = self.change_to(Which::OpenOf(account, currency.to_string()), None);
            let opened = self.change(change, move |transaction, cart| {
                let additions = additions.clone();
                Box::pin(async move {
                    additions.write(transaction, cart.id, "lines").await?;
                    Ok(cart)
                })
            });
            let opened = opened.await?.map(|cart| cart.map(|cart| (cart, None)));
            return match opened {
                Ok(Some(created)) => Ok(Ok(created)),
                Ok(None) => Err(kit::Error::internal("a new cart was closed")),
                Err(errors) => Ok(Err(errors)),
            };
        }
        let secret = token::new_secret()?;
        let hash = token::hash_of(&secret);
        let now = self.now();
        let expires_at = self.expiry(&Which::Token(hash.clone()), now);
        let mut row = new_cart(&currency.to_string(), now, expires_at);
        row.token_hash = Some(hash);
        row.version = 1;
        let made = self.db.change(move |transaction| {
            let (row, additions) = (row.clone(), additions.clone());
            Box::pin(async move {
                cart::insert(transaction, row.clone()).await?;
                additions.write(transaction, row.id, "lines").await?;
                tell(transaction, row.id, now).await?;
                Ok(row)
            })
        });
        Ok(made.await?.map(|row| (row, Some(secret))))
    }

    /// The account's open cart in a currency, made when there is none.
    pub(crate) async fn open_own(&self, which: Which) -> Result<Option<cart::Model>> {
        if let Some(cart) = self.open_cart(&which).await? {
            return Ok(Some(cart));
        }
        if !matches!(which, Which::OpenOf(..)) {
            return Ok(None);
        }
        let change = self.change_to(which, None);
        let opened = self.change(change, |_, cart| Box::pin(async move { Ok(cart) })).await?;
        Ok(opened.ok().flatten())
    }
}
