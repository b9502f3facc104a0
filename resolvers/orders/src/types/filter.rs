//! Which orders a list has.

use async_graphql::{Enum, InputObject};
use entities::orders::{OrderState as Stored, list::Filter};
use kit::{DateRange, Error, Result, facts::OrderState as Told};

/// The most digits of a number.
const MAX_DIGITS: usize = 18;

/// PENDING_PAYMENT>PAID>FULFILLING>FULFILLED>COMPLETED; CANCELLED from the first
/// two; EXPIRED when unpaid. Money has its own state: paymentStatus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Told")]
pub(crate) enum OrderState {
    /// Placed and not paid.
    PendingPayment,
    /// Paid, nothing shipped.
    Paid,
    /// Some of it is shipped.
    Fulfilling,
    /// All of it is shipped.
    Fulfilled,
    /// Past the time for returns.
    Completed,
    /// Called off.
    Cancelled,
    /// Not paid in time.
    Expired,
}

/// Conditions on orders, all of which hold.
#[derive(Debug, Default, InputObject)]
pub(crate) struct OrderFilter {
    /// In one of these states.
    state: Option<Vec<OrderState>>,
    /// When it was placed.
    placed_at: Option<DateRange>,
    /// The number starts with these digits.
    number: Option<String>,
}

impl OrderFilter {
    /// The conditions, as the tables have them.
    pub(crate) fn read(self) -> Result<Filter> {
        let is_number = |number: &String| {
            number.len() <= MAX_DIGITS && number.chars().all(|digit| digit.is_ascii_digit())
        };
        if self.number.as_ref().is_some_and(|number| !is_number(number)) {
            let rule = format!("an order's number has at most {MAX_DIGITS} digits and nothing else");
            return Err(Error::BadInput(rule.into()));
        }
        let placed = self.placed_at.unwrap_or_default();
        let states = self.state.map(|states| states.into_iter().map(stored).collect());
        Ok(Filter { states, from: placed.from, to: placed.to, number: self.number })
    }
}

const fn stored(state: OrderState) -> Stored {
    match state {
        OrderState::PendingPayment => Stored::PendingPayment,
        OrderState::Paid => Stored::Paid,
        OrderState::Fulfilling => Stored::Fulfilling,
        OrderState::Fulfilled => Stored::Fulfilled,
        OrderState::Completed => Stored::Completed,
        OrderState::Cancelled => Stored::Cancelled,
        OrderState::Expired => Stored::Expired,
    }
}
