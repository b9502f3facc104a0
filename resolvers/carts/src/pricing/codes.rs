//! What discount codes take off, and why one does not apply. Codes apply in the
//! cart's order: first those on lines, then those on the order, then those on
//! shipping. None takes off more than is left.

use entities::carts::{
    cart,
    discount::{self, Kind},
};
use kit::{DateTime, UserErrorCode, allocate};

use super::{Code, PricedCode, PricedRow, amounts::share};

/// The codes of a cart on their way.
pub(super) struct Discounts(Vec<PricedCode>);

impl Discounts {
    /// Which of the codes apply to these lines.
    pub(super) fn new(cart: &cart::Model, lines: &[PricedRow], codes: Vec<Code>, now: DateTime) -> Self {
        let mut applied: Vec<PricedCode> = Vec::with_capacity(codes.len());
        for Code { text, discount, is_used } in codes {
            let reason = match &discount {
                None => Some(UserErrorCode::NotFound),
                Some(discount) => refusal(discount, is_used, now)
                    .or_else(|| misfit(discount, cart, lines, now))
                    .or_else(|| conflict(discount, &applied)),
            };
            applied.push(PricedCode { text, discount, reason, amount: 0 });
        }
        Self(applied)
    }

    /// Takes off the lines what is for some of them.
    pub(super) fn on_lines(&mut self, lines: &mut [PricedRow]) {
        for (code, discount) in applying(&mut self.0, |discount| !is_for_all(discount)) {
            let weights: Vec<i64> =
                lines.iter().map(|line| if is_for(discount, line) { line.total() } else { 0 }).collect();
            let shares = match discount.kind {
                Kind::Percentage => {
                    let basis_points = discount.basis_points.unwrap_or_default();
                    weights.iter().map(|weight| share(*weight, basis_points)).collect()
                }
                Kind::FixedAmount => {
                    let amount = discount.minor_units.unwrap_or_default();
                    allocate(amount.min(weights.iter().sum()), &weights)
                }
                Kind::FreeShipping => continue,
            };
            for ((line, share), weight) in lines.iter_mut().zip(shares).zip(weights) {
                let off = share.clamp(0, weight);
                line.discount += off;
                *code += off;
            }
        }
    }

    /// What is taken off the whole order.
    pub(super) fn on_order(&mut self, subtotal: i64) -> i64 {
        let mut left = subtotal;
        for (amount, discount) in applying(&mut self.0, is_for_all) {
            let off = match discount.kind {
                Kind::Percentage => share(left, discount.basis_points.unwrap_or_default()),
                Kind::FixedAmount => discount.minor_units.unwrap_or_default(),
                Kind::FreeShipping => continue,
            };
            let off = off.clamp(0, left);
            *amount += off;
            left -= off;
        }
        subtotal - left
    }

    /// Whether shipping costs nothing; it would cost this much.
    pub(super) fn on_shipping(&mut self, price: i64) -> bool {
        let is_free = |discount: &discount::Model| discount.kind == Kind::FreeShipping;
        let mut codes = applying(&mut self.0, is_free);
        match codes.next() {
            None => false,
            Some((amount, _)) => {
                *amount += price;
                true
            }
        }
    }

    /// What the codes came to.
    pub(super) fn finish(self) -> Vec<PricedCode> {
        self.0
    }
}

/// Why nobody, or not this account, can use a code any more or yet.
pub(crate) fn refusal(
    discount: &discount::Model,
    is_used: bool,
    now: DateTime,
) -> Option<UserErrorCode> {
    if discount.archived_at.is_some() {
        return Some(UserErrorCode::NotFound);
    }
    if discount.valid_until.is_some_and(|until| until <= now) {
        return Some(UserErrorCode::Expired);
    }
    let is_used_up = discount.usage_limit.is_some_and(|limit| discount.uses >= limit);
    (is_used_up || is_used).then_some(UserErrorCode::LimitExceeded)
}

/// Why a code is not for this cart as it is.
fn misfit(
    discount: &discount::Model,
    cart: &cart::Model,
    lines: &[PricedRow],
    now: DateTime,
) -> Option<UserErrorCode> {
    let gross: i64 = lines.iter().map(|line| line.gross).sum();
    let fits = discount.valid_from.is_none_or(|from| from <= now)
        && (!discount.once_per_account || cart.account_id.is_some())
        && discount.currency.as_ref().is_none_or(|currency| *currency == cart.currency)
        && discount.minimum_subtotal.is_none_or(|minimum| gross >= minimum)
        && lines.iter().any(|line| is_for(discount, line));
    (!fits).then_some(UserErrorCode::DiscountNotApplicable)
}

/// Why a code does not go with those before it.
fn conflict(discount: &discount::Model, before: &[PricedCode]) -> Option<UserErrorCode> {
    let applies = |code: &&PricedCode| code.reason.is_none();
    let stands_alone =
        |code: &PricedCode| code.discount.as_ref().is_some_and(|discount| !discount.is_combinable);
    let mut before = before.iter().filter(applies).peekable();
    let is_alone = before.peek().is_none();
    let conflicts = !is_alone && (!discount.is_combinable || before.any(stands_alone));
    conflicts.then_some(UserErrorCode::DiscountNotApplicable)
}

/// The codes that apply and are of this sort, with what they take off.
fn applying(
    codes: &mut [PricedCode],
    is_wanted: impl Fn(&discount::Model) -> bool,
) -> impl Iterator<Item = (&mut i64, &discount::Model)> {
    codes.iter_mut().filter(|code| code.reason.is_none()).filter_map(move |code| {
        let discount = code.discount.as_ref().filter(|discount| is_wanted(discount))?;
        Some((&mut code.amount, discount))
    })
}

fn is_for_all(discount: &discount::Model) -> bool {
    discount.product_ids.0.is_empty() && discount.seller_ids.0.is_empty()
}

fn is_for(discount: &discount::Model, line: &PricedRow) -> bool {
    let seller = line.quote.as_ref().map(|quote| quote.seller_id);
    is_for_all(discount)
        || discount.product_ids.0.contains(&line.row.product_id)
        || seller.is_some_and(|seller| discount.seller_ids.0.contains(&seller))
}
