//! Changing the lines of a cart: all of a request or nothing.

use std::collections::{HashMap, HashSet};

use entities::carts::{
    cart::{self, Which},
    line,
};
use kit::{
    CartRef, CurrencyCode, DateTime, Id as _, Outcome, Result, RetryKey, UserError, UserErrorCode,
    Viewer,
    ids::{CartId, CartLineId, VariantId},
    ports::Quote,
    refuse_all, text,
};
use sea_orm::DatabaseTransaction;
use serde::Serialize;

use super::{Service, change::no_cart, currency_of, stored_currency, which};

/// The most lines of a cart.
pub(super) const MAX_LINES: usize = 100;
/// The most units of a line.
pub(super) const MAX_QUANTITY: i32 = 10_000;
/// The longest note of a line, in characters.
const MAX_NOTE: usize = 250;
/// The name under which retry-safe keys of this mutation are kept.
const MUTATION: &str = "cartLinesUpdate";

/// Units to add.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LineDraft {
    pub(crate) variant: VariantId,
    pub(crate) quantity: i32,
    pub(crate) note: Option<String>,
}

/// Units that a line is to have.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LineSet {
    pub(crate) line: CartLineId,
    pub(crate) quantity: i32,
}

/// What is to become of the lines.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LinesDraft {
    pub(crate) add: Vec<LineDraft>,
    pub(crate) set: Vec<LineSet>,
    pub(crate) expected_version: Option<i32>,
}

/// Lines to add, and what is wrong with some.
#[derive(Debug, Clone, Default)]
pub(super) struct Additions {
    rows: Vec<line::Model>,
    pub(super) errors: Vec<UserError>,
}

impl Service {
    /// Adds, sets and removes lines.
    pub(crate) async fn update_lines(
        &self,
        viewer: &Viewer,
        cart: Option<&CartRef>,
        draft: LinesDraft,
        key: Option<String>,
    ) -> Result<Outcome<Option<cart::Model>>> {
        let mut errors = draft.problems();
        let mut change = match self.change_of(viewer, cart, draft.expected_version) {
            Ok(change) => change,
            Err(no_cart) => return Ok(Err(no_cart)),
        };
        if let Some(key) = key {
            match RetryKey::new(
                scope_of(&change.which),
                MUTATION,
                &key,
                &(&draft, cart_of(&change.which)),
            ) {
                Ok(key) => change.key = Some(key),
                Err(wrong) => errors.push(wrong),
            }
        }
        if !errors.is_empty() {
            return Ok(Err(errors));
        }
        let currency = match (which(viewer, cart), self.find(viewer, cart).await?) {
            (_, Some(cart)) => stored_currency(&cart)?,
            (Some(Which::OpenOf(..)), None) => currency_of(viewer, None),
            // A retry of a request that was answered finds its key before its cart.
            (_, None) if change.key.is_some() => currency_of(viewer, None),
            (_, None) => return Ok(Err(vec![no_cart()])),
        };
        let additions = self.additions("add", &draft.add, currency, change.now).await?;
        let outcome = self.change(change, move |transaction, cart| {
            let (additions, set) = (additions.clone(), draft.set.clone());
            Box::pin(async move {
                if !additions.errors.is_empty() {
                    return Err(refuse_all(additions.errors));
                }
                set_lines(transaction, cart.id, &set).await?;
                additions.write(transaction, cart.id, "add").await?;
                Ok(cart)
            })
        });
        outcome.await
    }

    /// The lines that these drafts stand for, priced in the cart's currency.
    pub(super) async fn additions(
        &self,
        field: &str,
        drafts: &[LineDraft],
        currency: CurrencyCode,
        now: DateTime,
    ) -> Result<Additions> {
        let quotes = self.quotes(currency, drafts.iter().map(|draft| draft.variant)).await?;
        let mut additions = Additions::default();
        let mut same: HashMap<(VariantId, String), usize> = HashMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            let path = format!("{field}.{index}.variantId");
            let (quote, price) = match for_sale(quotes.get(&draft.variant), currency, &path) {
                Ok(found) => found,
                Err(error) => {
                    additions.errors.push(error);
                    continue;
                }
            };
            let note = noted(draft);
            // No statement may add to a line twice.
            let known = same.entry((draft.variant, note.clone())).or_insert(additions.rows.len());
            if let Some(row) = additions.rows.get_mut(*known) {
                row.quantity += draft.quantity;
                continue;
            }
            additions.rows.push(line::Model {
                id: CartLineId::generate(),
                cart_id: CartId::generate(),
                variant_id: draft.variant,
                product_id: quote.product_id,
                quantity: draft.quantity,
                note,
                price_when_added: price,
                accepted_price: price,
                wanted: None,
                told_price: Some(price),
                told_left: Some(line::UNTOLD),
                position: i32::try_from(index).unwrap_or(i32::MAX),
                added_at: now,
            });
        }
        Ok(additions)
    }
}

