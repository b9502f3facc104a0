//! Codes, address, rate and changed prices of a cart.

use entities::carts::{
    cart::{self, Codes},
    line,
};
use kit::{
    AddressInput, CartRef, Outcome, Result, UserError, UserErrorCode, Viewer, refuse, refuse_all,
};
use sea_orm::DatabaseTransaction;

use super::{
    Service,
    change::no_cart,
    discounts::{code_of, is_code},
    prices::known_codes,
    stored_currency,
};
use crate::pricing::{offered, refusal};

/// The most codes of a cart.
pub(super) const MAX_CODES: usize = 10;

impl Service {
    /// Replaces the codes.
    pub(crate) async fn set_codes(
        &self,
        viewer: &Viewer,
        cart: Option<&CartRef>,
        codes: Vec<String>,
    ) -> Result<Outcome<Option<cart::Model>>> {
        if codes.len() > MAX_CODES {
            let rule = format!("at most {MAX_CODES} codes");
            return Ok(Err(vec![UserError::invalid("codes", rule)]));
        }
        let mut kept: Vec<(usize, String)> = Vec::new();
        for (index, code) in codes.iter().enumerate() {
            let code = code_of(code);
            if !kept.iter().any(|(_, known)| *known == code) {
                kept.push((index, code));
            }
        }
        let change = match self.change_of(viewer, cart, None) {
            Ok(change) => change,
            Err(no_cart) => return Ok(Err(no_cart)),
        };
        let outcome = self.change(change, move |transaction, cart| {
            let codes = kept.clone();
            Box::pin(set_codes(transaction, cart, codes))
        });
        outcome.await
    }

    /// Sets the address to ship to.
    pub(crate) async fn set_address(
        &self,
        viewer: &Viewer,
        cart: Option<&CartRef>,
        address: AddressInput,
    ) -> Result<Outcome<Option<cart::Model>>> {
        let address = match address.check("address") {
            Ok(address) => address,
            Err(errors) => return Ok(Err(errors)),
        };
        let change = match self.change_of(viewer, cart, None) {
            Ok(change) => change,
            Err(no_cart) => return Ok(Err(no_cart)),
        };
        let outcome = self.change(change, move |transaction, mut cart| {
            cart.shipping_address = Some(address.clone());
            Box::pin(written(transaction, cart))
        });
        outcome.await
    }

    /// Chooses a rate out of those that are offered for the address.
    pub(crate) async fn select_shipping(
        &self,
        viewer: &Viewer,
        cart: Option<&CartRef>,
        handle: String,
    ) -> Result<Outcome<Option<cart::Model>>> {
        let change = match self.change_of(viewer, cart, None) {
            Ok(change) => change,
            Err(no_cart) => return Ok(Err(no_cart)),
        };
        let rates = self.options.shipping.clone();
        let outcome = self.change(change, move |transaction, mut cart| {
            let (rates, handle) = (rates.clone(), handle.clone());
            Box::pin(async move {
                let Some(address) = &cart.shipping_address else {
                    return Err(refuse(UserError::invalid("handle", "set the address first")));
                };
                let offered = offered(&rates, &address.country, &cart.currency, 0);
                if !offered.iter().any(|rate| rate.handle == handle) {
                    return Err(refuse(UserError::not_found("handle", "shipping rate")));
                }
                cart.shipping_handle = Some(handle);
                written(transaction, cart).await
            })
        });
        outcome.await
    }

    /// Agrees to what the lines cost now, and to what a merge left out.
    pub(crate) async fn acknowledge_prices(
        &self,
        viewer: &Viewer,
        cart: Option<&CartRef>,
        expected_version: i32,
    ) -> Result<Outcome<Option<cart::Model>>> {
        let change = match self.change_of(viewer, cart, Some(expected_version)) {
            Ok(change) => change,
            Err(no_cart) => return Ok(Err(no_cart)),
        };
        let Some(row) = self.open_cart(&change.which).await? else {
            return Ok(Err(vec![no_cart()]));
        };
        let lines = line::of_carts(self.db.read(), &[row.id]).await?;
        let currency = stored_currency(&row)?;
        let quotes = self.quotes(currency, lines.iter().map(|line| line.variant_id)).await?;
        let prices: Vec<_> = quotes
            .into_iter()
            .filter_map(|(variant, quote)| Some((variant, quote.unit_price?)))
            .collect();
        let outcome = self.change(change, move |transaction, cart| {
            let prices = prices.clone();
            Box::pin(async move {
                for (variant, price) in prices {
                    line::accept(transaction, cart.id, variant, price).await?;
                }
                Ok(cart)
            })
        });
        outcome.await
    }
}

async fn written(transaction: &DatabaseTransaction, cart: cart::Model) -> Result<cart::Model> {
    cart::write(transaction, &cart).await?;
    Ok(cart)
}

/// Writes the codes, unless one of them can never apply. Each has its place in
/// the input.
async fn set_codes(
    transaction: &DatabaseTransaction,
    mut cart: cart::Model,
    codes: Vec<(usize, String)>,
) -> Result<cart::Model> {
    let (places, texts): (Vec<usize>, Vec<String>) = codes.into_iter().unzip();
    // Of any other, no row can tell anything.
    let readable: Vec<String> = texts.iter().filter(|code| is_code(code)).cloned().collect();
    let accounts: Vec<_> = cart.account_id.into_iter().collect();
    let known = known_codes(transaction, &readable, &accounts).await?;
    cart.codes = Codes(texts);
    let mut errors = Vec::new();
    for (place, code) in places.into_iter().zip(known.of(&cart)) {
        let field = format!("codes.{place}");
        let reason = match &code.discount {
            None => Some(UserErrorCode::NotFound),
            Some(discount) => refusal(discount, code.is_used, cart.updated_at),
        };
        let message = match reason {
            None => continue,
            Some(UserErrorCode::Expired) => "the code is no longer valid",
            Some(UserErrorCode::LimitExceeded) => "the code is used up",
            Some(_) => "there is no such code",
        };
        errors.push(UserError::new(reason.unwrap_or(UserErrorCode::NotFound), &field, message));
    }
    if !errors.is_empty() {
        return Err(refuse_all(errors));
    }
    written(transaction, cart).await
}
