//! What the shopper must know before paying.

use async_graphql::{Enum, Interface, SimpleObject};
use kit::{CurrencyCode, Money, UserErrorCode, ids::CartLineId};

use crate::pricing::Warning;

/// Something changed under the shopper.
#[derive(Interface)]
#[graphql(
    field(name = "code", ty = "&CartWarningCode", desc = "Code."),
    field(name = "message", ty = "&String", desc = "Human text."),
    field(name = "line_id", ty = "&Option<CartLineId>", desc = "Line; null for the cart as a whole."),
    field(name = "blocking", ty = "&bool", desc = "Checkout refuses until resolved.")
)]
pub(crate) enum CartWarning {
    PriceChanged(PriceChangedWarning),
    Stock(StockWarning),
    Generic(GenericWarning),
}

/// Warning codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub(crate) enum CartWarningCode {
    /// One costs something else than the shopper agreed to.
    PriceChanged,
    /// Fewer are left than wanted.
    NotEnoughStock,
    /// It can't be bought, or not in this currency.
    Unavailable,
    /// A discount code does not apply; take it off, or meet its conditions.
    DiscountNotApplicable,
    /// The chosen rate is no longer offered.
    ShippingStale,
}

/// The price moved.
#[derive(SimpleObject)]
pub(crate) struct PriceChangedWarning {
    /// Code.
    code: CartWarningCode,
    /// Human text.
    message: String,
    /// Line.
    line_id: Option<CartLineId>,
    /// Blocks until acknowledged.
    blocking: bool,
    /// Before.
    from: Money,
    /// Now.
    to: Money,
}

/// Fewer are left than wanted.
#[derive(SimpleObject)]
pub(crate) struct StockWarning {
    /// Code.
    code: CartWarningCode,
    /// Human text.
    message: String,
    /// Line. All lines of one variant count together, and each has the warning.
    line_id: Option<CartLineId>,
    /// Blocks, unless a merge has already left the rest out.
    blocking: bool,
    /// Units left; after a merge, units kept.
    available: i32,
}

/// Any other warning.
#[derive(SimpleObject)]
pub(crate) struct GenericWarning {
    /// Code.
    code: CartWarningCode,
    /// Human text.
    message: String,
    /// Line; null for the cart as a whole.
    line_id: Option<CartLineId>,
    /// Blocks.
    blocking: bool,
}

/// A warning in the terms of clients.
pub(super) fn warning_of(warning: &Warning, currency: CurrencyCode) -> CartWarning {
    let (message, blocking) = (message_of(warning), warning.is_blocking());
    let generic = |code, line_id| {
        let message = message_of(warning);
        CartWarning::Generic(GenericWarning { code, message, line_id, blocking })
    };
    let stock = |line: &CartLineId, available: &i32| {
        CartWarning::Stock(StockWarning {
            code: CartWarningCode::NotEnoughStock,
            message: message.clone(),
            line_id: Some(*line),
            blocking,
            available: *available,
        })
    };
    match warning {
        Warning::PriceChanged { line, from, to } => CartWarning::PriceChanged(PriceChangedWarning {
            code: CartWarningCode::PriceChanged,
            message: message.clone(),
            line_id: Some(*line),
            blocking,
            from: Money::new(*from, currency),
            to: Money::new(*to, currency),
        }),
        Warning::NotEnoughStock { line, available, .. } => stock(line, available),
        Warning::Capped { line, kept, .. } => stock(line, kept),
        Warning::Unavailable { line } => generic(CartWarningCode::Unavailable, Some(*line)),
        Warning::TooMuch => generic(CartWarningCode::Unavailable, None),
        Warning::DiscountNotApplicable { .. } => generic(CartWarningCode::DiscountNotApplicable, None),
        Warning::ShippingStale => generic(CartWarningCode::ShippingStale, None),
    }
}

/// What people read.
pub(crate) fn message_of(warning: &Warning) -> String {
    match warning {
        Warning::PriceChanged { .. } => "the price has changed".to_owned(),
        Warning::NotEnoughStock { available, .. } => format!("only {available} left"),
        Warning::Capped { wanted, kept, .. } => {
            format!("there are not {wanted}: {kept} were kept")
        }
        Warning::Unavailable { .. } => "it can't be bought any more".to_owned(),
        Warning::TooMuch => "the cart comes to more than can be paid at once".to_owned(),
        Warning::DiscountNotApplicable { code, reason } => match reason {
            UserErrorCode::Expired => format!("{code} is no longer valid"),
            UserErrorCode::LimitExceeded => format!("{code} is used up"),
            _ => format!("{code} does not apply to this cart"),
        },
        Warning::ShippingStale => "the chosen way to ship is no longer offered".to_owned(),
    }
}