impl LinesDraft {
    /// What is wrong with it, whatever the cart.
    fn problems(&self) -> Vec<UserError> {
        let mut errors = draft_problems("add", &self.add);
        if self.set.len() > MAX_LINES {
            errors.push(UserError::invalid("set", format!("at most {MAX_LINES} lines")));
        }
        let mut seen = HashSet::new();
        for (index, set) in self.set.iter().enumerate() {
            if !(0..=MAX_QUANTITY).contains(&set.quantity) {
                let rule = format!("must be from 0 to {MAX_QUANTITY}");
                errors.push(UserError::invalid(&format!("set.{index}.quantity"), rule));
            }
            if !seen.insert(set.line) {
                let rule = "the same line is set twice";
                errors.push(UserError::invalid(&format!("set.{index}.lineId"), rule));
            }
        }
        if self.add.is_empty() && self.set.is_empty() {
            errors.push(UserError::invalid("", "there is nothing to add or to set"));
        }
        errors
    }
}

impl Additions {
    /// Adds them to a cart that is locked, and looks whether it still has room.
    pub(super) async fn write(
        self,
        transaction: &DatabaseTransaction,
        cart: CartId,
        field: &str,
    ) -> Result<()> {
        let rows = self.rows.into_iter().map(|row| line::Model { cart_id: cart, ..row }).collect();
        line::add(transaction, rows).await?;
        let lines = line::of_carts(transaction, &[cart]).await?;
        let full = |message: String| UserError::new(UserErrorCode::LimitExceeded, field, message);
        let mut errors = Vec::new();
        if lines.len() > MAX_LINES {
            errors.push(full(format!("a cart has at most {MAX_LINES} lines")));
        }
        if lines.iter().any(|line| line.quantity > MAX_QUANTITY) {
            errors.push(full(format!("a line has at most {MAX_QUANTITY} units")));
        }
        if errors.is_empty() { Ok(()) } else { Err(refuse_all(errors)) }
    }
}

/// Whose retry-safe keys they are.
fn scope_of(which: &Which) -> String {
    match which {
        Which::Token(hash) => format!("cart:{hash}"),
        Which::Own(account, _) | Which::OpenOf(account, _) => account.to_string(),
    }
}

/// What tells a request for one cart from the same for another of its owner's.
fn cart_of(which: &Which) -> Option<String> {
    match which {
        Which::Token(_) => None,
        Which::Own(_, cart) => Some(cart.to_string()),
        Which::OpenOf(_, currency) => Some(currency.clone()),
    }
}

/// What is wrong with units to add, whatever the cart.
pub(super) fn draft_problems(field: &str, drafts: &[LineDraft]) -> Vec<UserError> {
    let mut errors = Vec::new();
    if drafts.len() > MAX_LINES {
        errors.push(UserError::invalid(field, format!("at most {MAX_LINES} lines")));
    }
    for (index, draft) in drafts.iter().enumerate() {
        if !(1..=MAX_QUANTITY).contains(&draft.quantity) {
            let rule = format!("must be from 1 to {MAX_QUANTITY}");
            errors.push(UserError::invalid(&format!("{field}.{index}.quantity"), rule));
        }
        errors.extend(text::length(&format!("{field}.{index}.note"), &noted(draft), 0, MAX_NOTE));
    }
    errors
}

fn noted(draft: &LineDraft) -> String {
    draft.note.as_deref().map(text::plain).unwrap_or_default()
}

/// The quote and the price of what can be bought.
fn for_sale<'a>(
    quote: Option<&'a Quote>,
    currency: CurrencyCode,
    path: &str,
) -> Result<(&'a Quote, i64), UserError> {
    let quote = quote.filter(|quote| quote.is_on_sale);
    let quote = quote.ok_or_else(|| UserError::not_found(path, "variant"))?;
    let not_sold = || UserError::invalid(path, format!("it is not sold in {currency}"));
    Ok((quote, quote.unit_price.ok_or_else(not_sold)?))
}

async fn set_lines(transaction: &DatabaseTransaction, cart: CartId, lines: &[LineSet]) -> Result<()> {
    let mut errors = Vec::new();
    for (index, set) in lines.iter().enumerate() {
        let is_there = match set.quantity {
            0 => line::remove(transaction, cart, set.line).await?,
            quantity => line::set(transaction, cart, set.line, quantity, None).await?,
        };
        if !is_there {
            errors.push(UserError::not_found(&format!("set.{index}.lineId"), "line"));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(refuse_all(errors)) }
}
