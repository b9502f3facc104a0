//! What a cart costs at an instant: lines, discounts, shipping and tax, exact to
//! the minor unit. Reads nothing: whoever calls it has read everything before.

mod amounts;
mod codes;
mod shipping;
#[cfg(test)]
mod tests;
mod warnings;

use std::collections::HashMap;

use entities::carts::{cart, discount, line};
use kit::{DateTime, UserErrorCode, allocate, ids::VariantId, ports::Quote};

use self::codes::Discounts;
pub(crate) use self::{
    amounts::MAX_AMOUNT,
    codes::refusal,
    shipping::{Rate, offered},
    warnings::Warning,
};
use crate::options::CartsOptions;

/// Everything that decides what a cart costs.
pub(crate) struct Ground<'a> {
    pub(crate) cart: &'a cart::Model,
    pub(crate) lines: Vec<line::Model>,
    pub(crate) quotes: &'a HashMap<VariantId, Quote>,
    /// The codes of the cart, in its order.
    pub(crate) codes: Vec<Code>,
    pub(crate) options: &'a CartsOptions,
    pub(crate) now: DateTime,
}

/// A code on a cart.
pub(crate) struct Code {
    /// As it was given, in upper case.
    pub(crate) text: String,
    /// What it is; `None` for one that never was.
    pub(crate) discount: Option<discount::Model>,
    /// Whether the cart's account has used it, where each can once.
    pub(crate) is_used: bool,
}

/// What a cart costs, in minor units of its currency.
pub(crate) struct Pricing {
    pub(crate) lines: Vec<PricedRow>,
    pub(crate) codes: Vec<PricedCode>,
    /// The rates for the address; `None` without one.
    pub(crate) rates: Option<Vec<Rate>>,
    /// The rate that was chosen, if it is still offered.
    pub(crate) selected: Option<Rate>,
    pub(crate) totals: Totals,
    pub(crate) warnings: Vec<Warning>,
}

/// A line and what it costs.
pub(crate) struct PricedRow {
    pub(crate) row: line::Model,
    /// What the variant is now; `None` when it is no more.
    pub(crate) quote: Option<Quote>,
    /// The price of one now, or when it could be bought last.
    pub(crate) unit_price: i64,
    /// Units times price.
    pub(crate) gross: i64,
    /// Taken off this line.
    pub(crate) discount: i64,
    /// Its share of what is taken off the whole order.
    pub(crate) order_discount: i64,
    pub(crate) tax: i64,
}

impl PricedRow {
    /// `quantity * unit_price - discount`.
    pub(crate) const fn total(&self) -> i64 {
        self.gross - self.discount
    }
}

/// A code and what it does.
pub(crate) struct PricedCode {
    pub(crate) text: String,
    pub(crate) discount: Option<discount::Model>,
    /// Why it does not apply, if it does not.
    pub(crate) reason: Option<UserErrorCode>,
    /// What it takes off.
    pub(crate) amount: i64,
}

/// `subtotal - discount + shipping + tax = total`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// The lines' totals.
    pub(crate) subtotal: i64,
    /// Taken off the whole order.
    pub(crate) discount: i64,
    pub(crate) shipping: i64,
    /// On lines and shipping.
    pub(crate) tax: i64,
    /// The part of the tax that is on shipping.
    pub(crate) shipping_tax: i64,
    pub(crate) total: i64,
    /// Whether address or rate are not known.
    pub(crate) is_estimate: bool,
}

/// What a cart costs.
pub(crate) fn price(ground: Ground<'_>) -> Pricing {
    let mut lines: Vec<PricedRow> =
        ground.lines.into_iter().map(|row| row_of(row, ground.quotes)).collect();
    let mut codes = Discounts::new(ground.cart, &lines, ground.codes, ground.now);

    codes.on_lines(&mut lines);
    let subtotal: i64 = lines.iter().map(PricedRow::total).sum();
    let discount = codes.on_order(subtotal);
    let weights: Vec<i64> = lines.iter().map(PricedRow::total).collect();
    for (line, share) in lines.iter_mut().zip(allocate(discount, &weights)) {
        line.order_discount = share;
    }

    let address = ground.cart.shipping_address.as_ref();
    let mut rates = address.map(|address| {
        let goods = subtotal - discount;
        offered(&ground.options.shipping, &address.country, &ground.cart.currency, goods)
    });
    let handle = ground.cart.shipping_handle.as_deref();
    let chosen =
        |rates: &[Rate]| rates.iter().find(|rate| Some(rate.handle.as_str()) == handle).cloned();
    let full = rates.as_deref().and_then(chosen).map_or(0, |rate| rate.price);
    if codes.on_shipping(full) {
        rates.iter_mut().flatten().for_each(|rate| rate.price = 0);
    }
    let selected = rates.as_deref().and_then(chosen);

    let basis_points = address
        .and_then(|address| ground.options.tax.get(&address.country))
        .copied()
        .unwrap_or_default();
    for line in &mut lines {
        line.tax = amounts::share(line.total() - line.order_discount, basis_points);
    }
    let shipping = selected.as_ref().map_or(0, |rate| rate.price);
    let shipping_tax = amounts::share(shipping, basis_points);
    let tax = lines.iter().map(|line| line.tax).sum::<i64>() + shipping_tax;
    let totals = Totals {
        subtotal,
        discount,
        shipping,
        tax,
        shipping_tax,
        total: subtotal - discount + shipping + tax,
        is_estimate: selected.is_none(),
    };
    let codes = codes.finish();
    let is_stale = handle.is_some() && rates.is_some() && selected.is_none();
    let warnings = warnings::all(&lines, &codes, is_stale, totals.total);
    Pricing { lines, codes, rates, selected, totals, warnings }
}

fn row_of(row: line::Model, quotes: &HashMap<VariantId, Quote>) -> PricedRow {
    let quote = quotes.get(&row.variant_id).cloned();
    let unit_price = quote.as_ref().and_then(|quote| quote.unit_price).unwrap_or(row.accepted_price);
    let gross = amounts::times(row.quantity, unit_price);
    PricedRow { row, quote, unit_price, gross, discount: 0, order_discount: 0, tax: 0 }
}

impl Pricing {
    /// Whether nothing keeps the cart from its checkout.
    pub(crate) fn is_ready(&self) -> bool {
        !self.lines.is_empty()
            && self.selected.is_some()
            && !self.warnings.iter().any(Warning::is_blocking)
    }
}
