//! What a shopper must know before paying.

use std::collections::HashMap;

use kit::{
    UserErrorCode,
    ids::{CartLineId, VariantId},
};

use super::{MAX_AMOUNT, PricedCode, PricedRow};

/// Something that changed under the shopper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Warning {
    /// One costs something else than the shopper agreed to.
    PriceChanged { line: CartLineId, from: i64, to: i64 },
    /// All lines of the variant want more than are left.
    NotEnoughStock { line: CartLineId, variant: VariantId, available: i32 },
    /// A merge left units out that were not there.
    Capped { line: CartLineId, wanted: i32, kept: i32 },
    /// It is not on sale, or not in this currency.
    Unavailable { line: CartLineId },
    /// The cart comes to more than can be paid.
    TooMuch,
    /// The code does not apply.
    DiscountNotApplicable { code: String, reason: UserErrorCode },
    /// The chosen rate is not offered any more.
    ShippingStale,
}

impl Warning {
    /// Whether checkout refuses the cart for it.
    pub(crate) const fn is_blocking(&self) -> bool {
        !matches!(self, Self::Capped { .. })
    }
}

pub(super) fn all(
    lines: &[PricedRow],
    codes: &[PricedCode],
    is_stale: bool,
    total: i64,
) -> Vec<Warning> {
    // Lines of one variant count together.
    let mut wanted: HashMap<VariantId, i64> = HashMap::new();
    for line in lines {
        *wanted.entry(line.row.variant_id).or_default() += i64::from(line.row.quantity);
    }
    let mut warnings = Vec::new();
    for line in lines {
        of_line(line, wanted[&line.row.variant_id], &mut warnings);
    }
    let refused = codes.iter().filter_map(|code| {
        let reason = code.reason?;
        Some(Warning::DiscountNotApplicable { code: code.text.clone(), reason })
    });
    warnings.extend(refused);
    if is_stale {
        warnings.push(Warning::ShippingStale);
    }
    let is_too_much = total > MAX_AMOUNT || lines.iter().any(|line| line.gross == MAX_AMOUNT);
    if is_too_much {
        warnings.push(Warning::TooMuch);
    }
    warnings
}

fn of_line(line: &PricedRow, wanted: i64, warnings: &mut Vec<Warning>) {
    let id = line.row.id;
    let for_sale = line.quote.as_ref().filter(|quote| quote.is_on_sale && quote.unit_price.is_some());
    let Some(quote) = for_sale else {
        warnings.push(Warning::Unavailable { line: id });
        return;
    };
    if line.unit_price != line.row.accepted_price {
        let from = line.row.accepted_price;
        warnings.push(Warning::PriceChanged { line: id, from, to: line.unit_price });
    }
    match (quote.available, line.row.wanted) {
        (Some(available), _) if wanted > i64::from(available) => {
            let variant = line.row.variant_id;
            warnings.push(Warning::NotEnoughStock { line: id, variant, available: available.max(0) });
        }
        (_, Some(wanted)) => {
            warnings.push(Warning::Capped { line: id, wanted, kept: line.row.quantity });
        }
        _ => {}
    }
}
