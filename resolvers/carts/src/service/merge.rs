//! Merging a guest's cart into an account's: once, whoever tries how often.

use std::{collections::HashMap, sync::Arc};

use entities::carts::{
    cart::{self, Codes, Which},
    line,
};
use kit::{
    Id as _, Outcome, Result, UserError, UserErrorCode,
    ids::{AccountId, CartLineId, VariantId},
    ports::{GuestCarts, Quote},
    refuse,
};
use sea_orm::DatabaseTransaction;

use super::{
    Service,
    details::MAX_CODES,
    lines::{MAX_LINES, MAX_QUANTITY},
    stored_currency, tell, token,
};

const FIELD: &str = "guestToken";

impl Service {
    /// Puts what is in a guest's cart into the account's of the same currency.
    /// Afterwards the guest's is gone. Doing it again changes nothing.
    pub(crate) async fn merge_into(
        &self,
        account: AccountId,
        secret: &str,
    ) -> Result<Outcome<Option<cart::Model>>> {
        let hash = token::hash_of(secret);
        let guests = self.open_cart(&Which::Token(hash.clone())).await?;
        let Some(guests) = guests else {
            return self.merged_before(account, &hash).await;
        };
        let lines = line::of_carts(self.db.read(), &[guests.id]).await?;
        let currency = stored_currency(&guests)?;
        let quotes = self.quotes(currency, lines.iter().map(|line| line.variant_id)).await?;
        let change = self.change_to(Which::OpenOf(account, guests.currency.clone()), None);
        let run = Arc::new((change, hash.clone(), quotes));
        let merged = self.db.change(move |transaction| {
            let run = run.clone();
            Box::pin(async move {
                let (change, hash, quotes) = &*run;
                let guests = cart::hand_over(transaction, hash, account, change.now).await?;
                let Some(guests) = guests else {
                    // Somebody else has merged it since it was looked up.
                    return Ok(None);
                };
                let mut own = change.begin(transaction).await?;
                let lines = line::of_carts(transaction, &[guests.id]).await?;
                let count = put(transaction, &own, lines, quotes).await?;
                if count > MAX_LINES {
                    let rule = format!("together they have more than {MAX_LINES} lines");
                    return Err(refuse(UserError::new(UserErrorCode::LimitExceeded, FIELD, rule)));
                }
                tell(transaction, guests.id, change.now).await?;
                adopt(&mut own, guests);
                cart::write(transaction, &own).await?;
                tell(transaction, own.id, change.now).await?;
                Ok(Some(own))
            })
        });
        match merged.await? {
            Ok(None) => self.merged_before(account, &hash).await,
            outcome => Ok(outcome),
        }
    }

    /// The account's cart, if this guest's cart was merged into it.
    async fn merged_before(
        &self,
        account: AccountId,
        hash: &str,
    ) -> Result<Outcome<Option<cart::Model>>> {
        match cart::handed_over(self.db.read(), hash, account).await? {
            Some(guests) => Ok(Ok(self.open_cart(&Which::OpenOf(account, guests.currency)).await?)),
            None => Ok(Err(vec![UserError::not_found(FIELD, "cart")])),
        }
    }
}

#[async_trait::async_trait]
impl GuestCarts for Service {
    async fn merge(&self, account: AccountId, token: &str) -> Result<()> {
        self.merge_into(account, token).await.map(drop)
    }
}

/// Puts lines into a cart that is locked, and says how many lines it has then.
/// Units of the same line add up, as far as there are any; a line remembers what
/// it would have had otherwise.
pub(super) async fn put(
    transaction: &DatabaseTransaction,
    cart: &cart::Model,
    lines: Vec<line::Model>,
    quotes: &HashMap<VariantId, Quote>,
) -> Result<usize> {
    let own = line::of_carts(transaction, &[cart.id]).await?;
    let mut count = own.len();
    let mut held: HashMap<VariantId, i64> = HashMap::new();
    for line in &own {
        *held.entry(line.variant_id).or_default() += i64::from(line.quantity);
    }
    let mut added = Vec::new();
    for line in lines {
        let available = quotes.get(&line.variant_id).and_then(|quote| quote.available);
        let same = own.iter().find(|own| own.variant_id == line.variant_id && own.note == line.note);
        let had = same.map_or(0, |own| own.quantity);
        let wanted = had.saturating_add(line.quantity).min(MAX_QUANTITY);
        let held = held.entry(line.variant_id).or_default();
        let others = *held - i64::from(had);
        let quantity = capped(wanted, had.max(line.quantity), others, available);
        *held = others + i64::from(quantity);
        let wanted = (quantity < wanted).then_some(wanted);
        match same {
            Some(own) => {
                line::set(transaction, cart.id, own.id, quantity, wanted).await?;
            }
            None => {
                count += 1;
                let id = CartLineId::generate();
                added.push(line::Model { id, cart_id: cart.id, quantity, wanted, ..line });
            }
        }
    }

    line::add(transaction, added).await?;
    Ok(count)
}

/// How many units a line gets that wants so many. Where nothing is left for it,
/// it keeps the larger number it had: the cart warns of it anyway.
fn capped(wanted: i32, had: i32, others: i64, available: Option<i32>) -> i32 {
    let Some(available) = available else { return wanted };
    let left = i64::from(available) - others;
    match i32::try_from(left) {
        Ok(left @ 1..) => wanted.min(left),
        _ => had,
    }
}

/// Takes over what a cart has besides lines, where this one has nothing of it.
pub(super) fn adopt(own: &mut cart::Model, other: cart::Model) {
    let Codes(codes) = other.codes;
    for code in codes {
        if own.codes.0.len() < MAX_CODES && !own.codes.0.contains(&code) {
            own.codes.0.push(code);
        }
    }
    if own.shipping_address.is_none() {
        own.shipping_address = other.shipping_address;
        own.shipping_handle = own.shipping_handle.take().or(other.shipping_handle);
    }
}
