//! Reads what prices depend on: for any number of carts a number of statements
//! that does not depend on them.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use entities::carts::{cart, discount, discount_use, line};
use kit::{
    CurrencyCode, Result,
    ids::{AccountId, CartId, DiscountId, VariantId},
    ports::Quote,
};

use super::{Service, stored_currency};
use crate::pricing::{self, Code, Ground, Pricing};

impl Service {
    /// What a cart costs now.
    pub(crate) async fn pricing(&self, cart: &cart::Model) -> Result<Arc<Pricing>> {
        let mut pricings = self.pricings(&[cart]).await?;
        pricings.remove(&cart.id).ok_or_else(|| kit::Error::internal("the cart was not priced"))
    }

    /// What these carts cost now. Their rows were read before their lines are, so
    /// that no line is newer than what a later claim compares with.
    pub(crate) async fn pricings(
        &self,
        carts: &[&cart::Model],
    ) -> Result<HashMap<CartId, Arc<Pricing>>> {
        let ids: Vec<CartId> = carts.iter().map(|cart| cart.id).collect();
        let mut lines: HashMap<CartId, Vec<line::Model>> = HashMap::with_capacity(ids.len());
        for line in line::of_carts(self.db.read(), &ids).await? {
            lines.entry(line.cart_id).or_default().push(line);
        }
        let mut wanted: HashMap<CurrencyCode, HashSet<VariantId>> = HashMap::new();
        for cart in carts {
            let variants = lines.get(&cart.id).into_iter().flatten().map(|line| line.variant_id);
            wanted.entry(stored_currency(cart)?).or_default().extend(variants);
        }
        let mut quotes: HashMap<CurrencyCode, HashMap<VariantId, Quote>> = HashMap::new();
        for (currency, variants) in wanted {
            quotes.insert(currency, self.quotes(currency, variants).await?);
        }
        let codes = self.codes(carts).await?;
        let now = self.now();
        let mut pricings = HashMap::with_capacity(carts.len());
        for cart in carts {
            let ground = Ground {
                cart,
                lines: lines.remove(&cart.id).unwrap_or_default(),
                quotes: &quotes[&stored_currency(cart)?],
                codes: codes.of(cart),
                options: &self.options,
                now,
            };
            pricings.insert(cart.id, Arc::new(pricing::price(ground)));
        }
        Ok(pricings)
    }

    /// What variants are and cost.
    pub(super) async fn quotes(
        &self,
        currency: CurrencyCode,
        variants: impl IntoIterator<Item = VariantId>,
    ) -> Result<HashMap<VariantId, Quote>> {
        let variants: HashSet<VariantId> = variants.into_iter().collect();
        if variants.is_empty() {
            return Ok(HashMap::new());
        }
        let variants: Vec<VariantId> = variants.into_iter().collect();
        self.quotes.quotes(currency, &variants).await
    }

    async fn codes(&self, carts: &[&cart::Model]) -> Result<KnownCodes> {
        let texts: HashSet<&String> = carts.iter().flat_map(|cart| &cart.codes.0).collect();
        if texts.is_empty() {
            return Ok(KnownCodes::default());
        }
        let texts: Vec<String> = texts.into_iter().cloned().collect();
        let accounts: HashSet<AccountId> = carts.iter().filter_map(|cart| cart.account_id).collect();
        let accounts: Vec<AccountId> = accounts.into_iter().collect();
        known_codes(self.db.read(), &texts, &accounts).await
    }
}

/// What is known of some codes.
#[derive(Default)]
pub(super) struct KnownCodes {
    discounts: HashMap<String, discount::Model>,
    used: HashSet<(AccountId, DiscountId)>,
}

impl KnownCodes {
    /// The codes of a cart.
    pub(super) fn of(&self, cart: &cart::Model) -> Vec<Code> {
        let code = |text: &String| {
            let discount = self.discounts.get(text).cloned();
            let key = cart.account_id.zip(discount.as_ref().map(|discount| discount.id));
            let is_used = key.is_some_and(|key| self.used.contains(&key));
            Code { text: text.clone(), discount, is_used }
        };
        cart.codes.0.iter().map(code).collect()
    }
}

/// Reads what these codes are, and which of them these accounts have used.
pub(super) async fn known_codes(
    db: &impl sea_orm::ConnectionTrait,
    texts: &[String],
    accounts: &[AccountId],
) -> Result<KnownCodes> {
    let discounts = discount::by_codes(db, texts).await?;
    let once: Vec<DiscountId> = discounts
        .iter()
        .filter(|discount| discount.once_per_account)
        .map(|discount| discount.id)
        .collect();
    let used = match once.is_empty() || accounts.is_empty() {
        true => HashSet::new(),
        false => discount_use::of_accounts(db, accounts, &once).await?.into_iter().collect(),
    };
    let discounts = discounts.into_iter().map(|discount| (discount.code.clone(), discount)).collect();
    Ok(KnownCodes { discounts, used })
}
